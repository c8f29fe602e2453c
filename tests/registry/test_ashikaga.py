"""足利市's files are what their maker says, and its formats read them; its font is used for paper and screen."""

from __future__ import annotations

import json
import shutil
import unicodedata
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from kiosk_app.screens import names
from scenarios.towns import fonts_of, load_town, load_towns, shipped_town
from server_stub.certificates.family_register.register import FAMILY_REGISTER, FamilyRegisterBody
from server_stub.db import sqlite_url
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.paper.fonts import check_printable
from server_stub.paper.typesetting import check_texts
from server_stub.registry.importers.format_file import load_format
from server_stub.registry.replica import Replica
from tests.registry import make_ashikaga as made
from tests.registry.helper import write_notices

TOMITA, KIM, TSUJI, YAMA = "09202002", "0920200401", "0920200301", "0920200500"


@pytest.fixture
def clock() -> Clock:
    return Clock(STAGE_START)


@pytest.fixture
def loaded(url: str, tmp_path: Path, clock: Clock) -> str:
    """The URL of a replica with the shipped delivery."""
    notices = tmp_path / "発行通知.csv"
    write_notices(notices, [])
    assert load_town(made.TOWN).load(url, notices, clock, Trace(clock)).set_aside == ()
    return url


def test_the_files_in_the_repository_are_what_is_made() -> None:
    for name, content in made.files().items():
        assert (made.TOWN / name).read_bytes() == content, f"{name}: python -m tests.registry.make_ashikaga"


@pytest.mark.parametrize("name", ["full.toml", "differential.toml", "tax_online.toml"])
def test_the_formats_have_no_column_that_nobody_reads(name: str) -> None:
    for file in load_format(made.TOWN / "deliveries" / name).file:
        read = {column for source in file.to.values() for column, _ in source.columns()}
        assert read == set(file.cells())


def test_everybody_is_in_their_newest_state(loaded: str) -> None:
    replica = Replica(loaded)
    with replica.open_generation() as reader:
        tsuji = reader.person(TSUJI)
        assert tsuji is not None
        assert (tsuji.name, tsuji.status.value, tsuji.moves_on) == ("辻\U000e0103　千草", "resident", None)
        assert [one.name for one in reader.household(YAMA)] == ["山\U0010f002　遙", "渡邉\U000e0118　竜"]
        assert len(reader.household("0920200100")) == 7
        assert reader.restriction(f"{TOMITA}02", date(2026, 6, 3)) is not None
    replica.close()


def test_the_family_register_has_the_residents_as_the_host_has_them(loaded: str) -> None:
    """Two systems, each with codes of its own for the city's characters: name, 本籍, 筆頭者, birth and sex agree."""
    replica = Replica(loaded)
    with replica.open_generation() as reader:
        links = list(reader.records("family_link"))
        for link in links:
            person = reader.person(link.person)
            record = reader.record(FAMILY_REGISTER, link.group)
            assert person is not None and record is not None
            register = FamilyRegisterBody.model_validate(record.body)
            own = register.member(int(link.body["member"]))
            assert own is not None
            assert [register.head.surname, own.name] == person.name.split("　"), link.person
            assert (register.domicile, register.head.text) == (person.domicile, person.domicile_head)
            assert unicodedata.normalize("NFKC", own.birth) == person.birth.words
            assert link.body["sex"] == person.sex.name.lower()
        homes = {link.person for link in links}
        everybody = [row["宛名番号"] for row in made.states() if row["本籍"].startswith("栃木県足利市")]
        # the dead and whoever never came have no link
        assert homes == {*everybody} - {"0920200503", "0920200504"}
        told = json.dumps([one.body for one in reader.records(FAMILY_REGISTER)], ensure_ascii=False)
        assert all(own in told for own in made.HOST)
        assert not any("\ue000" <= char <= "\uf8ff" for char in told)
    replica.close()


def test_the_differential_format_goes_on_from_there(loaded: str, tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "changes"
    folder.mkdir()
    rows = list(made.changed())
    (folder / "JUKISA.DAT").write_bytes(made.people_file(iter(rows), made.CHANGED_FIELDS))
    made_at = "2026-06-03T09:00:00+09:00"
    (folder / "sabun.csv").write_text(
        f"市区町村,作成日時,ファイル,件数,基準日時\n{made.CODE},{made_at},JUKISA.DAT,{len(rows)},{made.BASE}\n",
        encoding="utf-8",
    )
    notices = tmp_path / "発行通知.csv"
    assert load_town(made.TOWN).load(loaded, notices, clock, Trace(clock), folder).set_aside == ()
    replica = Replica(loaded)
    with replica.open_generation() as reader:
        kim = reader.person(KIM)
        assert kim is not None and kim.address == "栃木県足利市見本町二丁目２番地"
        assert [one.name[-1] for one in reader.household("0920200200")] == ["研", "糸", "綾"]
    replica.close()


def test_the_tax_host_tells_by_day_what_it_has_changed(loaded: str, tmp_path: Path, clock: Clock) -> None:
    """Residents and seals stay as the night brought them."""
    folder = tmp_path / "changes"
    folder.mkdir()
    rows = list(made.taxes_changed())
    (folder / "ZEISA.DAT").write_bytes(made.tax_file(rows, made.TAX_CHANGED_FIELDS))
    made_at = "2026-06-03T09:00:00+09:00"
    (folder / "zeisabun.csv").write_text(
        f"市区町村,作成日時,ファイル,件数,基準日時\n{made.CODE},{made_at},ZEISA.DAT,{len(rows)},{made.BASE}\n",
        encoding="utf-8",
    )
    replica = Replica(loaded)
    with replica.open_generation() as reader:
        (before,) = reader.records("tax_record", person=KIM)
    notices = tmp_path / "発行通知.csv"
    assert load_town(made.TOWN).load(loaded, notices, clock, Trace(clock), folder).set_aside == ()
    with replica.open_generation() as reader:
        (after,) = reader.records("tax_record", person=KIM)
        assert len(list(reader.records("tax_record"))) == len(made.TAXES)
        assert len(reader.household("0920200100")) == 7
    assert (before.body["declaration"], before.body["salary"]) == ("unfiled", None)
    assert (after.body["declaration"], after.body["salary"]) == ("filed", 250_000)
    replica.close()


def test_without_its_table_the_host_text_sets_its_people_aside(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "ashikaga"
    shutil.copytree(made.TOWN, folder)
    table = folder / "deliveries" / "gaiji.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text(
        "\n".join(line for line in lines if not line.startswith("67A5")) + "\n", encoding="utf-8"
    )
    notices = tmp_path / "発行通知.csv"
    write_notices(notices, [])
    told = load_town(folder).load(sqlite_url(tmp_path / "r.db"), notices, clock, Trace(clock)).set_aside
    assert {(one.file, one.column) for one in told} == {("JUKI.DAT", "氏名")}


# --- the font -------------------------------------------------------------------------------------------------------------------


def test_own_characters_are_printable_with_the_towns_font_alone() -> None:
    issuer = load_town(made.TOWN).municipality.issuer
    text = f"{made.TOMI}田　{made.HANI}子"
    check_texts({"name": text}, issuer.fonts)
    with pytest.raises(Failed) as caught:
        check_texts({"name": text})
    assert caught.value.facts["characters"] == ["U+10F001", "U+10F003"]
    with pytest.raises(Failed) as caught:
        check_texts({"name": "\U0010f0ff田"}, issuer.fonts)
    assert caught.value.facts["characters"] == ["U+10F0FF"]


@pytest.mark.parametrize("text", ["〓田", "山■", "⿰山竒", "氏名�"])
def test_a_stand_in_is_printed_on_no_paper(text: str) -> None:
    """Fonts have them."""
    with pytest.raises(Failed) as caught:
        check_printable(text, fonts=load_town(made.TOWN).municipality.issuer.fonts)
    assert caught.value.failure == "Character_Not_Printable"


@pytest.mark.parametrize(
    "content",
    [None, b"", b"no font", b"\x00\x01\x00\x00" + b"\x00" * 60],
    ids=["not there", "empty", "a text", "no tables"],
)
def test_a_font_that_is_none_is_a_wrong_setting(tmp_path: Path, content: bytes | None) -> None:
    folder = tmp_path / "ashikaga"
    shutil.copytree(made.TOWN, folder)
    (folder / "ashikaga_gaiji.ttf").unlink()
    if content is not None:
        (folder / "ashikaga_gaiji.ttf").write_bytes(content)
    with pytest.raises(Failed) as caught:
        load_town(folder)
    assert (caught.value.failure, caught.value.facts["field"]) == ("Settings_Wrong", "fonts[1]")


def test_two_towns_of_one_stage_do_not_draw_one_code_point_in_two_shapes(tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(made.TOWN, folder)
    for name, before, after in (
        ("municipality.toml", '"09202"', '"09999"'),
        ("cards.toml", "のカード", "の別のカード"),
        ("cards.toml", '"09202', '"09999'),
    ):
        path = folder / name
        path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    assert len(fonts_of(load_towns([made.TOWN, folder]))) == 1  # the same font
    strokes = dict(zip(made.STROKES, reversed(made.STROKES.values()), strict=True))
    (folder / "ashikaga_gaiji.ttf").write_bytes(made.font_bytes(strokes))
    load_towns.__globals__["_loaded"].cache_clear()
    with pytest.raises(Failed, match=r"U\+10F001"):
        load_towns([made.TOWN, folder])


def test_the_terminal_draws_own_characters_in_the_towns_font(qapp: QApplication) -> None:
    files = fonts_of(load_towns([shipped_town("ashikaga")]))
    assert names.needs_register_face([f"{made.TOMI}田　研"])
    try:
        names.use_fonts([])
        missing = names.outline(made.TOMI)
        names.use_fonts(files)
        drawn = names.outline(made.TOMI)
        assert [Path(file).name for file, _ in names.runs(f"渡{made.TOMI}邉\U000e0118")] == [
            names.register_font().name, "ashikaga_gaiji.ttf", names.register_font().name,  # type: ignore[union-attr]
        ]  # fmt: skip
    finally:
        names.use_fonts([])
    assert drawn != missing and drawn[1] == pytest.approx(1.0)
    assert drawn[0].boundingRect().width() > 0.5
