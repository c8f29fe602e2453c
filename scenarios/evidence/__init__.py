"""What is made of the trace: one HTML page a scenario that opens with no network, and an overview of several.

The scenario layer calls `write_evidence` when there is a verdict, and `write_overview` when a run has ended. Only the trace
folder and the printed sheets are read; nothing here asks a server or a device.
"""

from .reading import failures_of
from .writing import OVERVIEW, Planned, is_ours, remove_pages, write_evidence, write_overview

__all__ = [
    "OVERVIEW",
    "Planned",
    "failures_of",
    "is_ours",
    "remove_pages",
    "write_evidence",
    "write_overview",
]
