"""Files with keys, PINs or 個人番号 are their owner's only, from the moment they exist and whatever the umask."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from cards.image_file import load_image, save_image
from scenarios import paths
from scenarios.enrolment import Enrolment, save_enrolment
from scenarios.stage_secrets import KeyPool
from scenarios.template import load_cards, template_folder
from server_stub.db import open_engine, sqlite_url

pytestmark = pytest.mark.skipif(os.name == "nt", reason="modes of files")


@pytest.fixture(autouse=True)
def everybody_may_read() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Every file that is made, with the mode that it has at once."""
    made: list[tuple[str, int]] = []
    real = os.open

    def noting(path, flags, mode=0o777, **more):  # type: ignore[no-untyped-def]
        handle = real(path, flags, mode, **more)
        if flags & os.O_CREAT:
            made.append((Path(path).name, stat.S_IMODE(os.fstat(handle).st_mode)))
        return handle

    monkeypatch.setattr(os, "open", noting)
    return made


def modes(folder: Path) -> dict[str, int]:
    found = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    return found | {".": stat.S_IMODE(folder.stat().st_mode)}


def test_keys(tmp_path: Path, opened: list[tuple[str, int]]) -> None:
    pool = KeyPool(tmp_path / "keys")
    pool.text("a")
    pool.ed25519("b")
    assert modes(tmp_path / "keys") == {
        "TEST-ONLY-a.txt": 0o600, "TEST-ONLY-ed25519-b.pem": 0o600, ".": 0o700,
    }  # fmt: skip
    assert len(opened) == 2 and {mode for _, mode in opened} == {0o600}


def test_a_key_is_taken_over_from_the_first_pool_and_then_stays(tmp_path: Path) -> None:
    first, second = KeyPool(tmp_path / "first"), KeyPool(tmp_path / "second", KeyPool(tmp_path / "first"))
    assert second.text("a") == first.text("a")
    (tmp_path / "first" / "TEST-ONLY-a.txt").unlink()
    kept = second.text("a")
    assert first.text("a") != kept == KeyPool(tmp_path / "second").text("a")


def test_a_key_folder_that_was_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    KeyPool(tmp_path / "keys")
    assert modes(tmp_path / "keys")["."] == 0o700


def test_card_images(tmp_path: Path, opened: list[tuple[str, int]]) -> None:
    template = template_folder()
    image = load_image(template / load_cards(template)["六甲翠のカード"].file)
    save_image(image, tmp_path / "card.json")
    save_image(image, tmp_path / "card.json")
    assert modes(tmp_path)["card.json"] == 0o600
    assert opened and {mode for _, mode in opened} == {0o600}


def test_databases_with_all_that_sqlite_puts_beside_them(tmp_path: Path) -> None:
    engine = open_engine(sqlite_url(tmp_path / "a.db"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE t (x)"))
        found = modes(tmp_path)
        del found["."]
        assert set(found) == {"a.db", "a.db-wal", "a.db-shm"}
        assert set(found.values()) == {0o600}
    engine.dispose()


def test_enrolments(tmp_path: Path, opened: list[tuple[str, int]]) -> None:
    from server_stub.interface.notices import EnrolledCard

    template = template_folder()
    certificate = (template / "authentication_ca.der").read_bytes()
    enrolment = Enrolment("六甲翠", "0000100201", EnrolledCard(certificate, certificate))
    save_enrolment(enrolment, tmp_path / "enrolled.toml")
    assert modes(tmp_path)["enrolled.toml"] == 0o600
    assert opened and {mode for _, mode in opened} == {0o600}


def test_the_template_with_its_cards_and_databases() -> None:
    found = modes(template_folder())
    assert (found["."], found["cards"]) == (0o700, 0o700)
    secrets = [name for name in found if name.endswith((".db", ".json")) and name != "cards.json"]
    assert len(secrets) > 20
    assert {found[name] for name in secrets} == {0o600}


def test_a_file_is_written_over_without_ever_being_open(
    tmp_path: Path, opened: list[tuple[str, int]]
) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    paths.write_private(path, b"new")
    assert path.read_bytes() == b"new" and modes(tmp_path)["a"] == 0o600
    assert opened == [("a", 0o600)]
