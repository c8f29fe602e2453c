from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from server_stub.authority import Authority, AuthoritySettings, create_app, prepare_database
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.node import NodeContext, RunningNode, serve
from tests.authority.helper import OPERATOR_KEY


@functools.cache
def test_key(name: str) -> rsa.RSAPrivateKey:
    """One key a name for the whole test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def card_key() -> rsa.RSAPublicKey:
    return test_key("card").public_key()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("authority") / "authority.db"
    prepare_database(sqlite_url(path))
    return path


@pytest.fixture
def clock() -> Clock:
    clock = Clock(STAGE_START)
    clock.freeze()
    clock.set(STAGE_START)
    return clock


@pytest.fixture
def trace(clock: Clock) -> Trace:
    return Trace(clock)


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path) -> AuthoritySettings:
    path = tmp_path / "authority.db"
    path.write_bytes(empty_database.read_bytes())
    return AuthoritySettings(database_url=sqlite_url(path), keys=test_key, operator_key=Secret(OPERATOR_KEY))


@pytest.fixture
def authority(settings: AuthoritySettings, clock: Clock, trace: Trace) -> Iterator[Authority]:
    authority = Authority(settings, clock, trace)
    yield authority
    authority.close()


@pytest.fixture
def node(
    settings: AuthoritySettings, authority: Authority, clock: Clock, trace: Trace
) -> Iterator[RunningNode]:
    running = serve(create_app(NodeContext(clock, trace), settings, authority))
    yield running
    running.stop()
