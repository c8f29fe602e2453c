from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.center.world import World


@pytest.fixture(scope="session")
def _world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    world = World(tmp_path_factory.mktemp("center"))
    yield world
    world.close()


@pytest.fixture
def world(_world: World) -> World:
    _world.reset()
    return _world
