"""What an attempt changed in the repository: two trees and the difference between them."""

from sparkq_core.changes.recorder import Recorder
from sparkq_core.changes.recording import Execution, record
from sparkq_core.changes.states import summary, well_formed

__all__ = ["Execution", "Recorder", "record", "summary", "well_formed"]
