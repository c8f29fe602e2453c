"""Planted defects about what officials decide: days of effect, days of service, stops, signers, numbers."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import server_stub.certificates.residence as residence
import server_stub.certificates.residence.front as residence_front
import server_stub.certificates.terms as terms
import server_stub.issuing.service as service
from server_stub.center.stops import Stops as CentreStops
from server_stub.certificates.terms import (
    STANDARD_NUMBER,
    WEEK,
    Certifier,
    ClosedSpan,
    NumberPattern,
    ServiceTerms,
)
from server_stub.issuing.stops import Stops
from server_stub.municipalities.changes import Change
from server_stub.municipalities.settings import Municipality, States
from tests.planted.defect import defect

HARU = "用紙は1枚で、載っているのは「六甲翠」だけである"
SEAL = "印鑑登録証明書"


def states(patch: pytest.MonkeyPatch, days: int) -> None:
    """The settings in force are those of so many days later."""
    real = States.on
    patch.setattr(States, "on", lambda own, day: real(own, day + timedelta(days=days)))


# --- days of effect ----------------------------------------------------------------------------------------------------


@defect(
    "改定の日に、前の手数料のまま受け取る",
    harm="条例で決まった手数料と違う額を住民から取る。",
    scenario="手数料の改定は、当日の初めから効く",
    sentence="手数料300円が一度だけ記録されている",
)
def yesterdays_fee(patch: pytest.MonkeyPatch) -> None:
    states(patch, -1)


@defect(
    "改定を一日早く効かせる",
    harm="まだ上がっていない手数料を住民から取る。",
    scenario="手数料の改定は、前日まで効かない",
    sentence="印刷が終わり、用紙を取る",
)
def tomorrows_fee(patch: pytest.MonkeyPatch) -> None:
    states(patch, 1)


@defect(
    "減額の期間が終わっても減額を続ける",
    harm="条例にない減額で、市の収入が失われる。",
    scenario="窓口より150円安い期間は、次の日に終わる",
    sentence="手数料250円が一度だけ記録されている",
)
def cheaper_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Change, "in_force", lambda own, day: own.begins is not None and own.begins <= day)


@defect(
    "職務代理者の期間が終わっても、職務代理者の名で認証する",
    harm="権限のない人の名で証明書が出る。",
    scenario="市長が不在の間は職務代理者が認証し、終わった次の日は市長である",
    sentence=HARU,
)
def deputy_for_ever(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Change, "in_force", lambda own, day: own.begins is not None and own.begins <= day)


@defect(
    "種類ごとの認証者を使わず、いつも市長の名で認証する",
    harm="区長が認証すべき証明書に、別の認証者の名と印がある。",
    scenario="種類ごとに認証者が異なる",
    sentence=HARU,
)
def always_the_mayor(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Certifier, "but", lambda own, part: own)


@defect(
    "様式の新しい版を、実施日に使わない",
    harm="振り仮名の要る手続に使えない写しに、手数料を払わされる。",
    scenario="湊市の住民票の写しの振り仮名の欄は、新しい版の初日からある",
    sentence="用紙は2枚で、載っているのは「髙橋久美、髙橋航」だけである",
)
def old_form_for_ever(patch: pytest.MonkeyPatch) -> None:
    real = residence_front.residence_front
    old = residence_front.Look(readings=False)
    patch.setattr(residence, "residence_front", lambda *given, **named: real(*given, **named | {"look": old}))


# --- days of service -----------------------------------------------------------------------------------------------------


@defect(
    "祝日を平日として扱う",
    harm="確かめる職員のいない祝日に戸籍などの証明書が出る。",
    scenario="平日だけ扱う証明書は、祝日の月曜日に選べない",
    sentence=f"「{SEAL}」は「Service_Closed_Today」のため選べない",
)
def holidays_served(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(terms, "is_holiday", lambda day: False)


@defect(
    "曜日の定めを見ない",
    harm="届出を確かめる職員のいない土曜日に、届出の済んでいない戸籍の証明書が出る。",
    scenario="神戸市の戸籍の証明書は土曜日の16時59分に受け取れず、附票の写しは受け取れる",
    sentence="「戸籍全部事項証明書」は「Service_Closed_Today」のため選べない",
)
def every_day_served(patch: pytest.MonkeyPatch) -> None:
    real = ServiceTerms.served_on
    patch.setattr(
        ServiceTerms, "served_on", lambda own, day: real(own.model_copy(update={"weekdays": WEEK}), day)
    )


@defect(
    "どの証明書も、戸籍の証明書と同じ平日だけに限る",
    harm="祝日にも受け取れるはずの附票の写しを、来店した住民が受け取れない。",
    scenario="神戸市の戸籍の附票の写し",
    sentence="カードを取る",
)
def working_days_only(patch: pytest.MonkeyPatch) -> None:
    real = ServiceTerms.served_on
    working = {"weekdays": WEEK[:5], "holidays": False}
    patch.setattr(ServiceTerms, "served_on", lambda own, day: real(own.model_copy(update=working), day))


@defect(
    "次の取扱日を、休みを数えずに翌日と知らせる",
    harm="知らされた日に来た住民が、また断られる。",
    scenario="平日だけ扱う証明書は、土曜日に選べない",
    sentence=f"「{SEAL}」は「次の取扱日は6月8日です。」の理由で選べない",
)
def tomorrow_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Municipality, "next_opening", lambda own, kind, after: after)


def spans(patch: pytest.MonkeyPatch, begins: int, until: int) -> None:
    """Every span from a moment to a moment begins and ends so many minutes later."""

    def covers(span: ClosedSpan, moment: datetime) -> bool:
        if span.begins is None or span.until is None:
            return False
        first, last = (timedelta(minutes=one) for one in (begins, until))
        return span.begins + first <= moment < span.until + last

    patch.setattr(ClosedSpan, "covers", covers)


@defect(
    "保守の始まる時刻にはまだ受け付ける",
    harm="保守の間に、止まりかけた台帳から証明書が出る。",
    scenario="保守の始まる時刻は受け取れない",
    sentence="「Service_Suspended」で断られる",
)
def suspended_a_minute_late(patch: pytest.MonkeyPatch) -> None:
    spans(patch, 1, 0)


@defect(
    "長い休止を、終わる一分前に解く",
    harm="切替えの済まない台帳から証明書が出る。",
    scenario="長い休止の終わる一分前は受け取れない",
    sentence="「Service_Suspended」で断られる",
)
def resumed_a_minute_early(patch: pytest.MonkeyPatch) -> None:
    spans(patch, 0, -1)


@defect(
    "取扱いの始まる日の前から交付する",
    harm="準備の済まない証明書が住民に渡る。",
    scenario="取扱いの始まる日の前日",
    sentence=f"「{SEAL}」は「Service_Not_Yet_Offered」のため選べない",
)
def offered_before_its_day(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ServiceTerms, "begun", lambda own, day: True)


# --- emergency stops -------------------------------------------------------------------------------------------------------


@defect(
    "緊急停止を無視する",
    harm="誤った証明書が出ると分かっていても、止められない。",
    scenario="市が一つの種類の交付を緊急停止する",
    sentence="「住民票の写し」は「Service_Stopped」のため選べない",
)
def stop_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Stops, "of", lambda stops, kind: None)


@defect(
    "緊急停止を、再開の予定の時刻にひとりでに解く",
    harm="原因が残ったまま、誤った証明書がまた出る。",
    scenario="市がすべての交付を緊急停止し、予定の時刻を過ぎても解除されていない",
    sentence="「Service_Stopped」で断られる",
)
def stop_ends_by_itself(patch: pytest.MonkeyPatch) -> None:
    import server_stub.issuing.rights as rights

    real = rights.not_stopped

    def until_told(municipality: Any, kind: str, stops: Stops, now: datetime) -> None:
        stop = stops.of(kind)
        if stop is None or stop.reopens is None or now < stop.reopens:
            real(municipality, kind, stops, now)

    for module in ("rights", "offers", "service"):
        patch.setattr(f"server_stub.issuing.{module}.not_stopped", until_told)


@defect(
    "センターの緊急停止を、本人確認の時にだけ見る",
    harm="停止を決めたあとも、手続の途中の端末から証明書が出る。",
    scenario="選んでいる間にセンターが緊急停止すると断られる",
    sentence="「Service_Stopped」で断られる",
)
def stop_seen_at_the_door_only(patch: pytest.MonkeyPatch) -> None:
    from server_stub.center.issue import Issue

    real = Issue._carry_out

    def carried_out(issue: Any, *given: Any) -> Any:
        with pytest.MonkeyPatch.context() as here:
            here.setattr(CentreStops, "check", lambda stops: None)
            return real(issue, *given)

    patch.setattr(Issue, "_carry_out", carried_out)


# --- the paper --------------------------------------------------------------------------------------------------------------


@defect(
    "認証文と公印を、どのページにも印字する",
    harm="一枚だけを抜き取って、一部の人だけの証明書として使える。",
    scenario="外国人住民を含む世帯の写しを受け取る",
    sentence="用紙は3枚で、載っているのは「北野健、北野マリア、北野リオ」だけである",
)
def sealed_on_every_sheet(patch: pytest.MonkeyPatch) -> None:
    template = residence_front.TEMPLATE
    folder = Path(tempfile.mkdtemp(prefix="konbini-planted-"))
    shutil.copytree(template.parent, folder / template.parent.name)
    changed = folder / template.parent.name / template.name
    text = changed.read_text(encoding="utf-8")
    assert text.count("if k == n { closing(") == 1
    changed.write_text(text.replace("if k == n { closing(", "if true { closing("), encoding="utf-8")
    patch.setattr(residence_front, "TEMPLATE", changed)


@defect(
    "発行番号を、市区町村の決めた形にしない",
    harm="窓口の職員が、自分の市の証明書と認められない。",
    scenario="発行番号は市区町村の決めた形で、通算の8桁",
    sentence="用紙は2枚で、載っているのは「六甲翠」だけである",
)
def every_number_alike(patch: pytest.MonkeyPatch) -> None:
    real = service.new_issue_numbers
    standard = NumberPattern(STANDARD_NUMBER)
    patch.setattr(service, "new_issue_numbers", lambda pattern, *given: real(standard, *given))
