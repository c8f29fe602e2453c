"""Host code pages: held against glibc's iconv, and against what is published of JEF and KEIS."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from server_stub.interface.failures import Failed
from server_stub.registry.importers.format_file import load_format
from server_stub.registry.importers.host_codes import NAMES, UNKNOWN, host_code, read_characters
from server_stub.registry.replica import Replica
from tests.registry import host_tables
from tests.registry.host_writer import jef
from tests.registry.own_town import LENGTHS, Town

IBM = ("ibm930", "ibm939", "ibm1390", "ibm1399")
_IN, _OUT = b"\x0e", b"\x0f"
_SPACE = "\u3000"


def by_iconv(name: str, fields: list[bytes]) -> list[str]:
    """Each field, with a line end behind it; '' for a code that iconv does not know."""
    done = subprocess.run(
        ["iconv", "-c", "-f", name.upper(), "-t", "UTF-8"],
        input=b"".join(one + b"\x25" for one in fields),
        capture_output=True,
        check=False,
    )
    return done.stdout.decode().split("\n")[:-1]


@pytest.mark.witness
@pytest.mark.skipif(not shutil.which("iconv"), reason="needs iconv of glibc")
@pytest.mark.parametrize("name", IBM)
def test_every_character_of_an_ibm_page_is_the_one_that_iconv_reads(name: str) -> None:
    codes = [bytes((a, b)) for a in range(0x41, 0xFF) for b in range(0x41, 0xFF)]
    pairs = dict(zip(codes, by_iconv(name, [_IN + one + _OUT for one in codes]), strict=True))
    ours = {one: host_code(name).decode(_IN + one + _OUT) for one in codes}
    known = {one: text for one, text in ours.items() if text != UNKNOWN}
    assert {one: pairs[one] for one in known} == known
    assert len(known) > 11_000  # 外字 among them
    missed = {
        one: text
        for one, text in pairs.items()
        if text.isprintable() and text and one not in known and not is_private(text)
    }
    assert missed == {}
    page = [bytes((a,)) for a in range(0x40, 0xFF)]
    ours = {one: host_code(name).decode(one) for one in page}
    theirs = dict(zip(page, by_iconv(name, page), strict=True))
    assert all(text in (theirs[one], UNKNOWN) for one, text in ours.items())
    assert [one for one, text in ours.items() if text == UNKNOWN and theirs[one].isprintable() and theirs[one]] in (
        [], [b"\xe1"],  # the euro sign, which 1390 and 1399 have there
    )  # fmt: skip


def is_private(text: str) -> bool:
    return any(0xE000 <= ord(char) <= 0xF8FF for char in text)


@pytest.mark.witness
@pytest.mark.skipif(not shutil.which("uconv"), reason="needs uconv of ICU")
@pytest.mark.parametrize(("name", "source"), host_tables.TABLES.items())
def test_the_tables_are_what_icu_knows(name: str, source: tuple[str, int]) -> None:
    kept = (host_tables.FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert kept == host_tables.table(*source)


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        # published by jef4j for its own decoders
        ("jef-ebcdik", "81 28 A4A2 29 82 28 B3A4 29 83", "ｱあｲ海ｳ"),
        ("jef-ebcdic", "81 28 A4A2 29 82 28 B3A4 29 83", "aあb海c"),
        ("jef-ebcdic", "28 BEE6 29", "丈"),
        ("jef-ebcdic", "28 80A1 80FE 96A1 96FE A0A1 A0FE 29", "\ue000\ue05d\ue814\ue871\uebc0\uec1d"),
        ("keis83-ebcdik", "81 0A42 A4A2 0A41 82", "ｱあｲ"),
        ("keis83-ebcdik", "0A42 4040 0A41", _SPACE),
        # the other sizes of type, and both wide spaces
        ("jef-ebcdic", "38 A4A2 29 30E2 A4A4 29", "あい"),
        ("jef-ebcdic", "28 4040 A1A1 29", _SPACE + _SPACE),
        ("keis83-ebcdik", "0A42 81A1 A0FE 0A41", "\ue000\uebbf"),
        ("ibm930", "0E 6941 6942 69FE 6A41 0F", "\ue000\ue001\ue0bd\ue0be"),
        # figures
        ("jef-ebcdik", "F0F1F2F3F4F5F6F7F8F9 C1 E9 60 4B", "0123456789AZ-."),
        # JIS C 6226-1978 has these the other way round, and the old shapes at the later places of the new ones
        ("jef-ebcdic", "28 B0B3 F2CD 29", "鰺鯵"),
        ("keis78-ebcdic", "0A42 DBD8 C9B0 0A41", "桧檜"),
        ("keis83-ebcdic", "0A42 DBD8 C9B0 0A41", "檜桧"),
        ("jef-ebcdic", "28 CBEA CDDA B6C6 29", "槇遙堯"),
        ("keis83-ebcdic", "0A42 CBEA CDDA B6C6 0A41", "槙遥尭"),
    ],
)
def test_published_codes(name: str, code: str, text: str) -> None:
    assert host_code(name).decode(bytes.fromhex(code)) == text


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("jef-ebcdic", "28 41A5 29"),  # the extension, which needs a table
        ("jef-ebcdic", "28 A4 29"),  # half a character
        ("jef-ebcdic", "28 A4A2"),  # no shift back: what follows would be read in the wrong state
        ("jef-ebcdic", "28 F4A1 29"),  # 堯 of 1983
        ("jef-ebcdic", "4A"),  # £ or [
        ("jef-ebcdic", "29"),
        ("keis78-ebcdik", "0A41"),
        ("ibm930", "0E 4141"),
        ("ibm930", "0E FEFE 0F"),
    ],
)
def test_what_has_no_character_is_said_to_have_none(name: str, code: str) -> None:
    assert UNKNOWN in host_code(name).decode(bytes.fromhex(code))


def test_every_page_begins_each_field_in_one_byte_characters() -> None:
    for name in NAMES:
        decode = host_code(name).decode
        decode(b"\x28\x0e\x0a\x42\xa4\xa2")
        assert decode(b"\xf1\xf2") == "12"


def test_a_wide_field_has_no_shift_codes() -> None:
    decode = host_code("jef-ebcdik").decode
    assert decode(bytes.fromhex("A4A2 4040 28A4"), wide=True) == f"あ{_SPACE}{UNKNOWN}"
    assert decode(bytes.fromhex("A4A2 A4"), wide=True) == f"あ{UNKNOWN}"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "外字.csv"


def test_a_table_of_characters_goes_before_what_the_page_has(table: Path) -> None:
    table.write_text(
        "コード,文字,備考\n80A1,U+9089 U+E0105,辺の異体字\n41A5,U+4E08\n4A,U+005B\nC4D4,U+8FBB U+E0101\nU+E001,U+10F001\n",
        encoding="utf-8",
    )
    own = read_characters(table)
    text = host_code("jef-ebcdic").decode(bytes.fromhex("4A 28 80A1 41A5 C4D4 80A2 29"), own=own.codes)
    assert own.apply(text) == "[\u9089\U000e0105丈辻\U000e0101\U0010f001"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ("符号,文字\n", "1行目に列 コード,文字"),
        ("コード,文字\n80A1,邊\n", "2行目の文字"),
        ("コード,文字\n80A1,U+D800\n", "2行目の文字"),
        ("コード,文字\n80A1,U+4E00\n80a2,U+4E00\n", "3行目のコード"),
        ("コード,文字\n80A1,U+4E00\n80A1,U+4E01\n", "3行目のコードに、ほかの行と重ならない値"),
        ("コード,文字\n80A1\n", "2行目の文字"),
        ("コード,文字\n80A1,U+9089 U+908A\n", "2行目の文字に、1つの文字"),
        ("コード,文字\n80A1,U+E0100\n", "2行目の文字に、1つの文字"),
        ("コード,文字\n80A1,U+3013\n", "2行目の文字に、1つの文字"),
        ("コード,文字\nU+E001,U+200B\n", "2行目の文字に、1つの文字"),
        ("コード,文字\n80A1,U+" + "0" * 200_000 + "\n", "CSV の行"),
    ],
)
def test_a_wrong_row_of_the_table_is_named(table: Path, rows: str, told: str) -> None:
    table.write_text(rows, encoding="utf-8")
    with pytest.raises(ValueError, match=told):
        read_characters(table)


# --- a whole delivery of a host --------------------------------------------------------------------------------------------


@pytest.fixture
def host_town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Records of fixed length without line ends; a character needs its shift codes, so some fields are longer."""
    monkeypatch.setitem(LENGTHS, "性", 4)
    town = Town(tmp_path / "town", "fixed", "jef-ebcdic", ends="")
    for column in ("氏名", "主", "筆頭"):
        town.rows[2][column] = "高橋　三"
    town.write()
    return town


def test_a_delivery_of_a_host_is_read(host_town: Town, url: str, replica: Replica) -> None:
    assert host_town.load(url).set_aside == ()
    with replica.open_generation() as reader:
        assert [one.name for one in reader.household("H0000001")] == ["足利　一", "足利　二"]


def test_a_shift_state_ends_with_its_field(host_town: Town, url: str, replica: Replica) -> None:
    """The name of the second person has no shift code back: it is unreadable, and the field behind it, in one-byte characters, is not."""
    path = host_town.delivery / host_town.file
    raw = bytearray(path.read_bytes())
    at = sum(LENGTHS.values()) + sum(
        length for name, length in list(LENGTHS.items())[: list(LENGTHS).index("氏名")]
    )
    name = raw[at : at + 20]
    assert name.rstrip(b"\x40")[-1:] == b"\x29"
    raw[at : at + 20] = name.replace(b"\x29", b"\x40")
    path.write_bytes(raw)
    assert [(one.line, one.column) for one in host_town.load(url).set_aside] == [(2, "氏名")]
    with replica.open_generation() as reader:
        assert [one.key for one in reader.household("H0000001")] == ["00000001"]


def test_a_code_without_a_character_sets_its_person_aside_until_the_table_names_it(
    host_town: Town, url: str, replica: Replica
) -> None:
    path = host_town.delivery / host_town.file
    path.write_bytes(
        path.read_bytes().replace(jef("足利　二", 20, {}), jef("足字　二", 20, {"字": b"\x41\xa5"}))
    )
    assert [(one.line, one.column) for one in host_town.load(url).set_aside] == [(2, "氏名")]
    (host_town.formats / "外字.csv").write_text("コード,文字\n41A5,U+10F001\n", encoding="utf-8")
    format_ = host_town.formats / "full.toml"
    format_.write_text(
        format_.read_text(encoding="utf-8").replace(
            'encoding = "jef-ebcdic"', 'encoding = "jef-ebcdic"\ncharacters = "外字.csv"'
        ),
        encoding="utf-8",
    )
    assert host_town.load(url).set_aside == ()
    with replica.open_generation() as reader:
        second = reader.person("00000002")
        assert second is not None and second.name == "足\U0010f001　二"


@pytest.mark.parametrize(
    ("before", "after", "field"),
    [
        ('container = "fixed"', 'container = "csv"', "file[1].encoding"),
        ("length = 1 }", "length = 1, wide = true }", "file[1].fields"),
        ('encoding = "jef-ebcdic"', 'encoding = "utf-8"\ncharacters = "ない.csv"', "file[1].characters"),
    ],
)
def test_a_format_of_a_host_that_cannot_be_is_refused(
    host_town: Town, before: str, after: str, field: str
) -> None:
    path = host_town.formats / "full.toml"
    text = path.read_text(encoding="utf-8").replace(before, after)
    if "wide" in after:
        text = text.replace("jef-ebcdic", "cp932")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Failed) as caught:
        load_format(path)
    assert caught.value.facts["field"] == field
