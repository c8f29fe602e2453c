from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

from server_stub.interface import font_files
from server_stub.interface.failures import Failed
from server_stub.interface.font_files import MINCHO, font_file
from server_stub.paper.fonts import Coverage, check_printable, coverage
from tests.paper import samples


def refused(text: str) -> list[str]:
    with pytest.raises(Failed) as caught:
        check_printable(text)
    assert caught.value.failure == "Character_Not_Printable"
    characters: list[str] = caught.value.facts["characters"]
    return characters


@pytest.mark.parametrize(
    "text",
    [samples.PLAIN_NAME, samples.IVS_NAME, samples.RARE_NAME, "MIHON Álvaro", "髙﨑　𠮟", "令和8年【省略】"],
)
def test_what_the_font_has_passes(text: str) -> None:
    check_printable(text)


def test_a_variant_that_the_font_lacks_is_refused_by_base_and_selector() -> None:
    assert refused(samples.UNKNOWN_VARIANT) == ["U+9089 U+E0103"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("見\U0003fffd本", "U+3FFFD"),
        ("\U000e0101見本", "U+E0101"),
        ("邉\U000e0110\U000e0110", "U+E0110"),
        ("見\ufe0f本", "U+898B U+FE0F"),
        ("見\n本", "U+000A"),
        ("見\u200b本", "U+200B"),
        ("見\uf860本", "U+F860"),
        ("見\ud842本", "U+D842"),
    ],
    ids=[
        "unassigned",
        "selector first",
        "two selectors",
        "emoji selector",
        "newline",
        "invisible",
        "blank",
        "half a pair",
    ],
)
def test_what_would_be_drawn_as_a_box_or_as_nothing_is_refused(text: str, named: str) -> None:
    assert refused(text) == [named]


def test_the_refusal_names_code_points_once_and_never_the_name() -> None:
    with pytest.raises(Failed) as caught:
        check_printable("見本　\U0003fffd\U0003fffd太郎")
    assert caught.value.facts == {"characters": ["U+3FFFD"]}
    assert "見" not in str(caught.value)


@pytest.mark.witness
def test_every_character_and_every_variant_is_read_as_fonttools_reads_it() -> None:
    ours = coverage(MINCHO)
    with TTFont(font_file(MINCHO), lazy=True) as font:
        number = font.getReverseGlyphMap()
        plain = font.getBestCmap()
        assert all(ours.glyph(code) == number[name] for code, name in plain.items())
        variants = next(table for table in font["cmap"].tables if table.format == 14).uvsDict
        assert sum(map(len, variants.values())) > 10_000
        for selector, pairs in variants.items():
            for base, name in pairs:
                assert ours.glyph(base, selector) == number[name or plain[base]]


@pytest.fixture
def small_font(tmp_path: Path) -> Path:
    """A font of 見 and 辺 only, in cmap format 4, where 辺 U+E0100 is the default form and U+E0101 another."""
    variants = [(0x8FBA, 0xE0100, None), (0x8FBA, 0xE0101, "b.other")]
    return made_font(tmp_path, {0x898B: "a", 0x8FBA: "b"}, variants)


def made_font(
    folder: Path,
    characters: dict[int, str],
    variants: list[tuple[int, int, str | None]] | None = None,
    empty: tuple[str, ...] = (),
) -> Path:
    """Make a font whose glyphs are a triangle, or nothing."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 0))
    pen.lineTo((0, 500))
    pen.closePath()
    shape = pen.glyph()
    builder = FontBuilder(1000)
    names = [".notdef", "a", "b", "b.other"]
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap(characters, uvs=variants)
    builder.setupGlyf({name: TTGlyphPen(None).glyph() if name in empty else shape for name in names})
    builder.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
    builder.setupHorizontalHeader()
    builder.setupPost()
    path = folder / "small.ttf"
    stream = io.BytesIO()
    builder.save(stream)
    path.write_bytes(stream.getvalue())
    return path


def test_default_and_other_variants_of_a_format_4_font(small_font: Path) -> None:
    small = Coverage(small_font)
    assert small.glyph(0x8FBA, 0xE0100) == small.glyph(0x8FBA) == 2
    assert small.glyph(0x8FBA, 0xE0101) == 3
    assert small.missing("見辺\U000e0100辺\U000e0101") == []
    assert small.missing("見\U000e0100本") == ["U+898B U+E0100", "U+672C"]


def test_what_a_font_was_asked_before_hides_nothing_that_it_lacks(small_font: Path) -> None:
    small = Coverage(small_font)
    for _ in range(2):
        assert small.missing("見辺見辺") == []
        assert small.missing("見辺\U000e0101") == []
        assert small.missing("辺見\U000e0100") == ["U+898B U+E0100"]
        assert small.missing("\U000e0101見") == ["U+E0101"]
        assert small.missing("見本辺") == ["U+672C"]


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\ufeff", "\u3164", "\u2028", "\u00ad", "\u0007"])
def test_what_nobody_sees_is_refused_whatever_a_font_draws_for_it(tmp_path: Path, hidden: str) -> None:
    """A font may have a shape for a sign that turns the direction of what follows."""
    font = made_font(tmp_path, {0x898B: "a", ord(hidden): "b"})
    with pytest.raises(Failed) as caught:
        check_printable(f"見{hidden}見", fonts=[font])
    assert caught.value.facts["characters"] == [f"U+{ord(hidden):04X}"]


def test_a_glyph_without_an_outline_is_none(tmp_path: Path) -> None:
    font = made_font(tmp_path, {0x898B: "a", 0x10F001: "b"}, empty=("b",))
    with pytest.raises(Failed, match="Character_Not_Printable"):
        check_printable("\U0010f001", fonts=[font])


@pytest.fixture
def no_font_known() -> Iterator[None]:
    font_file.cache_clear()
    yield
    font_file.cache_clear()


def test_a_missing_font_is_named(
    no_font_known: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONBINI_FONTS", str(tmp_path))
    with pytest.raises(Failed) as caught:
        font_file(MINCHO)
    assert (caught.value.failure, caught.value.facts) == ("Font_Missing", {"font": "IPAmjMincho"})


def test_configured_folders_are_searched_below(
    no_font_known: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "a" / "b" / "ipamjm.ttf"
    here.parent.mkdir(parents=True)
    here.touch()
    monkeypatch.setenv("KONBINI_FONTS", str(tmp_path))
    assert font_file(MINCHO) == here


def test_fontconfig_finds_what_lies_elsewhere_and_its_substitutes_do_not_count(
    no_font_known: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KONBINI_FONTS", raising=False)
    monkeypatch.setattr(font_files, "_FOLDERS", ())
    assert font_file(MINCHO).name == "ipamjm.ttf"
    monkeypatch.setitem(font_files._FILES, "No Such Font", "no-such.ttf")
    with pytest.raises(Failed, match="Font_Missing"):
        font_file("No Such Font")


def test_a_file_that_is_no_font_is_named(tmp_path: Path) -> None:
    (tmp_path / "torn.ttf").write_bytes(font_file(MINCHO).read_bytes()[:2000])
    with pytest.raises(Failed) as caught:
        Coverage(tmp_path / "torn.ttf")
    assert (caught.value.failure, caught.value.facts) == ("Font_Missing", {"font": "torn.ttf"})
