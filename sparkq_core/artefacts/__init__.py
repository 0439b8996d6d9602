"""What an accepted task leaves in the folder `reviews.path`: a text for people, and the patch of its change."""

from sparkq_core.artefacts.keeping import Left, due, write_due
from sparkq_core.artefacts.place import folder, trouble

__all__ = ["Left", "due", "folder", "trouble", "write_due"]
