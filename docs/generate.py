"""Writes the parts of the documentation that come from the program itself, or (with --check) says which are stale.

The worked session of WORKER_PLAYBOOK.md, the terminal of README.md, docs/cli.md, docs/sparkq.1, docs/tools.md, docs/rest.md, docs/configuration.md,
sparkq.yml.example, sparkq_core/storage/schema.sql, tests/golden/mcp_tools.json and sparkq_mcp/transport/first_answers.json.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import anyio
from fastapi import FastAPI
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from schema_sql import schema_sql

from sparkq_cli.command_list import SECTIONS
from sparkq_cli.manual import manual
from sparkq_cli.words import ALIASES, VERBS
from sparkq_core.config.settings import SCALARS
from sparkq_core.installation import setup
from sparkq_http.app import routers
from sparkq_http.document import MEANINGS
from sparkq_mcp.offer import instructions
from sparkq_mcp.tools import all_tools
from sparkq_mcp.transport.recording import record

ROOT = Path(__file__).resolve().parent.parent
MARKS = ("<!-- session -->", "<!-- end of session -->")
TERMINAL_MARKS = ("<!-- terminal -->", "<!-- end of terminal -->")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
TOOK = re.compile(r"  [\d.]+ (s|ms|min), ")
SECONDS = re.compile(r'("(?:duration_s|age_s)":)[\d.]+')


def main() -> int:
    """Write everything; with --check change nothing and return 1 when something is not in step."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = [file for file, text in pages().items() if written(file, text, check)]
    for file in stale:
        print(f"{'stale' if check else 'written'}: {file.relative_to(ROOT)}")
    return int(check and bool(stale))


def pages() -> dict[Path, str]:
    """Every generated file with its text."""
    playbook = ROOT / "WORKER_PLAYBOOK.md"
    before, behind = playbook.read_text(encoding="utf-8").split(MARKS[0])
    after = behind.split(MARKS[1])[1]
    defaults = setup.defaults(ROOT) | {"project.name": ""}
    readme = ROOT / "README.md"
    top, _, rest_of_it = readme.read_text(encoding="utf-8").partition(TERMINAL_MARKS[0])
    bottom = rest_of_it.split(TERMINAL_MARKS[1])[1]
    return {
        readme: f"{top}{TERMINAL_MARKS[0]}\n{terminal()}{TERMINAL_MARKS[1]}{bottom}",
        playbook: f"{before}{MARKS[0]}\n{session()}{MARKS[1]}{after}",
        ROOT / "sparkq.yml.example": setup.render(defaults),
        ROOT / "docs/cli.md": cli(),
        ROOT / "docs/sparkq.1": manual(),
        ROOT / "docs/tools.md": tools(),
        ROOT / "tests/golden/mcp_tools.json": visible_tools(),
        ROOT / "sparkq_mcp/transport/first_answers.json": record(),
        ROOT / "docs/rest.md": rest(),
        ROOT / "docs/configuration.md": configuration(),
        ROOT / "sparkq_core/storage/schema.sql": schema_sql(),
    }


def written(file: Path, text: str, check: bool) -> bool:
    """Whether the file was not in step (and, without `check`, is now)."""
    if file.is_file() and file.read_text(encoding="utf-8") == text:
        return False
    if not check:
        file.write_text(text, encoding="utf-8")
    return True


def clean_environment(home: str) -> dict[str, str]:
    """An environment in which every machine prints the same."""
    return {"PATH": os.environ["PATH"], "HOME": home, "COLUMNS": "100", "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def sparkq(*arguments: str, folder: Path) -> str:
    """What the command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "sparkq_cli.main", *arguments],
        cwd=folder, env=clean_environment(f"{folder}-home"), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout


def session() -> str:
    """A chat working two tasks, one of which comes back with feedback, as it really went."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sparkq("setup", "--yes", folder=folder)
        sparkq(
            "queue",
            "create",
            "docs",
            "--instructions",
            "Write for newcomers. Keep lines under 100 characters.",
            folder=folder,
        )
        sparkq("enqueue", "Write README.md: what the project is, in three sentences", "--queue", "docs", folder=folder)
        sparkq(
            "enqueue",
            "Print the working directory's file names",
            "--queue",
            "docs",
            "--tool",
            "run-bash",
            folder=folder,
        )
        lines: list[str] = []
        anyio.run(work, folder, lines)
        sparkq("requeue", "1", "--again", "--feedback", "Say who it is for.", folder=folder)
        lines.append('The person reviews, and sends #1 back with the feedback "Say who it is for."\n')
        anyio.run(again, folder, lines)
    return "\n".join(["```text", *lines, "```", ""])


def server(folder: Path) -> StdioServerParameters:
    """`sparkq mcp` for the project."""
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "sparkq_mcp.transport.stdio", "--project", str(folder)],
        env=clean_environment(f"{folder}-home"),
    )


def terminal() -> str:
    """A person fills a queue, Claude works it meanwhile, the person reviews: what the terminal showed."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "acme-api"
        folder.mkdir()
        sparkq("setup", "--yes", folder=folder)

        def types(*arguments: str) -> None:
            shown = " ".join(f'"{argument}"' if " " in argument else argument for argument in arguments)
            lines.append(f"$ sparkq {shown}".rstrip())
            lines.extend(line.rstrip() for line in TOOK.sub("  42 s, ", sparkq(*arguments, folder=folder)).splitlines())

        types("queue", "create", "docs", "--instructions", "Plain words. Say what you checked.")
        types("enqueue", "Write README.md: what the project is, in three sentences", "--queue", "docs")
        types("enqueue", "Print the working directory's file names", "--queue", "docs", "--tool", "run-bash")
        anyio.run(work, folder, [])
        lines += ["", "… You say in Claude Code: Work the queue docs until it is empty. Then you have lunch …", ""]
        types("review", "--list")
        types("requeue", "1", "--again", "--feedback", "Say who it is for.")
        types("queue", "list")
    return "\n".join(["```console", *lines, "```", ""])


async def work(folder: Path, lines: list[str]) -> None:
    """The first chat."""
    async with Client(stdio_client(server(folder))) as client:
        await call(client, lines, "list_queues")
        await call(client, lines, "claim", queue="docs")
        (folder / "README.md").write_text("A queue.\n")
        await call(client, lines, "progress", task_id=1, attempt=1, note="draft written")
        result = "Wrote README.md (1 line). Checked: it is there and under 100 columns. Open: no example yet."
        await call(client, lines, "complete", task_id=1, attempt=1, result=result, claim_next=True)
        listed = "\n".join(sorted(file.name for file in folder.iterdir() if file.is_file()))
        await call(client, lines, "complete", task_id=2, attempt=1, result=f"exit code 0\n{listed}", claim_next=True)


async def again(folder: Path, lines: list[str]) -> None:
    """The next chat, which gets the feedback and the earlier outcome."""
    async with Client(stdio_client(server(folder))) as client:
        await call(client, lines, "claim", queue="docs")
        await call(
            client,
            lines,
            "complete",
            task_id=1,
            attempt=2,
            result="README.md now begins with whom it is for. Checked by reading it.",
        )


async def call(client: Client, lines: list[str], tool: str, **arguments: Any) -> None:
    """Call a tool and note both sides."""
    answer = await client.call_tool(tool, arguments)
    given = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
    text = json.dumps(answer.structured_content, ensure_ascii=False, separators=(",", ":"))
    text = SECONDS.sub(r"\g<1>42", TIME.sub("2026-01-01T12:00:00.000Z", text))
    text = re.sub(r'"worker_id":"[^"]*"', '"worker_id":"claude-code-4711"', text)
    lines.append(f"> {tool}({given})\n{text}\n")


def cli() -> str:
    """docs/cli.md: every command's own help."""
    parts = ["# Command reference\n\nGenerated from the commands themselves by `docs/generate.py`.\n"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parts.append(f"```text\n{sparkq('--help', folder=folder)}```\n")
        for section, commands in SECTIONS.items():
            parts.append(f"## {section}\n")
            for command in commands:
                text = sparkq(command, "--help", folder=folder)
                parts.append(f"### sparkq {command}\n\n```text\n{text}```\n")
                for sub in re.findall(r"^  (\w+) +\S", text.partition("\nCommands:\n")[2], re.MULTILINE):
                    parts.append(
                        f"#### sparkq {command} {sub}\n\n```text\n{sparkq(command, sub, '--help', folder=folder)}```\n"
                    )
    parts.append(
        "## Other words\n\nWords of other programs run the command that they mean:\n\n| you type | it runs |\n|---|---|"
    )
    parts += [f"| `sparkq {word}` | `sparkq {' '.join(command)}` |" for word, command in sorted(ALIASES.items())]
    parts.append(
        "\n`sparkq switch 3 4` is `sparkq edit 3 --swap 4`, `sparkq task VERB 3` is `sparkq VERB 3`, `sparkq tasks 3` and `sparkq log 3` are `sparkq task 3`. The verbs of a noun "
        f"have other words too: {', '.join(f'`{word}` ({verb})' for word, verb in sorted(VERBS.items()))}.\n"
    )
    return "\n".join(parts)


def tools() -> str:
    """docs/tools.md: the MCP tools as a client sees them."""
    parts = [
        "# MCP tools\n\nGenerated from the server itself by `docs/generate.py`. The server's instructions:\n",
        f"> {instructions(frozenset(tool.name for tool in all_tools()))}\n",
    ]
    for tool in all_tools():
        hints = tool.annotations
        kind = (
            "reads"
            if hints and hints.read_only_hint
            else "writes" + (", safe to repeat" if hints and hints.idempotent_hint else "")
        )
        parts.append(f"## {tool.name}\n\n{tool.description} ({kind})\n")
        required = tool.parameters.get("required", [])
        if tool.parameters["properties"]:
            parts.append("| parameter | type | |\n|---|---|---|")
            for name, parameter in tool.parameters["properties"].items():
                limits = f" {parameter['minimum']}–{parameter['maximum']}" if "maximum" in parameter else ""
                needed = "required. " if name in required else ""
                parts.append(
                    f"| `{name}` | {parameter.get('type', 'any JSON')}{limits} | {needed}{parameter.get('description', '')} |"
                )
            parts.append("")
    return "\n".join(parts)


def visible_tools() -> str:
    """tests/golden/mcp_tools.json: what each chat pays for and reads of the MCP tools."""
    shown = [
        {"name": tool.name, "title": tool.title, "description": tool.description, "input_schema": tool.parameters}
        for tool in all_tools()
    ]
    return json.dumps(shown, ensure_ascii=False, indent=1) + "\n"


def rest() -> str:
    """docs/rest.md: every operation, from the OpenAPI document of the server."""
    app = FastAPI()
    for router in routers():
        app.include_router(router)
    document = app.openapi()
    schemas = document["components"]["schemas"]
    parts = [
        "# REST reference\n\nGenerated from the server by `docs/generate.py`. The running server has the same reference at `/docs`, "
        "with a form for each operation.\n\n"
        "On Linux the server answers programs that run as you (or root), and refuses those of other users. Elsewhere, and from other "
        "machines, each request needs `Authorization: Bearer …` with the token in `sparkq/run/server.token`: "
        '`curl -H "Authorization: Bearer $(cat sparkq/run/server.token)" http://127.0.0.1:5005/api/queues`.\n\n'
        "Each route accepts `?project=ID` or the header `SparkQ-Project: ID`, and refuses another project (421), which may have taken the port. `GET /api/health` and the "
        "first event of `GET /api/events` (its name is `server`) have the id as `project_id`. A copy of the database keeps it.\n\n"
        "Every change needs the content type `application/json`, even without a body. A refusal is "
        '`{"error": code, "message": …, "hint": …}`:\n\n| status | |\n|---|---|'
    ]
    parts += [f"| {status} | {meaning} |" for status, meaning in MEANINGS.items()]
    sections: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            sections.setdefault(operation["tags"][0], []).append((path, method, operation))
    for section, listed in sections.items():
        parts.append(f"\n## {section.capitalize()}")
        for path, method, operation in listed:
            text = f"{operation['description']} {_answer(operation, schemas)}\n".rstrip(" ")
            parts.append(f"\n### {method.upper()} {path}\n\n{text}")
            parts += _table("parameter", {p["name"]: p["schema"] | p for p in operation.get("parameters", ())}, [])
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            for name in re.findall(r"#/components/schemas/(\w+)", json.dumps(body)):
                parts += _table("in the body", schemas[name].get("properties", {}), schemas[name].get("required", []))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _table(head: str, fields: dict[str, Any], required: list[str]) -> list[str]:
    """One row for each field of an operation."""
    rows = [
        f"| `{name}` | {_kind(field)} | "
        f"{'required. ' if name in required or field.get('required') is True else ''}{_explained(field)} |"
        for name, field in fields.items()
    ]
    return [f"| {head} | type | |\n|---|---|---|", *rows, ""] if rows else []


def _explained(field: dict[str, Any]) -> str:
    """Return the description of a field, with its default where it has one that is not said there."""
    text, default = str(field.get("description", "")), field.get("default")
    if default in (None, "") or "Default" in text:
        return text
    return f"{text} Default: `{json.dumps(default)}`.".lstrip()


def _answer(operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Return the keys of the answer of a request that succeeds."""
    status, answer = next(iter(operation["responses"].items()))
    name = json.dumps(answer.get("content", {})).rpartition("/schemas/")[2].partition('"')[0]
    keys = ", ".join(f"`{key}`" for key in schemas.get(name, {}).get("properties", {}))
    return f"Answers {status}: {keys}." if keys else ""


def _kind(schema: dict[str, Any]) -> str:
    """Return the type of a schema in a word or two."""
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"] if value)
    if "anyOf" in schema:
        return " or ".join(kind for option in schema["anyOf"] if (kind := _kind(option)) != "null")
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = str(schema.get("type", "any JSON"))
    return f"{kind} of {_kind(schema['items'])}" if kind == "array" else kind


OTHER_OWNERS = """\
## Projects of other users

A project decides where your tasks go and what runs as you. So its `sparkq.yml`, the folder that holds it, its database and,
where it led there, the repository must be owned by you or by root; under `sudo` the user who called it counts as you. Otherwise
the command ends with exit code 2 and names the owner. Git has the same rule (`safe.directory`), and as there the permissions of
a group do not count. What another user leaves in a folder where everybody can create files, such as `/tmp`, is skipped by
commands in the folders below it.

In a container, the files of a mounted project often belong to a user of the host. List the folders that you trust in
`~/.config/sparkq/trusted` (`XDG_CONFIG_HOME` counts), one a line. Each counts for everything below it, and `*` for every folder:

```
/workspaces/shop
```

Only you may be able to write that file: otherwise it is ignored.
"""


def configuration() -> str:
    """docs/configuration.md: every setting."""
    head = (
        "# Configuration\n\nGenerated from the settings themselves by `docs/generate.py`. A variable `SPARKQ_SECTION__KEY` overrides "
        "`sparkq.yml`, which overrides the defaults. Without a file, as on a branch that does not have it, the settings that it had when it was last read are used, and the `config` table of the database overrides them; `sparkq` and `sparkq doctor` say so. To forget them, delete `sparkq/run/settings.json`. "
        "Each setting of this table has a variable. The lists and tables below it (`script_dirs`, `task_classes`, `tools`, `hooks`) "
        "can be set in the file only.\n\n"
        "| setting | default | |\n|---|---|---|\n"
    )
    rows = []
    for key, spec in SCALARS.items():
        limits = (
            f" ({', '.join(spec.choices)})"
            if spec.choices
            else f" ({spec.low} to {spec.high})"
            if spec.low is not None
            else ""
        )
        rows.append(f"| `{key}` | `{json.dumps(spec.default)}` | {spec.doc}{limits} |")
    return (
        head
        + "\n".join(rows)
        + "\n\nThe whole file, with its tables:\n\n```yaml\n"
        + setup.render(setup.defaults(ROOT)).replace(f"name: {ROOT.name}", 'name: ""')
        + "```\n\n"
        + OTHER_OWNERS
    )


if __name__ == "__main__":
    sys.exit(main())
