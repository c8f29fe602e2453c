"""What is made of the trace: one HTML page a scenario that opens with no network, and an overview of several.

The scenario layer calls `write_evidence` when a scenario has ended, and `write_overview` when a run has. Only the trace
folder is read; nothing here asks a server or a device.
"""

from .writing import write_evidence, write_overview

__all__ = ["write_evidence", "write_overview"]
