"""What an attempt changed in the repository: two trees and the difference between them."""

from typing import TYPE_CHECKING

from sparkq_core import lazy

if TYPE_CHECKING:
    from sparkq_core.changes.recorder import Recorder
    from sparkq_core.changes.recording import Execution, record
    from sparkq_core.changes.states import summary, well_formed
else:  # a type checker would believe in every name
    __getattr__ = lazy.names(
        __name__,
        {
            "recorder": "Recorder",
            "recording": "Execution record",
            "states": "summary well_formed",
        },
    )

__all__ = ["Execution", "Recorder", "record", "summary", "well_formed"]
