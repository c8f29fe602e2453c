"""A kind that is added from a folder of its own is read like those that come with the reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from tests.readback.form import Block
from tests.readback.kinds import kind, kind_titled, register, titles
from tests.readback.kinds.kind import Answers, Expected, Wanted
from tests.readback.register import Records
from tests.readback.side import WrongPaper


class TwoLines:
    code, title = "two_lines", "二行証明書"

    def expected(
        self,
        records: Records,
        subjects: Sequence[str],
        answers: Answers,
        day: date,
        service: Mapping[str, Any],
    ) -> Expected:
        cells = {"年度": answers["年度"], "氏名": str(records.others["two_lines"][0]["name"])}
        return Expected((Wanted(subjects[0], cells),), service["attestation"], most_sheets=1)

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        return {"year": "".join(blocks[0].cells["年度"].lines)}


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(kind, "_kinds", dict(kind._kinds))
    yield


def test_an_added_kind_is_found_by_its_title_and_tells_what_it_expects() -> None:
    added = TwoLines()
    register(added)
    assert kind_titled("二行証明書") is added
    records = Records({}, {}, {"two_lines": ({"key": "1", "name": "見本　太郎"},)})
    expected = added.expected(
        records, ["1"], {"年度": "2025"}, date(2026, 6, 3), {"attestation": "証明する。"}
    )
    assert expected.blocks[0].cells == {"年度": "2025", "氏名": "見本　太郎"}


def test_an_unknown_title_is_told_with_those_that_there_are() -> None:
    with pytest.raises(WrongPaper) as caught:
        kind_titled("二行証明書")
    assert all(title in caught.value.expected for title in titles())


@pytest.mark.parametrize(("code", "title"), [("residence", "ほか"), ("other", "住民票の写し")])
def test_two_kinds_of_one_code_or_one_title_are_refused(
    code: str, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TwoLines, "code", code)
    monkeypatch.setattr(TwoLines, "title", title)
    with pytest.raises(ValueError, match="two kinds"):
        register(TwoLines())
