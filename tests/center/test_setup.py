"""Settings, terminals, tables: what a centre is started with, and what stands when another database is put below it."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from server_stub.center.certificates import StatusAuthority
from server_stub.center.database import prepare_database
from server_stub.center.settings import CenterTimes, IssuingServer, load_settings
from server_stub.center.tables import metadata
from server_stub.center.terminals import load_terminals, sha256_of_key
from server_stub.db import open_engine, sqlite_url
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from tests.center.pki import Issuer
from tests.center.world import CITY, OTHER, World, refused

TERMINAL = """
[[terminal]]
terminal_id = "T1"
operator = "見本コンビニ"
shop = "見本店"
area = "28100"
kind = "store"
key_sha256 = "{digest}"
"""
SETTINGS = """
database_url = "sqlite:///center.db"
ocsp_url = "http://127.0.0.1:1/ocsp"
trusted_ca = ["ca.der"]
terminals = "terminals.toml"
signing_key = "key.pem"

[[issuing]]
base_url = "http://127.0.0.1:2"
key = "secret"
municipalities = ["28100"]

[times]
nonce_life = 30
ocsp_timeout = 1.5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ca.der").write_bytes(Issuer().der)
    key = Ed25519PrivateKey.generate()
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "terminals.toml").write_text(TERMINAL.format(digest=sha256_of_key("key")), encoding="utf-8")
    (tmp_path / "center.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def test_settings_come_from_a_file(folder: Path) -> None:
    settings = load_settings(folder / "center.toml")
    assert settings.trusted_cas == ((folder / "ca.der").read_bytes(),)
    assert settings.issuing_servers[0].municipalities == ("28100",)
    assert settings.terminals[0].key_sha256 == sha256_of_key("key")
    assert settings.times.nonce_life == timedelta(seconds=30)
    assert settings.times.ocsp_timeout == 1.5
    assert settings.times.session_life == CenterTimes().session_life
    assert "secret" not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "item"),
    [
        ("database_url = ", "database = ", "database, database_url"),
        ('ocsp_url = "http', 'ocsp_url = "ftp', "ocsp_url"),
        ('"ca.der"', '"none.der"', None),
        ('"ca.der"', '"key.pem"', "trusted_ca 1"),
        ('["ca.der"]', "[]", "trusted_ca"),
        ('"key.pem"', '"ca.der"', "signing_key"),
        ('"28100"', '"00000"', "issuing"),
        ('"28100"]', '"28100", "28100"]', "issuing"),
        ("nonce_life", "nonse_life", "times.nonse_life"),
        ("= 30", "= 0", "times.nonce_life"),
        ("= 30", '= "long"', "times.nonce_life"),
        ("[times]", "[times", None),
        ("\n[[issuing]]", "ops_key = 5\n[[issuing]]", "ops_key"),
        ("\n[[issuing]]", 'ops_key = "short"\n[[issuing]]', "ops_key"),
    ],
)
def test_a_wrong_setting_is_named(folder: Path, old: str, new: str, item: str | None) -> None:
    path = folder / "center.toml"
    assert old in SETTINGS
    path.write_text(SETTINGS.replace(old, new), encoding="utf-8")
    with pytest.raises(Failed, match="Settings_Wrong") as caught:
        load_settings(path)
    assert caught.value.facts.get("item") == item


@pytest.mark.parametrize("key", ["the key of that terminal", "shown at an issuing server"])
def test_the_operations_key_is_nobody_elses(folder: Path, key: str) -> None:
    """A terminal in a shop, or another server, would read what is for officials."""
    text = SETTINGS.replace('key = "secret"', 'key = "shown at an issuing server"')
    path = folder / "center.toml"
    path.write_text(text.replace("\n[[issuing]]", f'ops_key = "{key}"\n[[issuing]]'), encoding="utf-8")
    terminals = TERMINAL.format(digest=sha256_of_key("the key of that terminal"))
    (folder / "terminals.toml").write_text(terminals, encoding="utf-8")
    with pytest.raises(Failed, match="Settings_Wrong") as caught:
        load_settings(path)
    assert caught.value.facts["item"] == "ops_key"
    assert key not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        ("store", "kiosk"), ("28100", "2810"), ("operator", "owner"), ("{digest}", "abc"), ("[[terminal]]", "[terminal]"),
    ],
)  # fmt: skip
def test_a_wrong_terminal_is_named_and_none_is_taken(tmp_path: Path, change: tuple[str, str]) -> None:
    path = tmp_path / "terminals.toml"
    path.write_text(TERMINAL.replace(*change).replace("{digest}", sha256_of_key("k")), encoding="utf-8")
    with pytest.raises(Failed, match="Settings_Wrong"):
        load_terminals(path)


def test_two_terminals_with_one_key_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "terminals.toml"
    one = TERMINAL.format(digest=sha256_of_key("k"))
    path.write_text(one + one.replace("T1", "T2"), encoding="utf-8")
    with pytest.raises(Failed, match="Settings_Wrong"):
        load_terminals(path)


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
