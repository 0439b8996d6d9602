"""A script of the index as a task to be."""

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
    """The task that runs the script called `name`, or at that path, with `inputs`.

    What is given goes before the script's header; a `task_class` also before its timeout, so that the class decides.
    Raises NoSuchScript, InvalidValue when an input is missing or is none of the script's.
    """
    found = scripts.named(scripts.index(sq.config.root, sq.config.settings.script_dirs), name)
    if timeout is None and task_class is None:
        timeout = found.timeout
    return Draft(scripts.prompt(found, inputs), tool or found.tool, task_class or found.task_class, timeout, key)
