"""Claude Code as a person starts it: for one prompt, or for a chat on a terminal."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

from tests.harness.projects import TOP
from tests.harness.shell import SECONDS, SPARKQ, Done, Shell
from tests.harness.terminal import ENTER, AnyTerminal

PLUGIN = TOP / "plugin"
KEY = "sk-scripted-model-takes-any-key"
KEY_SHOWN = 20
"""The client remembers a key that it may use by this many of its last characters."""

SEQUENCES = re.compile(r"\x1b\[[0-9;:?<=>]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_=>78]|\s+")
"""What a terminal does not show: commands to it, among them its ways to move over a space, and space itself."""


class ClaudeCode:
    """The client in the folder of a project, whose server it may use without asking; with SparkQ's plugin instead; or without
    either.

    It sees a bare environment and a home folder of its own. It can reach the model and nothing else: whatever asks for
    another host is sent to the model's port, which refuses it.
    """

    def __init__(
        self, program: Path, shell: Shell, model: str, *, plugin: bool = False, connected: bool = True
    ) -> None:
        self._shell, self._model = shell, model
        self._program = program
        self._command = [str(program), *(["--plugin-dir", str(PLUGIN)] if plugin else [])]
        self._started: list[subprocess.Popen[str]] = []
        self._contexts = shell.home / "contexts"
        note = {"type": "command", "command": f"(cat; echo) >> '{self._contexts}'"}
        known = {
            "hasCompletedOnboarding": True,
            "customApiKeyResponses": {"approved": [KEY[-KEY_SHOWN:]]},
            "projects": {str(shell.folder): {"hasTrustDialogAccepted": True}},
        }
        _write(shell.home / ".claude.json", known)
        _write(shell.home / ".claude/settings.json", {"hooks": {"SessionStart": [{"hooks": [note]}]}})
        if connected and not plugin:
            server = {"command": str(SPARKQ), "args": ["mcp", "--project", str(shell.folder)], "alwaysLoad": True}
            settings = {"permissions": {"allow": ["mcp__sparkq"]}, "enabledMcpjsonServers": ["sparkq"]}
            _write(shell.folder / ".mcp.json", {"mcpServers": {"sparkq": server}})
            _write(shell.folder / ".claude/settings.local.json", settings)

    def start(self, prompt: str, *options: str, folder: Path | None = None) -> "subprocess.Popen[str]":
        """Start a chat that ends when `prompt` has been answered, in another `folder` than the project's if given."""
        self._started.append(
            subprocess.Popen(
                [*self._command, "-p", prompt, "--output-format", "json", *options],
                cwd=folder or self._shell.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return self._started[-1]

    def ask(self, prompt: str, *options: str) -> dict[str, Any]:
        """Run a chat to its end; what it printed."""
        return ended(self.start(prompt, *options))

    def chat(self) -> "Chat":
        """Start a chat on a terminal."""
        return Chat(self._command, self._shell.folder, self._environment())

    def type(self, text: str, **env: str) -> Done:
        """Type shell text in which `claude` is this client, and wait for its end."""
        typed = self._shell.home / "bin/claude"
        typed.parent.mkdir(exist_ok=True)
        typed.write_text(f'#!/bin/sh\nexec {shlex.join(self._command)} "$@"\n')
        typed.chmod(0o755)
        environment = self._environment()
        return self._shell.run(
            "sh", "-c", text, **environment | {"PATH": f"{typed.parent}:{environment['PATH']}", **env}
        )

    def sessions(self) -> list[dict[str, Any]]:
        """The chats that the client's background service knows, those that have ended among them."""
        listed: list[dict[str, Any]] = json.loads(self.type("claude agents --json --all").out)
        return listed

    def contexts(self) -> list[str]:
        """Why each context of its chats began, oldest first: startup, resume, clear or compact."""
        *lines, _ = self._contexts.read_text().split("\n") if self._contexts.exists() else [""]
        return [json.loads(line)["source"] for line in lines if line]

    def stop(self) -> None:
        """End what still runs, also in the background: it would find the home folder of a later test at the same path."""
        for process in self._started:
            with process:
                process.kill()
        if (self._shell.home / ".claude/daemon").exists():  # the service behind `--bg`
            # After other options, such as that of the plugin, `daemon` would be a prompt.
            stopped = self._shell.run(self._program, "daemon", "stop", "--any", **self._environment())
            assert stopped.code == 0, stopped

    def _environment(self) -> dict[str, str]:
        temporary = self._shell.home / "tmp"
        temporary.mkdir(exist_ok=True)
        return self._shell.environment(
            TMPDIR=str(temporary),
            ANTHROPIC_BASE_URL=self._model,
            ANTHROPIC_API_KEY=KEY,
            HTTP_PROXY=self._model,
            HTTPS_PROXY=self._model,
            NO_PROXY="127.0.0.1",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            DISABLE_AUTOUPDATER="1",
            DISABLE_TELEMETRY="1",
        )


def ended(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """Wait for a chat's end; what it printed."""
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, out + err
    printed: dict[str, Any] = json.loads(out)
    assert not printed["is_error"], printed
    return printed


class Chat(AnyTerminal):
    """A chat on a terminal."""

    def say(self, line: str) -> None:
        """Type a line, and press Enter when it stands in the client's box."""
        self.press(line.encode())
        self.until(line)
        self.press(ENTER)

    def until(self, text: str) -> str:
        """Wait until `text` was shown, after what was waited for before; everything new up to its end, without spaces."""
        wanted = _bare(text)
        self.until_true(lambda: wanted in _bare(self.screen)[self._read_to :])
        shown = _bare(self.screen)
        end = shown.index(wanted, self._read_to) + len(wanted)
        new, self._read_to = shown[self._read_to : end], end
        return new


def _bare(shown: str) -> str:
    return SEQUENCES.sub("", shown)


def _write(file: Path, facts: dict[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(facts))
