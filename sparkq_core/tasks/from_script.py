"""Make a task from a script of the index."""

from collections.abc import Mapping

from sparkq_core import scripts
from sparkq_core.project import SparkQ
from sparkq_core.tasks.enqueue import Draft


def of_script(
    sq: SparkQ,
    name: str,
    inputs: Mapping[str, str],
    *,
    tool: str | None = None,
    task_class: str | None = None,
    timeout: int | None = None,
    key: str | None = None,
) -> Draft:
    """Return the task that runs a script with `inputs`; `name` is the script's name or path.

    The arguments override the script's header. A `task_class` overrides its timeout too, so that the class decides.
    Raises NoSuchScript, InvalidValue if an input is missing or unknown to the script.
    """
    script = scripts.by_name(scripts.index(sq.config.root, sq.config.settings.script_dirs), name)
    if timeout is None and task_class is None:
        timeout = script.timeout
    return Draft(scripts.prompt(script, inputs), tool or script.tool, task_class or script.task_class, timeout, key)
