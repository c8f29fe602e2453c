"""The scripted visit of `konbini demo` where nobody has a screen, and the evidence that it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scenarios import paths
from scenarios.evidence.reading import read_story


@pytest.mark.xdist_group("commands")
def test_the_steps_of_the_demo_begin_with_what_is_given_and_end_with_what_must_hold(tmp_path: Path) -> None:
    for made in paths.home().iterdir():  # a home of its own, in which keys and template are made already
        if made.name == "test-keys" or made.name.startswith("template-"):
            (tmp_path / made.name).symlink_to(made)
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    ended = subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "demo"],
        env=kept | {"PYTHONPATH": str(paths.ROOT), "KONBINI_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    story = read_story(tmp_path / "demo" / "trace")
    steps = [step for step in story.steps if step.number]
    assert [step.keyword for step in steps] == ["前提", *["もし"] * (len(steps) - 2), "ならば"]
    assert "250円" in steps[-1].sentence and all(step.status == "passed" for step in steps)
