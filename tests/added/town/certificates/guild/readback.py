"""What must stand on the two certificates of the guild, for the reader of papers. It shares nothing with the kind itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.readback.form import Block
from tests.readback.kinds.kind import OMITTED, Answers, Expected, Wanted
from tests.readback.register import Records
from tests.readback.side import WrongPaper

QUESTION, NAME_ONLY, WITH_SHOP = "業種", "業種のみ記載する", "業種と屋号を記載する"


@dataclass(frozen=True)
class GuildKind:
    code: str
    title: str

    def expected(
        self,
        records: Records,
        subjects: Sequence[str],
        answers: Answers,
        day: date,
        service: Mapping[str, Any],
    ) -> Expected:
        """In the order of the register."""
        rows = [row for row in records.others["guild"] if row["person"] in subjects]
        if {row["person"] for row in rows} != set(subjects) or len({row["group"] for row in rows}) != 1:
            raise WrongPaper(
                f"{subjects} are not of one guild",
                expected="文に挙げた人が同じ組合の組合員であること",
                found="組合員名簿では、そうではなかった",
            )
        return Expected(
            blocks=tuple(Wanted(row["person"], _cells(row, answers.get(QUESTION, ""))) for row in rows),
            attestation=service["attestation"],
            most_sheets=1,
        )

    def answers_shown(self, blocks: Sequence[Block], service: Mapping[str, Any]) -> dict[str, str]:
        shown = set()
        for block in blocks:
            trade, shop = ("".join(block.cells[label].lines) for label in ("業種", "屋号"))
            if (trade, shop) == ("", ""):  # who has no trade is asked nothing
                continue
            shown.add("omitted" if trade == OMITTED else "name_only" if shop == OMITTED else "with_shop")
        return {"trade": shown.pop()} if len(shown) == 1 else {}


def _cells(row: Mapping[str, Any], answer: str) -> dict[str, str]:
    """An item that the register has not is blank, one that was not asked for reads 【省略】."""
    trade, shop = str(row.get("trade", "")), str(row.get("shop", ""))
    shown, with_shop = answer in (NAME_ONLY, WITH_SHOP), answer == WITH_SHOP
    return {
        "氏名": str(row["name"]),
        "加入年月日": row["joined"].japanese,
        "業種": trade if shown or not trade else OMITTED,
        "屋号": shop if with_shop or not shop else OMITTED,
    }


KINDS = (GuildKind("guild_all", "組合員証明書（全員）"), GuildKind("guild_member", "組合員証明書（個人）"))
