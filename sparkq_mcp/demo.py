"""`sparkq demo`: the whole loop on real work, in a temporary project.

The demo plays the person with the `sparkq` command, and the chat with a real MCP client of `sparkq mcp`.
The worker is not a model: it follows the tool's sentence and runs the script in the prompt of each task. The results
are the real output of the scripts.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import textwrap
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import Implementation

from sparkq_core.config.loading import environment
from sparkq_core.errors import InvalidValue
from sparkq_core.text import cut, safe

WIDTH = 110
TASK_SECONDS = 60
QUEUE = "survey"
INSTRUCTIONS = "Read only. Report what the script printed."

COUNT_FILES = """
# Count the Python files and lines of each package
import os
from collections import Counter
from pathlib import Path

files, lines = Counter(), Counter()
for folder, below, names in os.walk("."):
    below[:] = sorted(name for name in below if not name.startswith(".") and name not in ("build", "node_modules", "venv"))
    for file in (Path(folder, name) for name in names if name.endswith(".py")):
        package = file.parts[0] if len(file.parts) > 1 else "(top level)"
        files[package] += 1
        lines[package] += len(file.read_text(errors="replace").splitlines())
for package, number in files.items():
    print(f"{package}: {number} files, {lines[package]:,} lines")
print(f"{files.total()} files in {len(files)} packages")
"""

LONGEST_FUNCTION = """
# Find the longest function
import ast
import os
from pathlib import Path

functions = []
for folder, below, names in os.walk("."):
    below[:] = [name for name in below if not name.startswith(".") and name not in ("build", "node_modules", "venv")]
    for file in (Path(folder, name) for name in names if name.endswith(".py")):
        try:
            tree = ast.parse(file.read_text(errors="replace"))
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                functions.append((node.end_lineno - node.lineno + 1, str(file), node.lineno, node.name))
if functions:
    lines, file, at, name = max(functions)
    print(f"{name} in {file}:{at} has {lines} lines; {len(functions)} functions were measured")
else:
    print("There are no functions.")
"""

HELP_OF_COMMANDS = """
# Check that every console command answers --help
for command in sparkq sparkq-mcp; do
    "$SPARKQ_DEMO_BIN/$command" --help > /dev/null || { echo "$command --help failed"; exit 1; }
    echo "$command --help: ok"
done
"""

NEWEST_COMMITS = """
# Report the three newest commits
git log --max-count=3 --format='%h %s'
"""

LONGEST_FILES = """
# Report the three longest Python files
find . \\( -name '.?*' -o -name build -o -name node_modules -o -name venv \\) -prune -o -name '*.py' -exec wc -l {} + | grep -v ' total$' | sort -rn | head -n 3
"""

TASKS = (
    ("count-files.py", "run-python", COUNT_FILES),
    ("longest-function.py", "run-python", LONGEST_FUNCTION),
    ("help-of-commands.sh", "run-bash", HELP_OF_COMMANDS),
)
OF_A_REPOSITORY = ("newest-commits.sh", "run-bash", NEWEST_COMMITS)
OF_A_FOLDER = ("longest-files.sh", "run-bash", LONGEST_FILES)

NEXT = """
In your repository, with the command sparkq (README.md, Install):
  $ sparkq setup --yes --queue backend       # then sparkq enqueue "…" for each thing to do
  $ sparkq connect claude-code               # then say in Claude Code: Work the queue backend until it is empty.
  $ sparkq review                            # accept, or send back with feedback; `sparkq start` has the page
"""


@dataclass(frozen=True)
class Demo:
    """The folder with the code to examine, and the folder of the demo's project."""

    code: Path
    home: Path

    def environment(self) -> dict[str, str]:
        """Return the environment in which the demo's project is found, wherever its folder is, and no other."""
        own = {name: value for name, value in environment().items() if not name.startswith("SPARKQ_")}
        return own | {"SPARKQ_CONFIG": str(self.home / "sparkq.yml")}

    def sparkq(self, *arguments: str, shown: bool = True) -> None:
        """Run the command as a person would, and show it with its output."""
        if shown:
            say(f"$ sparkq {' '.join(json.dumps(word) if ' ' in word else word for word in arguments)}")
        done = subprocess.run(
            [sys.executable, "-P", "-m", "sparkq_cli.main", *arguments],
            cwd=self.home,
            env=self.environment(),
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"sparkq {arguments[0]} failed: {done.stderr}")
        if shown:
            say(textwrap.indent(done.stdout.rstrip(), "  "))


def main(arguments: list[str] | None = None) -> None:
    """Run the demo. Exits 1 if one of its tasks could not be settled. Raises InvalidValue for a folder without Python."""
    parser = ArgumentParser(prog="sparkq demo")
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args(arguments)
    home = Path(tempfile.mkdtemp(prefix="sparkq-demo-"))
    try:
        run(Demo(code_to_look_at(options.folder, home), home))
        if options.keep:
            say(f"\nThe project is in {home}: try `sparkq -C {home} review`.")
    finally:
        if not options.keep:
            shutil.rmtree(home, ignore_errors=True)


def code_to_look_at(folder: Path | None, home: Path) -> Path:
    """Return `folder`, else the working directory if it has Python files and is not the home folder, else SparkQ's own
    source."""
    here = (folder or working_directory() or home).resolve()
    if any(here.glob("*.py")) or any(here.glob("*/*.py")):
        if folder is not None or here != Path.home().resolve():
            return here
    elif folder is not None:
        raise InvalidValue(f"There are no Python files in {here}.", "Name a folder with Python files, or leave it out.")
    return own_source(home)


def working_directory() -> Path | None:
    """Return the working directory, or None if it was removed."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        return None


def own_source(home: Path) -> Path:
    """Return SparkQ's checkout; if SparkQ is installed, a copy of its packages in `home`, without the other packages."""
    top = Path(__file__).resolve().parent.parent
    if (top / "WORKER_PLAYBOOK.md").is_file():  # in a wheel it is inside a package
        return top
    for package in top.glob("sparkq_*/__init__.py"):
        shutil.copytree(package.parent, home / "source" / package.parent.name, ignore=shutil.ignore_patterns("*.pyc*"))
    return home / "source"


def in_a_repository(folder: Path) -> bool:
    """True if the folder is in a Git repository."""
    git = shutil.which("git")
    if git is None:
        return False
    return subprocess.run([git, "rev-parse"], cwd=folder, capture_output=True, check=False).returncode == 0


def run(demo: Demo) -> None:
    """Play the three acts: the person queues, the chat works, the person reviews."""
    heading("1. You queue work")
    (demo.home / "sparkq.yml").touch()
    demo.sparkq("setup", "--yes", shown=False)
    say(f"(a project was set up in {demo.home})")
    demo.sparkq("queue", "create", QUEUE, "--instructions", INSTRUCTIONS)
    for name, tool, script in (*TASKS, OF_A_REPOSITORY if in_a_repository(demo.code) else OF_A_FOLDER):
        text = script.strip() + "\n"
        (demo.home / name).write_text(text)
        asks = text.partition("\n")[0].removeprefix("# ")
        say(f"# {name} is a script of {len(text.splitlines())} lines: {asks}")
        demo.sparkq("enqueue", "--file", name, "--tool", tool, "--queue", QUEUE)
    demo.sparkq("tasks", "--status", "queued")
    heading("2. Claude works the queue over MCP (here: a small client that really runs the scripts)")
    anyio.run(work, demo)
    heading("3. You come back and review")
    demo.sparkq("review", "--list")
    heading("What next")
    say(NEXT.strip())


async def work(demo: Demo) -> None:
    """Work as a chat does: look, claim, execute and complete until the queue is empty."""
    server = StdioServerParameters(
        command=sys.executable, args=["-P", "-m", "sparkq_mcp.transport.stdio"], env=demo.environment()
    )
    async with Client(stdio_client(server), client_info=Implementation(name="demo", version="1")) as client:
        await call(client, "list_queues")
        packet = await call(client, "claim", queue=QUEUE)
        while packet["task"] is not None:
            task = packet["task"]
            code, output = await execute(demo.code, task)
            if code == 0:
                settled = await call(
                    client, "complete", task_id=task["id"], attempt=task["attempt"], result=output, claim_next=True
                )
            else:
                settled = await call(
                    client,
                    "fail",
                    task_id=task["id"],
                    attempt=task["attempt"],
                    error=f"exit code {code}\n{output}",
                    claim_next=True,
                )
            packet = settled["claimed"]


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """Call a tool, and show the call and its answer."""
    result = await client.call_tool(tool, arguments)
    shown = ", ".join(f"{name}={cut(json.dumps(value, ensure_ascii=False), 56)}" for name, value in arguments.items())
    say(f"\n-> {tool}({shown})")
    answer = result.structured_content or {}
    for line in readable(answer):
        say(f"   {line}")
    if result.is_error:
        raise SystemExit(1)
    return answer


def readable(value: Any, depth: int = 0) -> list[str]:
    """Return an answer as short indented lines."""
    lines = []
    for name, member in value.items():
        if isinstance(member, dict):
            lines += [f"{'  ' * depth}{name}:", *readable(member, depth + 1)]
        elif isinstance(member, list) and member and isinstance(member[0], dict):
            for entry in member:
                lines += [f"{'  ' * depth}{name}: " + "  ".join(f"{key}={part}" for key, part in entry.items())]
        else:
            text = safe(member).replace("\\n", " ⏎ ") if isinstance(member, str) else json.dumps(member)
            lines.append(f"{'  ' * depth}{name}: {text}")
    return [line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…" for line in lines]


async def execute(folder: Path, task: dict[str, Any]) -> tuple[int, str]:
    """Follow the tool's sentence: run the prompt as a script in `folder`."""
    command = ["bash", "-c"] if task["tool_name"] == "run-bash" else [sys.executable, "-c"]
    process = await asyncio.create_subprocess_exec(
        *command,
        task["prompt"],
        cwd=folder,
        env={**environment(), "SPARKQ_DEMO_BIN": str(Path(sys.executable).parent)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), TASK_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
        return 124, f"not finished after {TASK_SECONDS} s"
    return process.returncode or 0, output.decode(errors="replace").strip() or "(no output)"


def heading(text: str) -> None:
    """Print a heading between the acts."""
    say(f"\n{text}\n{'=' * len(text)}")


def say(text: str) -> None:
    """Print a line for the person at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
