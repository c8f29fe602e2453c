from __future__ import annotations

from collections.abc import Iterator

import pytest

from scenarios.template import template_folder
from tests.hostile.nodes import Nodes


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """The three real nodes on their ports. Nobody gets through to their databases, so all tests share them."""
    nodes = Nodes(tmp_path_factory.mktemp("hostile"), template_folder())
    yield nodes
    nodes.stop()


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes and long texts by their end: what is wrong with them stands there."""
    return f"{val[-40:]!r}"[:50] if isinstance(val, bytes | str) else None
