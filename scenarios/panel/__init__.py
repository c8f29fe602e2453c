"""The presenter's side of a demo: cards to lay down, coins to drop, clock, tray, staff, faults, and the trace as it grows.

A client and nothing more: whatever it does goes through `PanelClient`. `StageClient` stands for a whole stage (`konbini demo`),
`LoneClient` for one terminal before somebody's servers (`konbini kiosk --panel`); a test may put another behind the window.
"""

from .client import PanelClient
from .stage_client import StageClient
from .terminal_client import LoneClient
from .window import PanelWindow, run_panel, stand

__all__ = ["LoneClient", "PanelClient", "PanelWindow", "StageClient", "run_panel", "stand"]
