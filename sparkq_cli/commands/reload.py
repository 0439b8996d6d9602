"""`sparkq reload`"""

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, new_app
from sparkq_core import scripts, wire
from sparkq_core.installation import configure

app = new_app()


@app.command()
def reload(json: Json = False) -> None:
    """Read sparkq.yml and the script headers again, here and in running servers.

    Example: sparkq reload
    """
    sq = open_sparkq()
    index = scripts.index(sq.config.root, sq.config.settings.script_dirs)
    configure.reload(sq)
    facts: wire.Json = {"config": str(sq.config.file) if sq.config.file else None, "scripts": len(index)}
    where = sq.config.file or "The config table"
    show.answer(
        facts, f"{where} is valid; {show.counted(len(index), 'script')}. Running servers use them now.", json=json
    )
