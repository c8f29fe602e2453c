"""The terminal's screen stood still: what to say of it, and whether it counts on this machine."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from typing import Any

from kiosk_app.heartbeat import LIMIT_MS
from scenarios import trace_labels
from scenarios.verdict import ScenarioFailure

ALWAYS, IDLE, NEVER = "always", "idle", "never"
"""When a standstill fails a scenario: always; only on a machine that is not busy with other things; never (it is a warning)."""
_SHARE = 0.6
"""Of its time a thread that works gets the processor at least so much, where the machine is idle enough to judge."""
_CALL = re.compile(r"(\S+):(\d+) (\S+)")


def check_standstill(heart: Mapping[str, Any], when: str) -> str:
    """What to warn of; '' for a terminal that never stood still. Raises ScenarioFailure where it counts."""
    if heart["ms"] <= LIMIT_MS:
        return ""
    found = in_words(heart)
    if when == ALWAYS or (when == IDLE and machine_is_idle()):
        raise ScenarioFailure(f"端末の画面が {LIMIT_MS} ミリ秒より長く止まらないこと", found)
    return found


def in_words(heart: Mapping[str, Any]) -> str:
    """Which screen stood still, for how long, and where in the program."""
    screen = str(heart.get("screen") or "")
    shown = f"「{trace_labels.value('screen', screen)}」" if screen else ""
    calls = [f"{file} の {line} 行目（{name}）" for file, line, name in _CALL.findall(str(heart["where"]))]
    where = "、呼び出し元は ".join(calls[:3]) or "プログラムの中では特定できません"
    return f"端末の画面{shown}が {heart['ms']:.0f} ミリ秒止まりました（{LIMIT_MS} ミリ秒まで）。止まった場所: {where}"


def machine_is_idle() -> bool:
    """Whether a thread that works gets a processor most of the time: now, and by the load of the last minute, in which no
    more wished to run than there are processors."""
    try:
        crowded = os.getloadavg()[0] > (os.cpu_count() or 1)
    except (AttributeError, OSError):  # Windows has no such figure
        crowded = False
    if crowded:
        return False
    wall, own = time.monotonic(), time.thread_time()
    while time.monotonic() - wall < 0.05:
        pass
    return (time.thread_time() - own) / (time.monotonic() - wall) >= _SHARE
