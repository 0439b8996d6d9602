"""`sparkq doctor`"""

import typer

from sparkq_cli import show
from sparkq_cli.options import Json, new_app
from sparkq_core.config import location
from sparkq_core.config.loading import environment
from sparkq_core.installation import doctor as core
from sparkq_core.text import safe

app = new_app()

MARKS = {core.OK: ("succeeded", "ok"), core.WARNING: ("running", "warning"), core.FAILURE: ("failed", "FAILURE")}


@app.command()
def doctor(json: Json = False) -> None:
    """Check that everything is in order, and say what mends what is not. Exit code 1 when something fails.

    Example: sparkq doctor
    """
    found = core.examine(location.here(), environment())
    failed = any(one.state == core.FAILURE for one in found)
    if json:
        show.json_line({"ok": not failed, "findings": [one._asdict() for one in found]})
    else:
        for one in found:
            style, word = MARKS[one.state]
            show.say(f"{show.paint(word.ljust(8), style)} {one.check.ljust(16)} {safe(one.message)}")
            if one.mend and one.state != core.OK:
                show.say(f"{' ' * 26}{safe(one.mend)}")
    if failed:
        raise typer.Exit(1)
