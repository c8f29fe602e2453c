"""Planted defects of what is made against what was asked for: each with the centre's check out, which the terminal must notice, and
with the terminal's out as well, which whoever reads the paper must notice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

import kiosk_app.paper as terminal_paper
import server_stub.certificates.residence as residence
from server_stub.faults.box import FaultBox
from tests.planted.defect import Plant, defect
from tests.planted.papers import ALONE, APPLIED, HARU, MINAMI, NUMBER, ONE, SEAL, TAICHI, fronts_unread

COINS, PRINTED = "250円を入れる", "印刷が終わり、用紙を取る"
"""What a resident does next, who was told to pay; and what never comes, where more was to be paid."""
SEAL_APPLIED = "「印鑑登録証明書」を1部申し込む"


def struck(patch: pytest.MonkeyPatch, *names: str) -> None:
    """These named faults of the servers are on."""
    real = FaultBox.strikes
    patch.setattr(FaultBox, "strikes", lambda box, name: {} if name in names else real(box, name))


def fault(name: str) -> Plant:
    return lambda patch: struck(patch, name, "center.skip_binding")


def answered(**wanted: str) -> Plant:
    """The front is made as if this had been answered."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        real = residence.residence_front

        def made(people: Any, answers: Any, **named: Any) -> Any:
            return real(people, {**answers, **wanted}, **named)

        struck(patch, "center.skip_binding")
        patch.setattr(residence, "residence_front", made)

    return plant


def whole_household(patch: pytest.MonkeyPatch) -> None:
    """Everybody is on the paper, whoever was chosen."""
    real = residence.Residence.pick

    def pick(kind: Any, case: Any, request: Any) -> Any:
        return replace(real(kind, case, request), persons=kind._household(case))

    struck(patch, "center.skip_binding")
    patch.setattr(residence.Residence, "pick", pick)


def terminal_blind(patch: pytest.MonkeyPatch) -> None:
    """The terminal compares nothing with what was asked for, and reads no front."""
    patch.setattr(terminal_paper, "check_binding", lambda manifest, **known: None)
    fronts_unread(patch)


@dataclass(frozen=True)
class Wrong:
    """`stops` fails while the terminal looks, `seen` when it does not."""

    name: str
    harm: str
    scenario: str
    stops: str
    seen: str
    plant: Plant


WRONGS = (
    Wrong("印鑑登録証明書の申請に住民票の写しを作る", "頼んでいない世帯の情報が渡り、登記に使えない紙に払わされる。", SEAL, SEAL_APPLIED, TAICHI, fault("issuing.wrong_kind")),
    Wrong("住民票の写しの申請に印鑑登録証明書を作る", "頼んでいない実印の印影が提出先に渡る。", ALONE, APPLIED, HARU, fault("issuing.wrong_kind")),
    Wrong("記載しないとした続柄を印字する", "知られたくない家族の関係が提出先に伝わる。", ONE, COINS, MINAMI, answered(relationship="yes")),
    Wrong("記載しないとした本籍を印字する", "本籍が、それを求めてはならない提出先に伝わる。", ONE, COINS, MINAMI, answered(domicile="yes")),
    Wrong("記載しないとした個人番号を印字する", "個人番号が、受け取ってはならない提出先に渡る。", ONE, COINS, MINAMI, answered(my_number="yes")),
    Wrong("記載するとした個人番号を省略する", "使えない写しに手数料を払わされる。", NUMBER, COINS, MINAMI, answered(my_number="no")),
    Wrong("印字した個人番号を申告しない", "個人番号が、隠されないまま画面や記録に出る。", NUMBER, COINS, MINAMI, fault("issuing.hidden_number")),
    Wrong("記載項目をすべて逆に作る", "見せたくないことが載り、必要なことが載らない。", ALONE, APPLIED, HARU, fault("issuing.wrong_answers")),
    Wrong("一人だけの申請に世帯全員を載せる", "家族全員の情報が、求めていない提出先に渡る。", ONE, COINS, MINAMI, whole_household),
    Wrong("申請の倍の部数を作る", "頼んでいない一通の手数料まで払わされる。", ALONE, APPLIED, PRINTED, fault("issuing.wrong_copies")),
    Wrong("確認した額より五十円高い紙を作る", "確認画面と違う額を払わされる。", ALONE, APPLIED, PRINTED, fault("issuing.wrong_fee")),
    Wrong("よその市の名前で証明書を作る", "どこでも通用しない証明書に払わされる。", ALONE, APPLIED, HARU, fault("issuing.wrong_municipality")),
)  # fmt: skip


def both(first: Plant, second: Plant) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        first(patch)
        second(patch)

    return plant


def enter(wrong: Wrong) -> None:
    """Once with the centre blind, once with the terminal blind too."""
    ways = (
        ("センターは照合しない", wrong.stops, wrong.plant),
        ("センターも端末も照合しない", wrong.seen, both(wrong.plant, terminal_blind)),
    )
    for how, sentence, plant in ways:
        defect(f"{wrong.name}（{how}）", harm=wrong.harm, scenario=wrong.scenario, sentence=sentence)(plant)


for one in WRONGS:
    enter(one)


@defect(
    "印字した個人番号を申告しない（センターも端末も照合せず、端末は用紙を見る）",
    harm="個人番号が、隠されないまま画面や記録に出る。",
    scenario=NUMBER,
    sentence=COINS,
)
def only_the_binding_unchecked(patch: pytest.MonkeyPatch) -> None:
    """The terminal's own look at the sheet is left: it finds twelve digits that nobody declared."""
    fault("issuing.hidden_number")(patch)
    patch.setattr(terminal_paper, "check_binding", lambda manifest, **known: None)
