"""The script index: the project's scripts with their inputs and outputs, read from their headers."""

from anyio import to_thread
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import scripts, shapes, wire
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Open

router = Router(prefix="/api/scripts", tags=["scripts"])


class Scripts(TypedDict, closed=True):
    """The scripts that match."""

    scripts: list[shapes.Script]
    total: int


@router.get("")
async def list_scripts(sq: Open, words: str = "") -> Answer[Scripts]:
    """List the scripts that have each of these words in their name, description or tags."""
    index = await to_thread.run_sync(scripts.index, sq.config.root, sq.config.settings.script_dirs)
    listed = [wire.script(script) for script in scripts.matching(index, words.split())]
    return Answer({"scripts": listed, "total": len(listed)})
