"""Faults that no shipped scenario meets: each is planted where the test of that rule must notice it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import server_stub.center.retelling as retelling
import server_stub.certificates.address_history as address_history
import server_stub.certificates.address_history.records as records
import server_stub.certificates.family_register as family_register
import server_stub.interface.front as fronts
import server_stub.issuing.restoration as restoration
import server_stub.municipalities.changes as changes
import server_stub.registry.importers.delivery as importing
import server_stub.registry.importers.generation as generation
import server_stub.registry.importers.restriction_record as restriction_record
import server_stub.registry.importers.seal_register as seal_register
from server_stub.certificates.domicile import FAMILY_LINK, FamilyLink, Membership
from tests.center import test_retelling
from tests.center.conftest import _world  # noqa: F401
from tests.center.conftest import world as center_world  # noqa: F401
from tests.certificates import test_address_history, test_family_register
from tests.certificates.test_address_history import hall as address_hall  # noqa: F401
from tests.certificates.test_family_register import hall as register_hall  # noqa: F401
from tests.issuing import test_restoration
from tests.planted.defect import Plant
from tests.registry import (
    test_bases,
    test_differential,
    test_hostile_deliveries,
    test_odd_settings,
    test_restrictions,
)
from tests.registry.conftest import delivery, replica, url  # noqa: F401
from tests.registry.test_differential import town as differential_town  # noqa: F401


@dataclass(frozen=True)
class Unplayed:
    """`test`: which must fail. `fixtures`: its argument -> the fixture of this module; `told`: its other arguments."""

    name: str
    harm: str
    test: Callable[..., None]
    fixtures: Mapping[str, str]
    told: Mapping[str, Any]
    plant: Plant


_unplayed: list[Unplayed] = []


def unplayed(
    name: str, /, *, harm: str, test: Callable[..., None], fixtures: Mapping[str, str], **told: Any
) -> Callable[[Plant], Plant]:
    def enter(plant: Plant) -> Plant:
        _unplayed.append(Unplayed(name, harm, test, fixtures, told, plant))
        return plant

    return enter


ONE_RESTORATION: dict[str, Any] = {
    "seed": 1,
    "before": [1],
    "after": [2],
    "again": [2],
    "tries": 1,
    "restorations": 1,
}


@unplayed(
    "復元した台帳が、失われた台帳と同じ乱数の続きから発行番号を作る",
    harm="二枚の証明書が同じ発行番号を持ち、どちらが本物か言えなくなる。",
    test=test_restoration.test_no_number_that_was_ever_drawn_is_drawn_by_a_restored_ledger.hypothesis.inner_test,  # type: ignore[attr-defined]
    fixtures={},
    form=test_restoration.FORMS[0],
    **ONE_RESTORATION,
)
def numbers_without_a_mark(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(restoration.Restoration, "mark", lambda own, municipality: "")


@unplayed(
    "復元した台帳の通し番号が、バックアップの番号から続く",
    harm="二枚の証明書が同じ発行番号を持ち、どちらが本物か言えなくなる。",
    test=test_restoration.test_no_number_that_was_ever_drawn_is_drawn_by_a_restored_ledger.hypothesis.inner_test,  # type: ignore[attr-defined]
    fixtures={},
    form=test_restoration.FORMS[2],
    **ONE_RESTORATION,
)
def counts_go_on_from_the_backup(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(restoration, "_go_on_above", lambda *told, **more: None)


@unplayed(
    "センターが、領収の報告を伝え直さない",
    harm="住民が払った手数料が、市の台帳から消える。",
    test=test_retelling.test_everything_since_the_backup_is_told_byte_for_byte,
    fixtures={"world": "center_world"},
)
def reports_not_told(patch: pytest.MonkeyPatch) -> None:
    real = retelling._told
    patch.setattr(retelling, "_told", lambda row, reports: real(row, ()))


@unplayed(
    "センターが、バックアップの前に受け付けた申請のその後を伝え直さない",
    harm="用紙が渡った申請が、市の台帳では未精算のまま残る。",
    test=test_retelling.test_what_was_received_before_the_backup_and_settled_after_it_is_told,
    fixtures={"world": "center_world"},
)
def only_what_was_received_since(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(retelling, "or_", lambda first, *others: first)


@unplayed(
    "避難した母と暮らす子のいる戸籍の附票を、父に交付する",
    harm="子の住所の欄から、逃れてきた母の住所が相手に知られる。",
    test=test_address_history.test_nobody_gets_it_while_somebody_under_a_measure_lives_with_one_of_the_register,
    fixtures={"hall": "address_hall"},
)
def a_childs_address_told(patch: pytest.MonkeyPatch) -> None:
    def of_the_register_alone(case: Any, history: Any) -> bool:
        return case.group_restricted(FAMILY_LINK, history.register) or case.group_restricted(
            records.MEMBERS, history.register
        )

    patch.setattr(address_history, "anybody_is_protected", of_the_register_alone)


@unplayed(
    "戸籍から抜けた、支援措置の対象者のいた附票を交付する",
    harm="離婚した相手に、除籍の前の最後の住所が知られる。",
    test=test_address_history.test_whom_the_register_has_lost_is_protected_as_well,
    fixtures={"hall": "address_hall"},
)
def who_was_lost_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        address_history,
        "anybody_is_protected",
        lambda case, history: case.group_restricted(FAMILY_LINK, history.register),
    )


@unplayed(
    "二人が結ばれた一人分の欄を、どちらにも渡す",
    harm="他人が、本人の戸籍の証明書を受け取る。",
    test=test_family_register.test_of_two_persons_linked_with_one_member_neither_gets_a_paper,
    fixtures={"hall": "register_hall"},
    code=test_family_register.WHOLE,
)
def two_for_one_member(patch: pytest.MonkeyPatch) -> None:
    def membership_of(case: Any) -> Membership:
        record = case.reader.record(FAMILY_LINK, case.key)
        return Membership(record.group, FamilyLink.model_validate(record.body).member)

    patch.setattr(family_register, "membership_of", membership_of)
    patch.setattr(
        family_register, "may_be", lambda reader, person, born: True
    )  # of one birth date, as twins are


@unplayed(
    "別の戸籍の同姓同名の人の附票を通す",
    harm="他人の住所の移り変わりが、氏名が同じというだけで本人に渡る。",
    test=test_address_history.test_a_front_of_somebody_of_the_same_name_in_another_register_is_told_apart,
    fixtures={"hall": "address_hall"},
)
def namesakes_history_taken(patch: pytest.MonkeyPatch) -> None:
    births_unread(patch)


@unplayed(
    "別の戸籍の同姓同名の人の用紙を通す",
    harm="同じ一字の名の別の人の戸籍が、本人のものとして渡る。",
    test=test_family_register.test_a_front_of_another_of_nearly_the_same_name_is_told_apart,
    fixtures={"hall": "register_hall"},
    name="花",
    born="令和３年１２月２日",
    told="birth",
)
def namesakes_sheet_taken(patch: pytest.MonkeyPatch) -> None:
    births_unread(patch)


def births_unread(patch: pytest.MonkeyPatch) -> None:
    """Of the texts of a front the birth dates are not looked for."""
    real = fronts.check_front

    def check_front(text: Any, letters: Any, height: float, facts: Any) -> Any:
        kept = tuple(word for word in facts.words if word[0] != "birth")
        return real(
            text,
            letters,
            height,
            fronts.FrontFacts(kept, facts.page_mark, facts.boxes, facts.identifiers),
        )

    patch.setattr(fronts, "check_front", check_front)


@unplayed(
    "白い印影を取り込む",
    harm="何も押されていない印影が、登録された印鑑として証明される。",
    test=test_hostile_deliveries.test_an_imprint_that_shows_nothing_sets_its_seal_aside,
    fixtures={"delivery": "delivery", "url": "url"},
    change=test_hostile_deliveries.painted((255, 255, 255, 255)),
    expected="白い紙の上で見える印影",
)
def white_imprint_taken(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(seal_register, "is_seen", lambda picture: True)
    patch.setattr(seal_register, "_fit", set())  # what was looked at does not outlive the defect


@unplayed(
    "窓口より安い額があると、あとから決めた手数料が効かない",
    harm="条例で決まった手数料と違う額を、住民から取り続ける。",
    test=test_odd_settings.test_a_fee_that_is_fixed_later_ends_the_one_below_the_counters,
    fixtures={"tmp_path": "tmp_path"},
)
def later_fee_without_effect(patch: pytest.MonkeyPatch) -> None:
    def merged_with(state: Any, base: Mapping[str, Any]) -> dict[str, Any]:
        merged = dict(base)
        for _, change in state.changes:
            merged = changes._merged(merged, change.settings)
        for table in merged["service"].values():
            if "counter_minus" in table:
                table.pop("fee", None)
        return merged

    patch.setattr(changes.ChangedState, "merged_with", merged_with)


@unplayed(
    "差分の連携で、消えた人の前の記録を残す",
    harm="取り消された届出の人に、住民票の写しが出る。",
    test=test_differential.test_new_changed_and_deleted_records_make_the_next_generation,
    fixtures={"town": "differential_town", "url": "url", "replica": "replica"},
)
def deleted_record_left_in_the_base(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(generation, "REPLACEABLE", frozenset())


@unplayed(
    "発行通知のファイルが別のものになっても、続きだけを読む",
    harm="返納されたカードが本人のものとして通り、新しいカードは使えない。",
    test=test_bases.test_notices_that_were_known_are_not_read_again,
    fixtures={"tmp_path": "tmp_path", "url": "url", "monkeypatch": "monkeypatch"},
)
def notices_taken_for_known(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(importing, "_begins_as", lambda path, known: True)


@unplayed(
    "途中で切れた発行制限の一覧で、載っていない人の制限を解く",
    harm="連携の途切れた夜のあと、支援措置の対象者の証明書が出る。",
    test=test_restrictions.test_a_list_that_was_cut_off_releases_nobody,
    fixtures={"delivery": "delivery", "url": "url", "replica": "replica"},
)
def cut_off_list_releases(patch: pytest.MonkeyPatch) -> None:
    real = restriction_record._apply

    def apply(connection: Any, found: Any) -> Any:
        connection.execute(restriction_record.delete(restriction_record.restrictions))
        return real(connection, found)

    patch.setattr(restriction_record, "_apply", apply)


@pytest.mark.parametrize("fault", _unplayed, ids=lambda fault: fault.name)
def test_a_planted_defect_fails_the_test_of_its_rule(
    fault: Unplayed, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {name: request.getfixturevalue(fixture) for name, fixture in fault.fixtures.items()}
    fault.plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        fault.test(**given, **fault.told)


def test_each_of_them_says_whom_it_harms() -> None:
    assert all(fault.harm.endswith("。") for fault in _unplayed)
    assert len({fault.name for fault in _unplayed}) == len(_unplayed)
