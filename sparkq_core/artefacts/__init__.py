"""What an accepted task leaves in the folder `reviews.path`: a text for people, and the patch of its change."""

from typing import TYPE_CHECKING

from sparkq_core import lazy

if TYPE_CHECKING:
    from sparkq_core.artefacts.keeping import Left, due, write_due
    from sparkq_core.artefacts.place import folder, trouble
else:  # a type checker would believe in every name
    __getattr__ = lazy.names(
        __name__,
        {
            "keeping": "Left due write_due",
            "place": "folder trouble",
        },
    )

__all__ = ["Left", "due", "folder", "trouble", "write_due"]
