"""The folder of the artefacts, which is yours: it has what you decided, and no purge and no teardown empties it."""

import os
from pathlib import Path

from sparkq_core.config.settings import Config
from sparkq_core.errors import StorageError

SETTING = "Set another folder: sparkq config set reviews.path FOLDER"


def folder(config: Config) -> Path:
    """Return the folder, which is created if it is missing.

    Inside the project the folders above it are created too; elsewhere a missing one may be a disk that is not there.
    Raises StorageError.
    """
    path = _place(config)
    try:
        path.mkdir(parents=path.is_relative_to(config.root), exist_ok=True)
    except OSError as error:
        raise StorageError(f"{path} cannot be created: {error.strerror}.", SETTING) from error
    return path


def trouble(config: Config) -> str:
    """Return why nothing can be written to the folder now; empty if nothing speaks against it."""
    try:
        path = _place(config)
    except StorageError as error:
        return error.message.removesuffix(".")
    existing = next(each for each in (path, *path.parents) if os.path.lexists(each))
    if not existing.is_dir():
        return f"{existing} is not a folder"
    if existing not in (path, path.parent) and not path.is_relative_to(config.root):
        return f"{path.parent} does not exist"
    return "" if os.access(existing, os.W_OK | os.X_OK) else f"{existing} cannot be written"


def _place(config: Config) -> Path:
    """Return the folder, whether it exists or not. Raises StorageError for one that cannot be only for artefacts."""
    path, root = config.reviews, config.root.resolve()
    assert path is not None
    real = path.resolve()
    if root.is_relative_to(real):
        raise StorageError(f"reviews.path is {real}, which has the whole project in it.", SETTING)
    if not Path(config.settings.reviews.path).expanduser().is_absolute() and not real.is_relative_to(root):
        raise StorageError(
            f"reviews.path is {config.settings.reviews.path}, which leads out of the project to {real}.",
            "If you want that, write the whole path.",
        )
    return path
