from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registration.hall import Hall


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
