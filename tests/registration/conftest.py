from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registration.hall import Hall
from tests.registration.nodes import Nodes


@pytest.fixture(scope="session")
def _hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    hall = Hall(tmp_path_factory.mktemp("hall"))
    yield hall
    hall.close()


@pytest.fixture
def hall(_hall: Hall, tmp_path: Path) -> Hall:
    """The hall of 湊市 without any application, at the beginning of time."""
    _hall.empty()
    return _hall


@pytest.fixture(scope="session")
def _nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    nodes = Nodes(tmp_path_factory.mktemp("nodes"))
    yield nodes
    nodes.close()


@pytest.fixture
def nodes(_nodes: Nodes) -> Nodes:
    """All nodes without any application, at the beginning of time."""
    _nodes.empty()
    return _nodes
