"""received → under review → usable or rejected; due in business days; told by the number alone."""

from __future__ import annotations

from datetime import date

import pytest

from server_stub.interface.failures import Failed
from server_stub.interface.registration import RegistrationState, Shown, number_of
from server_stub.interface.registration_operations import OfficialAct, RegistrationQuery
from tests.registration.hall import OFFICIAL, WATARU, Hall

NOTE = OfficialAct(operator=OFFICIAL, note="内部のメモ")


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-06-03 10:00:00", date(2026, 6, 10)),  # Wednesday: Thu Fri | Mon Tue Wed
        ("2026-06-06 10:00:00", date(2026, 6, 12)),  # Saturday: the next week
        ("2026-05-01 10:00:00", date(2026, 5, 13)),  # Friday before Golden Week (4, 5 and 6 May are holidays)
        ("2026-12-25 10:00:00", date(2027, 1, 7)),  # Friday: 28 December, then 4 January on
        (
            "2026-09-18 22:59:00",
            date(2026, 9, 30),
        ),  # 21 to 23 September are holidays (敬老の日, 国民の休日, 秋分の日)
    ],
)
def test_it_is_due_in_the_municipalitys_business_days(hall: Hall, received: str, due: date) -> None:
    """湊市 says five; the days are counted by hand on a calendar."""
    hall.at(received)
    answer = hall.apply()
    entry = hall.registrations.show(answer.application_id).entry
    assert entry.due_on == due and not entry.overdue
    hall.at(f"{due} 23:30:00")
    assert not hall.registrations.show(answer.application_id).entry.overdue
    hall.at(f"{date.fromordinal(due.toordinal() + 1)} 00:30:00")
    assert hall.registrations.show(answer.application_id).entry.overdue
    hall.reject(answer.application_id)
    assert not hall.registrations.show(answer.application_id).entry.overdue


def test_the_message_tells_the_business_days(hall: Hall) -> None:
    assert hall.apply().message["ja"] == (
        "申請を受け付けました。審査完了まで本日から3～5営業日かかります。登録状況は登録状況確認サイトで確認可能です。"
    )


def test_the_status_is_told_by_the_number_alone(hall: Hall) -> None:
    answer = hall.apply()
    told = hall.status(answer.number)
    assert (told.status, told.completed_on) == (Shown.UNDER_REVIEW, None)
    assert told.name["ja"] == "白砂県湊市"
    assert told.message["ja"] == (
        "利用者登録申請の審査中です。審査完了は申請日から3～5営業日後の予定となっています。しばらくお待ちください。"
    )
    hall.registrations.review(answer.application_id, NOTE)
    assert hall.status(answer.number).status is Shown.UNDER_REVIEW
    hall.at("2026-06-08 15:00:00")
    hall.link(answer.application_id)
    told = hall.status(answer.number)
    assert (told.status, told.completed_on) == (Shown.USABLE, date(2026, 6, 8))
    assert (
        told.message["ja"] == "利用登録が完了しております。本籍地の証明書交付サービスをご利用いただけます。"
    )
    with pytest.raises(Failed, match="Registration_Unknown"):
        hall.status(number_of("49202", 1))


def test_a_rejection_tells_its_public_text_and_never_the_officials_note(hall: Hall) -> None:
    first = hall.apply()
    hall.reject(first.application_id)
    told = hall.status(first.number)
    assert told.status is Shown.REJECTED and told.completed_on is None
    assert told.message["ja"].startswith(
        "申請内容に一致する戸籍がないため、利用登録申請を却下しました。申請内容を再度ご確認ください。"
    )
    second = hall.apply()
    hall.reject(second.application_id, "届出の処理中のため、6月20日以降にもう一度申請してください。")
    told = hall.status(second.number)
    assert told.message == {"ja": "届出の処理中のため、6月20日以降にもう一度申請してください。"}
    for answer in (first, second):
        assert "電話で本人に確認済み" not in hall.status(answer.number).model_dump_json()


def test_nothing_about_the_person_is_in_what_the_site_is_told(hall: Hall) -> None:
    answer = hall.apply()
    hall.link(answer.application_id)
    body = hall.status(answer.number).model_dump_json()
    for own in (
        "海野",
        "渉",
        "港町",
        "楠町",
        "1979",
        "090",
        WATARU.identity.reference,
        answer.application_id,
    ):
        assert own not in body


def test_what_is_decided_stays_decided(hall: Hall) -> None:
    answer = hall.apply()
    hall.reject(answer.application_id)
    for act in (
        lambda: hall.link(answer.application_id),
        lambda: hall.reject(answer.application_id),
        lambda: hall.end(answer.application_id),
        lambda: hall.registrations.review(answer.application_id, NOTE),
    ):
        with pytest.raises(Failed, match="Registration_State_Conflict"):
            act()
    assert [one.act for one in hall.registrations.show(answer.application_id).acts] == [
        "received",
        "rejected",
    ]


def test_every_act_stays_with_who_did_it_and_when(hall: Hall) -> None:
    answer = hall.apply()
    hall.registrations.review(answer.application_id, NOTE)
    hall.at("2026-06-04 09:00:00")
    hall.link(answer.application_id)
    hall.end(answer.application_id)
    acts = hall.registrations.show(answer.application_id).acts
    assert [(one.act, one.operator) for one in acts] == [
        ("received", "申請者"),
        ("reviewed", OFFICIAL),
        ("linked", OFFICIAL),
        ("ended", OFFICIAL),
    ]
    assert acts[1].note == "内部のメモ" and acts[2].at.isoformat() == "2026-06-04T09:00:00+09:00"


def test_a_status_is_told_for_as_long_as_the_municipality_says(hall: Hall) -> None:
    """湊市 says nothing, so 90 days after the decision: 1 September is the 90th after 3 June."""
    answer = hall.apply()
    hall.link(answer.application_id)
    hall.at("2026-09-01 10:00:00")
    assert hall.status(answer.number).status is Shown.USABLE
    hall.at("2026-09-02 10:00:00")
    with pytest.raises(Failed, match="Registration_Unknown"):
        hall.status(answer.number)


def test_an_official_lists_what_is_not_decided_oldest_first(hall: Hall) -> None:
    from dataclasses import replace

    people = [replace(WATARU, serial=number) for number in range(1, 6)]
    ids = []
    for minute, person in enumerate(people):
        hall.at(f"2026-06-03 10:{minute:02d}:00")
        ids.append(hall.apply(person).application_id)
    hall.reject(ids[1])
    first = hall.registrations.listed(RegistrationQuery(limit=3))
    assert [one.application_id for one in first.registrations] == [ids[0], ids[2], ids[3]]
    rest = hall.registrations.listed(RegistrationQuery(limit=3, cursor=first.next_cursor))
    assert [one.application_id for one in rest.registrations] == ids[4:] and rest.next_cursor is None
    rejected = hall.registrations.listed(RegistrationQuery(state=RegistrationState.REJECTED))
    assert [one.application_id for one in rejected.registrations] == [ids[1]]
