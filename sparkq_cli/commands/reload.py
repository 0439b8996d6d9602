"""`sparkq reload`"""

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json
from sparkq_core import scripts
from sparkq_core.installation import configure

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def reload(json: Json = False) -> None:
    """Read sparkq.yml and the script headers anew, and tell running servers to.

    Example: sparkq reload
    """
    sq = open_sparkq()
    found = scripts.index(sq.config.root, sq.config.settings.script_dirs)
    configure.reload(sq)
    if json:
        show.json_line({"config": str(sq.config.file) if sq.config.file else None, "scripts": len(found)})
    else:
        show.say(
            f"{sq.config.file or 'The config table'} is sound; {show.counted(len(found), 'script')}. Running servers take them up now."
        )
