"""The scripted visit of `konbini demo` where nobody has a screen, and the evidence that it leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios import paths
from scenarios.cli import app
from scenarios.evidence.reading import read_story
from tests.long import LONG


def scripted(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """`konbini demo` where no screen is."""
    for made in paths.home().iterdir():  # a home of its own, in which keys and template are made already
        if made.name == "test-keys" or made.name.startswith("template-"):
            (home / made.name).symlink_to(made)
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    kept = {name: value for name, value in os.environ.items() if name not in hidden}
    return subprocess.run(
        [sys.executable, "-m", "scenarios.cli", "demo", *options],
        env=kept | {"PYTHONPATH": str(paths.ROOT), "KONBINI_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


@pytest.mark.xdist_group("commands")
def test_the_steps_of_the_demo_begin_with_what_is_given_and_end_with_what_must_hold(tmp_path: Path) -> None:
    ended = scripted(tmp_path)
    assert ended.returncode == 0, ended.stderr
    story = read_story(tmp_path / "demo" / "trace")
    steps = [step for step in story.steps if step.number]
    assert [step.keyword for step in steps] == ["前提", *["もし"] * (len(steps) - 2), "ならば"]
    assert "250円" in steps[-1].sentence and all(step.status == "passed" for step in steps)


@pytest.mark.xdist_group("commands")
@pytest.mark.parametrize(
    ("before", "after", "charged"),
    [("fee = 300", "fee = 0", "0円"), *([("fee = 300", "fee = 610", "610円")] if LONG else [])],
)
def test_the_demo_shows_a_town_of_the_users_own(
    tmp_path: Path, before: str, after: str, charged: str
) -> None:
    town, home = tmp_path / "town", tmp_path / "home"
    home.mkdir()
    made = CliRunner().invoke(app, ["town", "new", str(town), "--code", "13999", "--name", "東見本市"])
    assert made.exit_code == 0
    settings = town / "municipality.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace(before, after, 1), encoding="utf-8")
    ended = scripted(home, "--town", str(town))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert f"手数料{charged}が一度だけ" in ended.stdout and "試験一郎のカード" in ended.stdout


@pytest.mark.xdist_group("commands")
@pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")
def test_a_demo_that_ends_in_a_refusal_says_so(tmp_path: Path) -> None:
    town, home = tmp_path / "town", tmp_path / "home"
    home.mkdir()
    assert CliRunner().invoke(app, ["town", "new", str(town)]).exit_code == 0
    settings = town / "municipality.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("minimum_age = 15", "minimum_age = 90"), encoding="utf-8"
    )
    ended = scripted(home, "--town", str(town))
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "実際" in ended.stderr and "予期しない" not in ended.stderr
