"""The table of the card's answers, one test a row."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import cards.applets
from cards.virtual import VirtualCard
from tests.cards.helper import powered

TABLE = tomllib.loads((Path(cards.applets.__file__).parent / "status_words.toml").read_text(encoding="utf-8"))
SOURCES = re.compile(r"^(facts \d|measured|JICSAP|ISO|unproven)")
FACTS = (Path(__file__).parents[2] / "docs" / "facts.md").read_text(encoding="utf-8")
COMMANDS = {
    0x20: "VERIFY", 0x24: "CHANGE PIN", 0x2A: "COMPUTE DIGITAL SIGNATURE", 0x32: "CHANGE PIN", 0x84: "GET CHALLENGE",
    0x88: "INTERNAL AUTHENTICATE", 0xA4: "SELECT", 0xB0: "READ BINARY", 0xB2: "READ RECORD", 0xC0: "GET RESPONSE",
    0xCA: "GET DATA", 0xFC: "80 FC 00 00",
}  # fmt: skip


def rows() -> list[Any]:
    found = []
    for group in TABLE["group"]:
        for number, row in enumerate(group["rows"], start=1):
            found.append(pytest.param(row, id=f"{group['name']} {number}: {row['send'][:20]} -> {row['sw']}"))
    return found


def fill(card: VirtualCard, text: str) -> bytes:
    def value(match: re.Match[str]) -> str:
        if match.group(1) == "byte":
            return "5A" * int(match.group(2))
        value = card.image.pin(match.group(1), int(match.group(2), 16)).value.encode()
        return f"{len(value):02X}{value.hex()}"

    return bytes.fromhex(re.sub(r"\{(\w+) (\w+)\}", value, text))


@pytest.mark.parametrize("row", rows())
def test_the_card_answers_as_the_table_says(row: dict[str, Any]) -> None:
    card = powered(row.get("card", "plain"))
    for name in row.get("given", "").split():
        if name == "off":
            card.power_off()
            card.power_on()
        elif name == "reset":
            card.reset()
        else:
            card.transmit(fill(card, TABLE["commands"][name]))
    answer = card.transmit(fill(card, row["send"]))
    assert answer[-2:].hex().upper() == row["sw"]
    if "length" in row:
        assert len(answer) - 2 == row["length"]


def sections() -> dict[str, str]:
    """The text of each numbered section by its number, its title first."""
    parts = re.split(r"^#{2,3} (\d+(?:\.\d+)?)\.? ", FACTS, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def unfounded(row: dict[str, Any]) -> str:
    """Why the facts do not say what the row takes from them; '' if they do.

    A refusal: a cited section has its status word. A success: it has the command by name; the list of
    applications has the very AID.
    """
    cited = re.findall(r"facts (\d+(?:\.\d+)?)", row["source"])
    known = sections()
    if strangers := [number for number in cited if number not in known]:
        return f"no section {strangers[0]}"
    text = "".join(known[number] for number in cited)
    sent, sw = row["send"].replace(" ", ""), row["sw"]
    if not cited:
        return ""
    if sw == "9000":
        said = COMMANDS[int(sent[2:4], 16)] in text
        if cited == ["1.1"]:
            said = sent[10:] in text.replace(" ", "")
    else:
        said = sw in text or (sw.startswith("63C") and "63Cx" in text)
    return "" if said else f"not in {', '.join(cited)}"


def test_every_fact_that_a_row_cites_stands_there() -> None:
    rows = [row for group in TABLE["group"] for row in group["rows"]]
    assert {row["source"]: told for row in rows if (told := unfounded(row))} == {}
    assert sum("facts" in row["source"] for row in rows) > 140


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"send": "00B0000000", "sw": "6982", "source": "facts 1.99"}, "no section 1.99"),
        ({"send": "00B0000000", "sw": "6982", "source": "facts 9"}, "no section 9"),
        ({"send": "00B0000000", "sw": "6FFF", "source": "facts 1.5"}, "not in 1.5"),
        ({"send": "00B2010400", "sw": "9000", "source": "facts 1.3"}, "not in 1.3"),
        ({"send": "00A4040C0AD392F000260100000077", "sw": "9000", "source": "facts 1.1"}, "not in 1.1"),
        ({"send": "00B0000000", "sw": "6982", "source": "facts 1.2"}, ""),
    ],
)
def test_a_citation_that_leads_nowhere_would_be_noticed(row: dict[str, str], told: str) -> None:
    assert unfounded(row) == told


def test_the_code_cites_sections_that_exist() -> None:
    known = sections()
    titles = {text.splitlines()[0] for text in known.values()}
    root = Path(__file__).parents[2]
    cited = set()
    for room in ("cards", "kiosk_app", "scenarios", "server_stub"):
        for path in (root / room).rglob("*.py"):
            cited |= set(re.findall(r'docs/facts\.md, "?([^)"]+)"?\)', path.read_text(encoding="utf-8")))
    assert {one for one in cited if one not in known and one not in titles} == set()
    assert len(cited) >= 5


def test_every_row_names_its_source() -> None:
    assert all(SOURCES.match(row["source"]) for group in TABLE["group"] for row in group["rows"])
    assert sum(len(group["rows"]) for group in TABLE["group"]) > 150
