"""Settings, terminals, tables: what a centre is started with, and what stands when another database is put below it."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server_stub.center.authentication.jpki import StatusAuthority
from server_stub.center.database import prepare_database
from server_stub.center.settings import CenterSettings, CenterTimes, IssuingServer
from server_stub.center.tables import metadata
from server_stub.center.terminals import Terminal
from server_stub.db import open_engine, sqlite_url
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import TerminalFacts
from server_stub.interface.secret import Secret
from server_stub.interface.values import TerminalKind
from tests.center.pki import Issuer
from tests.center.world import CITY, INDEX, OTHER, World, refused

KEY = Ed25519PrivateKey.generate()


def terminal(name: str, key: str) -> Terminal:
    facts = TerminalFacts(
        terminal_id=name, operator="見本", shop="見本店", area=CITY, kind=TerminalKind.STORE
    )
    return Terminal.with_key(facts, Secret(key))


def settings(**changes: Any) -> CenterSettings:
    usual: dict[str, Any] = {
        "database_url": "sqlite:///center.db",
        "ocsp_url": "http://127.0.0.1:1/ocsp",
        "trusted_cas": (Issuer().der,),
        "issuing_servers": (
            IssuingServer("http://127.0.0.1:2", Secret("shown at an issuing server"), (CITY,)),
        ),
        "terminals": (terminal("T1", "the key of that terminal"),),
        "signing_key": KEY,
        "municipalities": INDEX,
    }
    return CenterSettings(**(usual | changes))


def test_no_key_is_told_by_the_settings() -> None:
    told = repr(settings(ops_key=Secret("a key that officials show")))
    assert not any(word in told for word in ("issuing server", "officials", KEY.private_bytes_raw().hex()))


SERVER = IssuingServer("http://127.0.0.1:2", Secret("key"), (CITY,))


@pytest.mark.parametrize(
    ("changes", "item"),
    [
        ({"ocsp_url": "ftp://127.0.0.1/ocsp"}, "ocsp_url"),
        ({"trusted_cas": ()}, "trusted_ca"),
        ({"trusted_cas": (b"no certificate",)}, "trusted_ca 1"),
        ({"issuing_servers": (replace(SERVER, municipalities=("00000",)),)}, "issuing"),
        ({"issuing_servers": (SERVER, replace(SERVER, base_url="http://127.0.0.1:3"))}, "issuing"),
        ({"issuing_servers": (replace(SERVER, base_url="127.0.0.1:3"),)}, "base_url"),
        ({"ops_key": Secret("short")}, "ops_key"),
        ({"terminals": (terminal("T1", "k"), terminal("T2", "k"))}, "terminal"),
        ({"terminals": (terminal("T1", "k"), terminal("T1", "l"))}, "terminal"),
        # a terminal in a shop, or another server, would read what is for officials
        ({"ops_key": Secret("the key of that terminal")}, "ops_key"),
        ({"ops_key": Secret("shown at an issuing server")}, "ops_key"),
    ],
)
def test_a_wrong_setting_is_named(changes: dict[str, Any], item: str) -> None:
    with pytest.raises(Failed, match="Settings_Wrong") as caught:
        settings(**changes)
    assert caught.value.facts["item"] == item
    assert "of that terminal" not in str(caught.value)


def test_the_migrations_make_exactly_the_tables(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path / "center.db")
    prepare_database(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_every_waiting_has_a_name_and_a_length() -> None:
    for field in fields(CenterTimes):
        value = getattr(CenterTimes(), field.name)
        assert (value.total_seconds() if isinstance(value, timedelta) else value) > 0


def test_another_database_below_a_running_centre_knows_nothing_of_the_old_one(world: World) -> None:
    session_id = world.known_session()
    world.reset()
    refused(world.ask("POST", f"/v1/sessions/{session_id}/nonce"), "Session_Not_Valid")
    assert world.known_session()


def test_an_authority_or_issuing_server_that_is_not_there_is_named(world: World, tmp_path: Path) -> None:
    transport = httpx.HTTPTransport(trust_env=False)
    nobody = StatusAuthority(transport, "http://127.0.0.1:1/ocsp", CenterTimes())
    with pytest.raises(Failed, match="Authority_Unreachable"):
        nobody.check(world.card.certificate, world.ca.certificate, world.clock.now())
    transport.close()
    servers = (IssuingServer("http://127.0.0.1:1", Secret("k"), (CITY,)),)
    with world.other_centre(tmp_path, issuing_servers=servers):
        refused(world.authenticate(world.session()), "Issuing_Unreachable")
        pick = {"place": "domicile", "municipality": OTHER}
        refused(world.authenticate(world.session(), **pick), "Issuing_Unreachable")
