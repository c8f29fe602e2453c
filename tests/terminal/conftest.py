"""LedgerQueries of many short lives: in memory where the device_gateway has such a place, for what is tested is their order, not the disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from .centre import Centre
from .world import World

_MEMORY = Path("/dev/shm")


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    if not _MEMORY.is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def centre() -> Iterator[Centre]:
    centre = Centre()
    yield centre
    centre.stop()


@pytest.fixture
def world(quick_path: Path, qapp: QApplication, centre: Centre) -> Iterator[World]:
    """A terminal that has begun, and all it meets."""
    world = World(quick_path, centre)
    world.terminal.start()
    yield world
    world.close()
