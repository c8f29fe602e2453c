"""A pytest plugin: a test during which anything logs a warning, unasked, fails. (Qt messages: pytest-qt's own setting.)"""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from server_stub.interface.log import lines_of


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(lines_of(record))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "expects_log(part): logged warnings that contain `part` are expected")


@pytest.fixture(autouse=True)
def _no_unexpected_log(request: pytest.FixtureRequest) -> Iterator[None]:
    collector = _Collector()
    logging.getLogger().addHandler(collector)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(collector)
    expected = [str(mark.args[0]) for mark in request.node.iter_markers("expects_log")]
    surprises = [line for line in collector.lines if not any(part in line for part in expected)]
    if surprises:
        pytest.fail("unexpected log lines:\n" + "\n".join(surprises), pytrace=False)
