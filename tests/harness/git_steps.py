"""What a person does with Git."""

import subprocess
from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """What a Git command of the person's prints."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def start(folder: Path) -> None:
    """Make the folder a repository without a commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.org")


def commit(folder: Path, message: str = "Work") -> str:
    """Commit everything but SparkQ's own files; the commit."""
    git(folder, "add", "--all", ":!sparkq")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")
