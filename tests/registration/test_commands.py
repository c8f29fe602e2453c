"""`konbini registration`: what an official does at a server that runs; and the tables as their migrations make them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from typer.testing import CliRunner

from scenarios.command import registrations
from server_stub import registration, sites
from server_stub.db import open_engine, sqlite_url
from server_stub.interface.failures import Failed
from server_stub.interface.registration import Shown
from server_stub.registration import tables
from server_stub.sites import guesses
from tests.registration.hall import OPS_KEY, REGISTER
from tests.registration.nodes import Nodes


class Keys:
    def text(self, name: str) -> str:
        assert name == "ops-issuing"
        return OPS_KEY.reveal()


@pytest.fixture
def konbini(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a command at the issuing server of `nodes`; its lines."""
    monkeypatch.setattr(registrations, "_key_pool", lambda folder: Keys())

    def run(*words: str, fails: str = "") -> list[str]:
        server = ["--issuing", nodes.site_settings.servers[0].base_url]
        done = CliRunner().invoke(registrations.registration_app, [*words, *server])
        if fails:
            assert isinstance(done.exception, Failed) and done.exception.failure == fails
        else:
            assert done.exit_code == 0, done.output
        return done.output.splitlines()

    return run


def test_an_official_lists_shows_links_and_rejects(nodes: Nodes, konbini: Any) -> None:
    assert konbini("list") == []
    _, first = nodes.apply()
    (line,) = konbini("list")
    for told in (
        first.application_id,
        "49202",
        "期限 2026-06-10",
        "受付",
        "白砂県湊市港町７番地　筆頭者 海野　渉",
    ):
        assert told in line
    assert first.number.reveal() not in line
    nodes.hall.at("2026-06-11 09:00:00")
    assert "受付（期限超過）" in konbini("list")[0]
    assert "審査中" in konbini("review", first.application_id, "--note", "戸籍を確認中")[0]
    konbini("link", first.application_id, REGISTER, "2", fails="Registration_Register_Unknown")
    assert "利用可能" in konbini("link", first.application_id, REGISTER, "1")[0]
    shown = konbini("show", first.application_id)
    assert "申請先　湊市（49202）" in shown and shown[-1].split("\t")[1] == "紐付け"
    assert konbini("list") == [] and len(konbini("list", "--state", "usable")) == 1
    assert "終了" in konbini("end", first.application_id)[0]
    _, second = nodes.apply()
    konbini("reject", second.application_id, "--text", "本籍をお確かめください。", "--note", "内部")
    told = nodes.hall.status(second.number)
    assert (told.status, told.message) == (Shown.REJECTED, {"ja": "本籍をお確かめください。"})
    listed = json.loads("\n".join(konbini("list", "--state", "rejected", "--json")))
    assert [one["application_id"] for one in listed] == [second.application_id]


def test_a_server_that_is_not_there_is_told(konbini: Any) -> None:
    done = CliRunner().invoke(registrations.registration_app, ["list", "--issuing", "http://127.0.0.1:9"])
    assert done.exit_code == 2 and "接続できません" in done.output


@pytest.mark.parametrize(
    ("prepare", "metadata"),
    [(registration.prepare_database, tables.metadata), (sites.prepare_database, guesses.metadata)],
    ids=["registration", "site"],
)
def test_the_migrations_make_exactly_the_tables(tmp_path: Any, prepare: Any, metadata: Any) -> None:
    url = sqlite_url(tmp_path / "one.db")
    prepare(url)
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
