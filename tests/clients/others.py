"""Codex, Gemini CLI and opencode as a person starts them for one prompt, each with the scripted model behind it.

Each sees a bare environment and a home folder of its own, in which only the model is configured: how SparkQ gets there is what
a test does, as with `sparkq connect`. The folder is one that the client trusts.
"""

import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.harness.downloads import BUILD, path_with
from tests.harness.shell import BIN, SECONDS, Done, Shell

KEY = "scripted-model-takes-any-key"
NODE_JS = BUILD / "npm/node_modules/.bin"
"""Where a Node.js is that is new enough for Gemini CLI, if the machine has none."""


class Start(NamedTuple):
    """How a client starts: its arguments, its variables, and the files that its home has before."""

    words: list[str]
    variables: dict[str, str]
    home: dict[str, object]


class Others(NamedTuple):
    """The clients of the folder `programs`, in the shell's project."""

    programs: Path
    shell: Shell
    model: str

    def ask(self, name: str, prompt: str, *options: str) -> Done:
        """Run the client `name` (codex, gemini or opencode) for one prompt to its end."""
        start = STARTS[name](self.model, prompt, self.shell.folder)
        for path, facts in start.home.items():
            _write(self.shell.home / path, facts)
        done = subprocess.run(
            [str(self.programs / name), *start.words, *options],
            cwd=self.shell.folder,
            env=self._environment() | start.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def type(self, text: str) -> Done:
        """Type shell text in which `codex` is that client, and wait for its end."""
        start = STARTS["codex"](self.model, "", self.shell.folder)
        typed = self.shell.home / "bin/codex"
        typed.parent.mkdir(exist_ok=True)
        options = shlex.join(start.words[1:-1])
        typed.write_text(f'#!/bin/sh\nshift\nexec {self.programs / "codex"} exec {options} "$@"\n')
        typed.chmod(0o755)
        environment = self._environment() | start.variables
        return self.shell.run("sh", "-c", text, **environment | {"PATH": f"{typed.parent}:{environment['PATH']}"})

    def _environment(self) -> dict[str, str]:
        """A bare one, in which other hosts are the model's port, which refuses them."""
        temporary = self.shell.home / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        environment = self.shell.environment(
            TMPDIR=str(temporary),
            TERM="dumb",
            HTTP_PROXY=self.model,
            HTTPS_PROXY=self.model,
            NO_PROXY="127.0.0.1",
            PATH=path_with(self.programs, NODE_JS, BIN),
        )
        del environment["PYTHONPATH"]
        return environment


def _write(file: Path, facts: object) -> None:
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(facts))


def _codex(model: str, prompt: str, _folder: Path) -> Start:
    provider = f'{{name="Scripted", base_url="{model}/v1", env_key="SCRIPTED_KEY", wire_api="responses"}}'
    settings = ["model_provider=scripted", f"model_providers.scripted={provider}", "model=scripted"]
    options = [word for each in (*settings, "analytics.enabled=false") for word in ("-c", each)]
    return Start(["exec", "--skip-git-repo-check", *options, prompt], {"SCRIPTED_KEY": KEY}, {})


def _gemini(model: str, prompt: str, folder: Path) -> Start:
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "general": {"disableAutoUpdate": True, "disableUpdateNag": True},
        "privacy": {"usageStatisticsEnabled": False},
    }
    home = {".gemini/settings.json": settings, ".gemini/trustedFolders.json": {str(folder): "TRUST_FOLDER"}}
    variables = {"GEMINI_API_KEY": KEY, "GOOGLE_GEMINI_BASE_URL": model}
    return Start(["-p", prompt, "-m", "gemini-2.5-pro", "-o", "json"], variables, home)


def _opencode(model: str, prompt: str, _folder: Path) -> Start:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "options": {"baseURL": f"{model}/v1", "apiKey": KEY},
        "models": {"scripted": {"name": "Scripted"}},
    }
    settings = {"provider": {"scripted": provider}, "autoupdate": False, "share": "disabled"}
    return Start(["run", prompt, "-m", "scripted/scripted"], {}, {".config/opencode/opencode.json": settings})


STARTS: dict[str, Callable[[str, str, Path], Start]] = {"codex": _codex, "gemini": _gemini, "opencode": _opencode}
