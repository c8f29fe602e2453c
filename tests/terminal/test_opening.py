"""The entry of the terminal's process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk_app.settings import KioskSettings

from .centre import KEY, TERMINAL

LINGERING = """
import sys, threading
from kiosk_app import main

class Lingering(main._Opening):
    def _import(self):
        super()._import()
        # the terminal has refused its settings by now, and wishes to end
        not_yet = threading.Event()
        threading.Timer(0.5, not_yet.set).start()
        not_yet.wait(20)
        print("the loading thread has ended", flush=True)

main._Opening = Lingering
sys.argv = ["kiosk", "--settings", sys.argv[1]]
code = main.main()
print("the terminal ends", flush=True)
raise SystemExit(code)
"""


def test_it_does_not_end_before_the_thread_that_loads_for_it(quick_path: Path) -> None:
    """Python cannot end a thread that stands in Qt: the process would be aborted. In a process of its own, for an application
    that quits closes every window of its process."""
    settings = KioskSettings("http://127.0.0.1:9", TERMINAL, KEY, "no key", str(quick_path))
    file = quick_path / "kiosk.json"
    file.write_text(json.dumps(settings.to_json()), encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", LINGERING, str(file)], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.stdout.splitlines() == ["the loading thread has ended", "the terminal ends"], ended
    assert ended.returncode == 2, ended
    assert "Settings_Wrong" in ended.stderr


FROZEN = """
import sys, threading
from kiosk_app import main

def stand(self):
    print("the screen stands", flush=True)
    while {how}:
        pass

main._Opening.load = stand
sys.argv = ["kiosk", "--settings", {file!r}, "--control", {name!r}]
raise SystemExit(main.main())
"""
PARENT = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {child!r}])
print("the parent waits", flush=True)
sys.stdin.read()
"""


@pytest.mark.attack
@pytest.mark.parametrize("how", ["True", "threading.Event().wait(3600)"], ids=["it works on", "it waits"])
def test_a_terminal_ends_with_its_parent_even_while_its_screen_stands(quick_path: Path, how: str) -> None:
    settings = KioskSettings("http://127.0.0.1:9", TERMINAL, KEY, "00" * 32, str(quick_path))
    file = quick_path / "kiosk.json"
    file.write_text(json.dumps(settings.to_json()), encoding="utf-8")
    child = FROZEN.format(how=how, file=str(file), name=f"frozen-{quick_path.name}")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(child=child)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )
    assert parent.stdin is not None and parent.stdout is not None
    told = {parent.stdout.readline(), parent.stdout.readline()}
    assert told == {"the parent waits\n", "the screen stands\n"}
    parent.kill()
    parent.wait()
    # the terminal holds the other end of the pipe until it is gone
    assert parent.stdout.read() == ""
    parent.stdin.close()
    parent.stdout.close()
