"""What `pip install .` brings: every file that is read, every package that is imported, and the reader of papers, without
which no scenario can say what stands on a sheet."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from scenarios import paths

OURS = ("kiosk_app", "server_stub", "cards", "scenarios", "tests/readback")
BEGUN = {"scenarios.cli", "kiosk_app.main", "scenarios.steps.plugin", "scenarios.steps.bind"}
"""What is started by its name: by the installed command, by the stage, by pytest."""
PROJECT: dict[str, Any] = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NOT_READ = {".md", ".pyc"}


def installed(folder: str) -> bool:
    patterns = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    return any(fnmatch(folder.replace("/", "."), pattern) for pattern in patterns)


def modules() -> Iterator[Path]:
    for folder in OURS:
        yield from (path for path in (paths.ROOT / folder).rglob("*.py") if not path.name.startswith("test_"))


@pytest.mark.parametrize("folder", OURS)
def test_every_file_that_is_read_is_installed(folder: str) -> None:
    assert installed(folder)
    suffixes = {Path(pattern).suffix for pattern in PROJECT["tool"]["setuptools"]["package-data"]["*"]}
    files = [path for path in (paths.ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".py"]
    left_out = [path.relative_to(paths.ROOT) for path in files if path.suffix not in suffixes | NOT_READ]
    assert left_out == []


def test_everything_that_is_imported_comes_with_the_installation() -> None:
    brought = {plain(re.split(r"[<>=\[; ]", told)[0]) for told in PROJECT["project"]["dependencies"]}
    brought = with_their_own(brought)
    known = importlib.metadata.packages_distributions()
    own = {Path(folder).parts[0] for folder in OURS}
    missing = {
        f"{name} ({path.relative_to(paths.ROOT)})"
        for path in modules()
        for name in imported(path)
        if name not in sys.stdlib_module_names
        and name not in own
        and not {plain(package) for package in known.get(name, ["?"])} & brought
    }
    assert missing == set()


def imported(path: Path) -> Iterator[str]:
    """Names of packages, however deep in the file they are imported."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


def with_their_own(brought: set[str]) -> set[str]:
    """Those packages and what they need themselves, one step far: starlette comes with fastapi."""
    needed = set(brought)
    for package in brought:
        for told in importlib.metadata.requires(package) or ():
            if "extra ==" not in told:
                needed.add(plain(re.split(r"[<>=!~\[; (]", told)[0]))
    return needed


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_nothing_is_installed_that_only_tests_and_benchmarks_use() -> None:
    """Every module is imported, over however many others, by what a user can start, or named there in a text (screens, steps
    and the reader of papers are imported by such names)."""
    files = {module_name(path): path for path in modules() if "migrations" not in path.parts}
    reached: set[str] = set()
    waiting = set(BEGUN)
    while waiting:
        name = waiting.pop()
        reached.add(name)
        used = set(ours_used_by(name, files[name]))
        waiting |= {one for one in files if one in used or one.rpartition(".")[2] in used} - reached
    packages = {name for name, path in files.items() if path.name == "__init__.py"}
    assert files.keys() - packages - reached == set()


def module_name(path: Path) -> str:
    parts = path.relative_to(paths.ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def ours_used_by(name: str, path: Path) -> Iterator[str]:
    """Full names of modules, and every text, which may be the last part of a name or the whole."""
    text = path.read_text(encoding="utf-8")
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
