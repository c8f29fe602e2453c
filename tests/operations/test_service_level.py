"""The service level of a month: by intervals that are reckoned here minute by minute, and on the page."""

from __future__ import annotations

from datetime import datetime, timedelta

from server_stub.interface.clock import JST
from server_stub.interface.history import AnswerCount, ServiceFigures, ServiceTargets, Span
from server_stub.interface.operations import StopEntry
from server_stub.interface.outages import (
    AlarmCause,
    AlarmEntry,
    CentreService,
    CentreSilence,
    Layer,
    OutageEntry,
    OutageOf,
    Responsible,
)
from server_stub.operations.rights import Role
from server_stub.operations.service_levels import levels
from tests.operations.hall import Hall
from tests.operations.test_figures import Tables
from tests.operations.town import Centre

TARGETS = ServiceTargets(
    availability_percent=99.5,
    answer_seconds=10,
    answer_percent=95,
    notice_minutes=30,
    recovery_hours=4,
    stop_counts_minutes=5,
)
NOTHING = CentreService(stops=(), silences=())
ULID = "01ZZZZZZZZZZZZZZZZZZZZZZZ"


def jst(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JST)


def figures(*stops: StopEntry) -> ServiceFigures:
    """Three days of service from 6:30 to 23:00."""
    return ServiceFigures(
        municipality="28100",
        month="2026-06",
        targets=TARGETS,
        hours=tuple(
            Span(begins=jst(f"2026-06-0{day}T06:30"), ends=jst(f"2026-06-0{day}T23:00")) for day in (1, 2, 3)
        ),
        office=(),
        answers=(
            AnswerCount(seconds=3, applications=90),
            AnswerCount(seconds=10, applications=6),
            AnswerCount(seconds=20, applications=3),
            AnswerCount(seconds=None, applications=1),
        ),
        stops=stops,
    )


def stop(number: int, begins: str, ends: str | None, kind: str | None = None) -> StopEntry:
    released = None if ends is None else jst(ends)
    return StopEntry(
        stop_id=f"{ULID}{number}", municipality="28100", kind=kind, at=jst(begins), reopens=None, released_at=released
    )  # fmt: skip


def alarm(number: int, begins: str, ends: str | None, *, announced: bool = False) -> AlarmEntry:
    return AlarmEntry(
        alarm_id=f"{ULID}{number}",
        municipality="28100",
        cause=AlarmCause.SITE_SILENT,
        layer=Layer.SERVER,
        to=Responsible.PROVIDER,
        seen_by="centre",
        since=jst(begins),
        until=None if ends is None else jst(ends),
        announced=announced,
    )


def outage(number: int, told: str, begins: str, ends: str) -> OutageEntry:
    return OutageEntry(
        outage_id=f"{ULID}{number}",
        municipality="28100",
        what=OutageOf.DATA_CENTRE,
        since=jst(begins),
        until=jst(ends),
        notice={"ja": "点検", "en": "Maintenance"},
        by=Responsible.PROVIDER,
        operator="運用",
        at=jst(told),
        ended_at=None,
    )


def minutes(begins: str, ends: str, *taken: tuple[str, str]) -> set[datetime]:
    """Every minute of a time that is in none of `taken`."""
    at, found = jst(begins), set()
    while at < jst(ends):
        if not any(jst(one) <= at < jst(other) for one, other in taken):
            found.add(at)
        at += timedelta(minutes=1)
    return found


def test_what_is_down_within_the_hours_counts_once_and_what_was_announced_does_not() -> None:
    found = levels(
        figures(
            stop(1, "2026-06-01T10:00", "2026-06-01T10:30"),
            stop(2, "2026-06-01T22:30", "2026-06-02T07:00"),  # over night
            stop(3, "2026-06-02T12:00", "2026-06-02T12:04"),  # too short to count
            stop(4, "2026-06-02T15:00", "2026-06-02T18:00", kind="residence"),  # of one kind
        ),
        [
            alarm(1, "2026-06-01T10:20", "2026-06-01T10:50"),  # overlaps with the first stop
            alarm(2, "2026-06-03T09:00", "2026-06-03T10:00", announced=True),
        ],
        [outage(1, "2026-05-25T09:00", "2026-06-03T08:00", "2026-06-03T12:00")],
        NOTHING,
        jst("2026-07-01T00:00"),
    )
    served = set()
    for day in (1, 2, 3):
        served |= minutes(
            f"2026-06-0{day}T06:30", f"2026-06-0{day}T23:00", ("2026-06-03T08:00", "2026-06-03T12:00")
        )
    away = (
        minutes("2026-06-01T10:00", "2026-06-01T10:50") | minutes("2026-06-01T22:30", "2026-06-02T07:00")
    ) & served
    assert (found.service, found.down) == (len(served), len(away)) == (2730, 110)
    assert found.availability == 100 * (2730 - 110) / 2730
    assert len(found.stops) == 4


def test_a_month_under_way_counts_until_now() -> None:
    found = levels(figures(stop(1, "2026-06-01T08:00", None)), [], [], NOTHING, jst("2026-06-01T08:30"))
    assert (found.service, found.down) == (120, 30)
    assert levels(figures(), [], [], NOTHING, jst("2026-06-01T06:00")).availability is None


def test_answers_within_the_target_are_counted() -> None:
    found = levels(figures(), [], [], NOTHING, jst("2026-07-01T00:00"))
    assert (found.answered, found.in_time, found.in_time_percent) == (100, 96, 96.0)


def test_notice_and_recovery_are_told_of_every_fault() -> None:
    found = levels(
        figures(),
        [
            alarm(1, "2026-06-01T10:00", "2026-06-01T13:00"),
            alarm(2, "2026-06-02T10:00", "2026-06-02T15:00"),
            alarm(3, "2026-06-03T10:00", None),
            alarm(4, "2026-05-01T10:00", "2026-05-01T11:00"),  # of another month
        ],
        [
            outage(1, "2026-06-01T10:30", "2026-06-01T10:30", "2026-06-01T12:00"),
            outage(2, "2026-06-02T10:31", "2026-06-02T10:40", "2026-06-02T12:00"),
        ],
        NOTHING,
        jst("2026-06-03T12:00"),
    )
    assert found.down == 180 + 300 + 120  # announced while it was under way: no plan
    assert [(one.notice_minutes, one.notice_is_met) for one in found.faults] == [
        (30, True),
        (31, False),
        (None, False),
    ]
    assert [(one.recovery_hours, one.recovery_is_met) for one in found.faults] == [
        (3, True),
        (5, False),
        (None, True),
    ]


def test_the_page_tells_this_municipalitys_figures_beside_targets_that_are_unproven(
    console: Hall, centre: Centre
) -> None:
    console.clock.set(jst("2026-06-30T23:30"))
    centre.alarms = [
        alarm(1, "2026-06-12T10:00", "2026-06-12T15:00"),
        alarm(2, "2026-06-14T10:00", "2026-06-14T11:00").model_copy(update={"municipality": "09202"}),
    ]
    centre.outages = [outage(1, "2026-06-12T10:10", "2026-06-12T10:10", "2026-06-12T16:00")]
    page = console.officials.as_role(Role.VENDOR, looks_at="28100").get("/service-level", month="2026-06")
    assert page.status == 403 or "利用できる期間" in page.text  # the vendor is let in by nobody
    page = console.officials.as_role(Role.AUDITOR).get("/service-level", month="2026-06")
    table = Tables(page.html).found["目標と実績"]
    told = {row[0]: row[1:] for row in table[1:]}
    service = 30 * 990
    assert told["稼働率"][0] == "99.5%以上"
    assert told["稼働率"][1] == f"{100 * (service - 300) / service:.3f}%"
    assert told["稼働率"][3] == "未達成"
    assert told["PDF応答時間"][:3] == ["10秒以内が95.0%以上", "100.00%", "7件のうち7件"]
    assert told["障害の通知"][1:] == ["1件／1件", "障害の発生から最初の案内まで", "達成"]
    assert told["障害からの復旧"][1] == "0件／1件"
    assert "目標値は推定です。" in page.text


def test_what_kept_everybody_from_being_served_is_told_and_counted(console: Hall, centre: Centre) -> None:
    """A stop of the centre that is over, a night and a morning without the centre, and what was announced of it."""
    console.clock.set(jst("2026-06-30T23:30"))
    over = stop(1, "2026-06-05T10:00", "2026-06-05T12:00").model_copy(update={"municipality": None})
    away = CentreSilence(since=jst("2026-06-10T22:00"), until=jst("2026-06-11T07:30"))
    centre.service = CentreService(stops=(over,), silences=(away,))
    plan = {"what": OutageOf.CENTRE, "municipality": None}
    centre.outages = [
        outage(1, "2026-06-01T09:00", "2026-06-20T06:00", "2026-06-20T09:30").model_copy(update=plan)
    ]
    page = console.officials.as_role(Role.AUDITOR).get("/service-level", month="2026-06")
    told = {row[0]: row[1:] for row in Tables(page.html).found["目標と実績"][1:]}
    service, down = 30 * 990 - 180, 120 + 60 + 60
    assert told["稼働率"][1] == f"{100 * (service - down) / service:.3f}%"
    found = Tables(page.html).found
    assert [row[1] for row in found["この月のセンター全体の停止"][1:]] == [
        "すべての市区町村の緊急停止", "センターが動いていなかった時間",
    ]  # fmt: skip
    assert [row[2] for row in found["サービス時間に含めない停止"][1:]] == ["センター全体の停止"]
    later = console.officials.as_role(Role.AUDITOR).get("/service-level", month="2026-05")
    assert "この月にセンター全体の停止はありません。" in later.text
