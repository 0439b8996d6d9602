"""`sparkq connect`"""

import sys
from collections.abc import Mapping
from contextlib import closing
from typing import Annotated, Any

import typer

from sparkq_cli import connect as core
from sparkq_cli import show
from sparkq_cli.connect import Connected
from sparkq_cli.options import Json, new_app
from sparkq_core import project, queues
from sparkq_core.config.loading import environment
from sparkq_core.config.location import here
from sparkq_core.errors import InvalidValue, NoProject
from sparkq_core.installation import allowance, connection, disconnecting, git_check, mcp_clients, plugin_check
from sparkq_core.installation.connection import Target
from sparkq_core.text import counted, safe

ASKS = {
    "claude-code": (
        "Claude Code asks two things when you start it here. The server `sparkq`: choose to use it, since Enter goes on "
        "without it. And each tool before its first use. To allow both now: sparkq connect claude-code --allow"
    ),
    "gemini": (
        "Gemini CLI asks before each tool, and in a headless run it leaves the tools out. "
        "To allow them: sparkq connect gemini --allow"
    ),
}
"""What a client asks without --allow."""

TRUST = {
    "claude-code": "At its first start here Claude Code asks whether you trust this folder: answer yes.",
    "gemini": "At its first start here Gemini CLI asks whether you trust this folder: answer yes. Headless it needs that too.",
    "cursor": "Cursor asks once whether to enable the server: Settings, MCP. It asks before each tool unless you allow it there.",
    "vscode": "VS Code asks once whether you trust the server, and before each tool unless you allow it in its question.",
}
"""What a client asks all the same."""

app = new_app()


@app.command()
def connect(
    name: Annotated[
        str | None, typer.Argument(metavar="CLIENT", help=f"{', '.join(mcp_clients.CLIENTS)}.", show_default=False)
    ] = None,
    allow: Annotated[
        bool | None,
        typer.Option(
            "--allow/--no-allow",
            help="Let the client use the tools without asking, or not. In a terminal you are asked.",
        ),
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take out again exactly what connect has added.")] = False,
    only_print: Annotated[bool, typer.Option("--print", help="Print the configuration instead of writing it.")] = False,
    json: Json = False,
) -> None:
    """Add this project's server to an MCP client's configuration, and check that it starts.

    Comments and everything else in the file stay as they are, and a copy of the previous file is kept beside it. In a linked
    work tree, run it there: its files are the ones that the client reads. Codex and Claude Desktop have one configuration for
    all projects, with a server for each.

    With --allow, Claude Code and Gemini CLI use the tools without asking, which a chat needs that works while you are away.

    Examples:
      sparkq connect claude-code
      sparkq connect codex
      sparkq connect claude-code --remove
    """
    if name is None:
        raise InvalidValue(
            "Which client? None was named.",
            f"For example: sparkq connect claude-code. Known: {', '.join(mcp_clients.CLIENTS)}.",
        )
    env = environment()
    config = project.effective()
    at = connection.target(name, config, here(), env)
    if remove:
        _remove(at, json)
        return
    if not config.database.is_file():
        raise NoProject("There is no project here.", "Run `sparkq setup` first.")
    if only_print:
        server = connection.entry(at, env, allow=allow is True)
        show.say(connection.merged(at, server, connection.read(at.file)).text.rstrip("\r\n"))
        return
    allowed = _asked(at, allow, json=json)
    done = core.connect(at, allow=allowed, env=env)
    if json:
        show.json_line(_as_json(at, done, allowed))
        return
    for line in _lines(at, done, allowed, env):
        show.say(line)


def _asked(at: Target, allow: bool | None, *, json: bool) -> bool:
    """Return whether the tools may be used without a question, asking you where it matters. Raises InvalidValue."""
    if at.name not in ASKS:
        return False
    if allow is not None:
        return allow
    if at.name == "claude-code" and allowance.is_given(at.folder):
        return False
    if json or not sys.stdin.isatty():
        raise InvalidValue(
            f"{at.client.client} asks before each of SparkQ's tools, unless you allow them.",
            "Add --allow, or --no-allow to be asked.",
        )
    # Yes by default: a chat that asks cannot work while you are away, and no tool of SparkQ's deletes or reviews.
    return typer.confirm(core.QUESTION.format(client=at.client.client), default=True)


def _lines(at: Target, done: Connected, allowed: bool, env: Mapping[str, str]) -> list[str]:
    """Say what was written, what the client still asks, and how to begin."""
    client = at.client.client
    lines = [f"{client} is configured in {at.file}" + (f" (previous version: {done.kept.name})." if done.kept else ".")]
    if done.replaced is not None:
        lines.append(
            f"Its entry {done.replaced.name} worked the queues of {safe(str(done.replaced.project))}; it is replaced."
        )
    if done.name != mcp_clients.NAME:
        lines.append(f"It is named {done.name} there; other projects keep their own entries.")
    lines += _of_this_machine(at, env)
    if done.settings is not None:
        lines.append(f"It may use the tools without asking: {done.settings}")
        if not git_check.is_ignored(done.settings, env):
            lines.append(
                f"Git does not ignore that file, which is only for you: add {allowance.SETTINGS} to .gitignore."
            )
    if at.name == "claude-code":
        lines += [
            f"But {refusal} in {at.folder / allowance.SETTINGS} refuses it: remove it there."
            for refusal in allowance.refusals(at.folder)
        ]
        if plugin_check.is_enabled(at.folder, env):
            lines.append(
                f"The plugin of SparkQ is enabled too, which gives Claude Code two sets of tools. {plugin_check.ONE}"
            )
    lines.append(f"Checked: the server starts and offers {counted(done.tools, 'tool')}. Restart {client} to use them.")
    if at.name in ASKS and not allowed and not (at.name == "claude-code" and allowance.is_given(at.folder)):
        lines.append(ASKS[at.name])
    return [*lines, *([TRUST[at.name]] if at.name in TRUST else []), "", f"Then say there: {_sentence()}"]


def _of_this_machine(at: Target, env: Mapping[str, str]) -> list[str]:
    """Say that a file of the project has a path of this machine, where it might be committed."""
    if at.client.at_home or connection.command(env) == [connection.PROGRAM] or git_check.is_ignored(at.file, env):
        return []
    return [
        f"It names {safe(connection.command(env)[0])}, which is on this machine only: do not commit {at.file.name}. "
        "If `sparkq` is on the PATH (pipx or uv tool install it there), connect again to get an entry for every checkout."
    ]


def _sentence() -> str:
    with closing(project.open()) as sq:
        names = [name for name, _ in queues.with_work(sq, 1)] or list(queues.names(sq))
    return f"Work the queue {safe(names[0])} until it is empty." if names else "Work the queue NAME until it is empty."


def _as_json(at: Target, done: Connected, allowed: bool) -> dict[str, Any]:
    return {
        "client": at.name,
        "file": str(at.file),
        "kept": str(done.kept) if done.kept else None,
        "name": done.name,
        "tools": done.tools,
        "allowed": allowed or (at.name == "claude-code" and allowance.is_given(at.folder)),
        "settings": str(done.settings) if done.settings else None,
    }


def _remove(at: Target, json: bool) -> None:
    """Take the server out of the client's files."""
    gone = tuple(disconnecting.take_out(at.config, disconnecting.of(at)))
    if json:
        show.json_line({"client": at.name, "changed": [str(file) for file in gone]})
        return
    for file in gone:
        show.say(f"{'Changed' if file.exists() else 'Removed'} {file}")
    if not gone:
        show.say(
            f"Nothing of SparkQ's is in the files of {at.client.client}, or it was not written by `sparkq connect`."
        )
