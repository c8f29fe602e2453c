"""`cards` by itself: the README's example runs, what is public is said, and nobody else is needed."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cards
from scenarios.paths import ROOT

EXAMPLE = re.compile(r"^```python\n(from cards import .*?)^```$", re.MULTILINE | re.DOTALL)
AFTERWARDS = """
import sys
print(tries, len(certificate) > 500, len(signature))
print(sorted({name.partition(".")[0] for name in sys.modules} & {"kiosk_app", "server_stub", "scenarios", "PySide6"}))
"""


@pytest.mark.parametrize("readme", ["README.md", "README.ja.md"])
def test_the_example_of_the_readme_runs_and_needs_no_other_room(readme: str, tmp_path: Path) -> None:
    (example,) = EXAMPLE.findall((ROOT / readme).read_text(encoding="utf-8"))
    assert len(example.strip().splitlines()) <= 12
    (tmp_path / "cards").symlink_to(ROOT / "cards")
    done = subprocess.run(
        [sys.executable, "-c", example + AFTERWARDS], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.splitlines() == ["3 True 256", "[]"], done.stderr


def test_every_public_name_is_there_and_is_documented() -> None:
    for name in cards.__all__:
        assert (getattr(cards, name).__doc__ or "").strip(), name
        assert f"`{name}`" in (cards.__doc__ or ""), name


def test_no_public_name_is_hidden_by_a_module_of_the_room() -> None:
    modules = {path.stem for path in Path(ROOT / "cards").iterdir()}
    assert modules.isdisjoint(cards.__all__)


def test_an_unknown_name_is_refused_as_by_any_module() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        importlib.import_module("cards").nothing  # noqa: B018


def test_the_room_says_that_it_is_typed() -> None:
    assert (ROOT / "cards" / "py.typed").exists()
    assert '"py.typed"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
