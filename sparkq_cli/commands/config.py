"""`sparkq config show|set`"""

from typing import Annotated, Any

import typer

from sparkq_cli import show
from sparkq_cli.context import check_keyboard, open_sparkq
from sparkq_cli.options import Json, new_app
from sparkq_core import catalogue, hooks, queues
from sparkq_core.config import loading as configuration
from sparkq_core.errors import InvalidConfig
from sparkq_core.installation import configure, setup
from sparkq_core.text import nearest, safe

app = new_app("Show the current settings and where they come from, or change one.")


@app.command(name="show")
def show_config(
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="Only this setting.")] = None, json: Json = False
) -> None:
    """Show the current settings and where each comes from.

    Example: sparkq config show purge.older_than_days
    """
    sq = open_sparkq()
    values = setup.effective_values(sq)
    values |= {f"tools.{name}": tool._asdict() for name, tool in catalogue.tools(sq).items()}
    if key is not None:
        if key not in values:
            raise InvalidConfig(f"{safe(key)!r} is not a setting.", nearest(key, values))
        values = {key: values[key]}
    origins = {name: sq.config.origins.get(name, "default") for name in values}
    if json:
        listed = [{"key": name, "value": value, "source": origins[name]} for name, value in values.items()]
        show.json_line({"settings": listed, "file": str(sq.config.file) if sq.config.file else None})
        return
    rows = [[name, safe(_text(value)), safe(origins[name])] for name, value in values.items()]
    if key is not None:
        show.say(f"{key} is {rows[0][1]} ({rows[0][2]}).")
        return
    show.table(["SETTING", "VALUE", "FROM"], rows, flexible=1, droppable=(2,))


@app.command(name="set")
def set_config(
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="For example purge.older_than_days or task_classes.LLM_HEAVY.")
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help="JSON for lists and tables.")],
    json: Json = False,
) -> None:
    """Change one setting in sparkq.yml and keep its comments (without a file: in the config table).

    Examples:
      sparkq config set task_classes.LLM_HEAVY 1800
      sparkq config set tools.run-make '{"how": "Run this make target.", "task_class": "MEDIUM_SCRIPT"}'
    """
    check_keyboard("Settings are changed by the user.")
    sq = open_sparkq()
    new = configure.value_of(key, value)
    where = configure.change(sq, key, new)
    if json:
        show.json_line({"key": key, "value": new, "source": where})
    else:
        show.say(f"{key} is {_text(new)} in {where}.")
        if key == "queue" and new and new not in queues.names(sq):
            missing = queues.no_such(sq.db, new)
            show.say(safe(f"Note: {missing.message} {missing.hint}"))
        overriding = configuration.load().origins.get(key, "")
        if overriding.startswith("the environment"):
            show.say(f"Note: {overriding} overrides it here.")
        if key.startswith("hooks.") and (waiting := hooks.waiting(configuration.load(), configuration.environment())):
            show.say(f"Note: {safe(waiting)}: sparkq hooks allow")


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {part}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(str(part) for part in value)
    if value == "":
        return '""'
    return str(value).lower() if isinstance(value, bool) else str(value)
