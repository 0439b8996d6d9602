"""The script index: what the project's scripts are, need and give, by their headers."""

from anyio import to_thread
from fastapi import APIRouter

from sparkq_core import scripts, wire
from sparkq_http.answer import Answer
from sparkq_http.parameters import Open
from sparkq_http.shapes import project as shapes

router = APIRouter(prefix="/api/scripts", tags=["scripts"])


@router.get("", response_model=shapes.Scripts)
async def list_scripts(sq: Open, words: str = "") -> Answer:
    """The scripts that have each of the words in name, description or tags."""
    index = await to_thread.run_sync(scripts.index, sq.config.root, sq.config.settings.script_dirs)
    found = [wire.script(one) for one in scripts.matching(index, words.split())]
    return Answer({"scripts": found, "total": len(found)})
