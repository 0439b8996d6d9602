"""What is in a folder."""

from pathlib import Path


def files(folder: Path) -> list[str]:
    """Everything in the folder but Git's own."""
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if ".git" not in file.parts)
