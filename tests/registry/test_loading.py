from __future__ import annotations

import csv
import shutil
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

from scenarios.towns import load_town, town_folder
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret
from server_stub.interface.trace import Trace
from server_stub.registry.importers import read_people
from server_stub.registry.records import ForeignResident, Person, ResidentStatus, Seal, Sex
from server_stub.registry.replica import Replica
from server_stub.registry.values import DateKind, Reading, ReadingKind, RegisterDate
from tests.registry.helper import SHIPPED, Delivery, Notice, person_of_holder, read_cells, write_notices


def test_every_person_comes_out_as_delivered(delivery: Delivery, url: str, replica: Replica) -> None:
    delivered = read_people(delivery.folder, SHIPPED)
    delivery.load(url)
    with replica.open_generation() as reader:
        read = {key: reader.person(key) for key in delivered}
    assert read == delivered
    # every field is used by somebody, so that none can be lost unnoticed
    unused = [
        field.name
        for field in fields(Person)
        if not any(getattr(person, field.name) not in ("", None) for person in delivered.values())
    ]
    assert unused == []


def test_a_row_means_what_the_format_says(delivery: Delivery) -> None:
    people = read_people(delivery.folder, SHIPPED)
    person = people["0000100501"]
    my_number = next(row[21] for row in delivery.residents() if row[0] == "0000100501")
    assert person == Person(
        key="0000100501", household="0000100500", order=1, name="TRAN VAN MAU",
        reading=Reading(ReadingKind.NONE, "チャン　ヴァン　マウ"),
        birth=RegisterDate(DateKind.DAY, "1998年6月21日", date(1998, 6, 21)), sex=Sex.MALE, relationship="世帯主",
        address="兵庫県神戸市兵庫区標本通一丁目３番２号　標本コーポ１０５号", head_of_household="TRAN VAN MAU",
        resident_since=RegisterDate(DateKind.DAY, "令和6年10月15日", date(2024, 10, 15)), address_since=None, notified_on=date(2024, 10, 18),
        previous_address="福岡県福岡市博多区試験町４番地", domicile="", domicile_head="",
        my_number=Secret(my_number), alias="川原　翔", alias_kana="カワハラ　ショウ",
        foreign=ForeignResident(
            "ベトナム", "中長期在留者", "技術・人文知識・国際業務", "３年", date(2027, 10, 14), "ZZ10000501ZZ"
        ),
    )  # fmt: skip
    moving = people["0000101602"]
    assert (moving.status, moving.moves_on, moving.moved_to) == (
        ResidentStatus.MOVING_OUT, date(2026, 6, 20), "神奈川県川崎市中原区見本町１番地の２",
    )  # fmt: skip
    assert people["0000100302"].former_surname == "岡本"
    assert people["0000100402"].foreign.period_ends is None  # type: ignore[union-attr]
    assert people["0000100601"].name == "辻\U000e0102　千代"


def test_every_living_seal_comes_out_with_its_picture_and_millimetres(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    _, *registrations = read_cells(delivery.folder / "印鑑登録.csv")
    with replica.open_generation() as reader:
        for number, person, registered, status, _, picture, width, height, _, katakana, _ in registrations:
            expected = Seal(
                person,
                date(int(registered[:4]), int(registered[4:6]), int(registered[6:])),
                number,
                (delivery.folder / picture).read_bytes(),
                int(width) / 10,
                int(height) / 10,
                katakana=katakana,
            )
            assert reader.seal(person) == (expected if status == "1" else None)
        six = reader.seal("0000100201")
        assert six is not None and (six.width_mm, six.height_mm) == (9.0, 12.0)
        assert reader.seal("0000100103") is None
    assert {row[3] for row in registrations} == {"1", "9"}


def test_a_household_is_who_lives_there_now_in_the_order_of_the_register(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.load(url)
    with replica.open_generation() as reader:
        names = {key: [person.name for person in reader.household(key)] for key in
                 ("0000100100", "0000101500", "0000101600", "0000101700", "9999999999")}  # fmt: skip
    assert names["0000100100"] == ["港　太一", "港　美波", "港　海斗", "港　汐里", "港　渚", "港　ハツ江"]
    assert names["0000101500"] == ["垂水　健吾", "垂水　由美"]
    assert names["0000101600"] == ["舞子　光", "舞子　遥"]
    assert names["0000101700"] == ["有馬　ふみ"]
    assert names["9999999999"] == []


def test_a_restriction_holds_from_its_first_day_until_it_is_released(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    delivery.append("発行制限.csv", ["0000101401", "19", "R08.07.01", "", ""])
    delivery.load(url)
    with replica.open_generation() as reader:
        holds = {
            (key, on): reader.restriction(key, on)
            for key in ("0000101401", "0000101201", "0000100101")
            for on in (
                date(2025, 6, 1),
                date(2025, 6, 2),
                date(2026, 6, 1),
                date(2026, 6, 2),
                date(2099, 1, 1),
            )
        }
    assert [found is not None for (key, _), found in holds.items() if key == "0000101401"] == [
        False, True, True, False, True,
    ]  # fmt: skip
    assert holds["0000101201", date(2026, 6, 2)].reason == "支援措置（配偶者からの暴力）"  # type: ignore[union-attr]
    # its announced last day was 2027-01-09
    assert holds["0000101201", date(2099, 1, 1)] is not None
    assert holds["0000100101", date(2026, 6, 1)] is None


def test_a_holder_is_found_by_every_authentication_certificate_and_by_nothing_else(
    delivery: Delivery, url: str, replica: Replica
) -> None:
    old, new = Notice(0x10, "0000100101"), Notice(0x11, "0000100101")
    other = Notice(0x12, "0000100102")
    signature = Notice(0x13, "0000100101", kind="署名用")
    elsewhere = Notice(0x14, "unknown-here", municipality="09202")
    write_notices(delivery.notices, [old, new, other, signature, elsewhere])
    delivery.load(url)
    with replica.open_generation() as reader:
        found = {
            n.serial: person_of_holder(reader, n.holder_ref) for n in (old, new, other, signature, elsewhere)
        }
        assert {serial: person and person.key for serial, person in found.items()} == {
            0x10: "0000100101", 0x11: "0000100101", 0x12: "0000100102", 0x13: None, 0x14: None,
        }  # fmt: skip
        assert person_of_holder(reader, "00" * 32) is None
        assert reader.holder_ref_of("0000100101") == new.holder_ref
        assert reader.holder_ref_of("0000100101", presented=old.holder_ref) == old.holder_ref
        # another person's certificate never becomes one's own
        assert reader.holder_ref_of("0000100101", presented=other.holder_ref) == new.holder_ref
        assert reader.holder_ref_of("0000100201") is None
        assert [notice.serial for notice in reader.notices_of("0000100101")] == [0x11, 0x10]


def test_serials_of_160_bits_are_kept(delivery: Delivery, url: str, replica: Replica) -> None:
    long = Notice(2**159 + 1, "0000100101")
    write_notices(delivery.notices, [long])
    delivery.load(url)
    with replica.open_generation() as reader:
        assert [notice.serial for notice in reader.notices_of("0000100101")] == [long.serial]
        assert reader.holder_ref_of("0000100101") == long.holder_ref


def test_the_trace_tells_counts_and_no_person(delivery: Delivery, url: str) -> None:
    events = []
    delivery.trace.subscribe(events.append)
    delivery.load(url)
    restricted, event = events
    assert (restricted.kind, event.kind) == ("restrictions_taken", "delivery_applied")
    assert (restricted.data["set"], restricted.data["released"], restricted.data["unreadable"]) == (3, 0, 0)
    assert (event.data["persons"], event.data["seals"], event.data["generation"]) == (70, 24, 1)
    assert not any(row[3] in told.to_line() for row in delivery.residents() for told in events)


CARDS = {"0000100101": "港太一のカード"}


def test_only_the_rows_of_card_holders_are_read_for_their_cards(delivery: Delivery) -> None:
    delivery.change_person("0000100102", "生年月日", "不詳")
    delivery.change_person("0000100105", "宛名番号", "")
    found = read_people(delivery.folder, SHIPPED, CARDS)
    assert found.keys() == CARDS.keys()
    assert found["0000100101"].name == "港　太一"
    with pytest.raises(Failed):
        read_people(delivery.folder, SHIPPED)


def test_a_card_holders_row_that_cannot_be_used_is_told_with_the_card(delivery: Delivery) -> None:
    line = delivery.change_person("0000100101", "生年月日", "不詳")
    with pytest.raises(Failed) as caught:
        read_people(delivery.folder, SHIPPED, CARDS)
    assert caught.value.failure == "Delivery_Row_Broken"
    told = caught.value.facts
    assert (told["line"], told["column"], told["card"]) == (line, "生年月日", "港太一のカード")


PATTERN = load_town(town_folder("mihon"))


@pytest.mark.parametrize(
    ("state", "day", "place", "status"),
    [
        ("転出", "2026-05-31", "大阪府大阪市北区架空町２番地", ResidentStatus.MOVED_OUT),
        ("転出予定", "2026-07-01", "大阪府大阪市北区架空町２番地", ResidentStatus.MOVING_OUT),
        ("死亡", "2026-05-31", "", ResidentStatus.DECEASED),
    ],
)
def test_the_pattern_town_can_say_who_moved_or_died(
    tmp_path: Path, url: str, replica: Replica, state: str, day: str, place: str, status: ResidentStatus
) -> None:
    folder = tmp_path / "delivery"
    shutil.copytree(PATTERN.delivery, folder)
    with (folder / "residents.csv").open(encoding="utf-8", newline="") as file:
        people = list(csv.DictReader(file))
    people[1] |= {"状態": state, "異動日": day, "転出先": place}
    _write(folder / "residents.csv", people)
    notices = folder / "発行通知.csv"
    write_notices(notices, [Notice(1, people[1]["宛名番号"], municipality=PATTERN.code)])
    clock = Clock(STAGE_START)
    assert PATTERN.load(url, notices, clock, Trace(clock), folder).set_aside == ()
    with replica.open_generation() as reader:
        person = reader.person(people[1]["宛名番号"])
        assert person is not None
        assert (person.status, person.moves_on, person.moved_to) == (status, date.fromisoformat(day), place)


def test_the_pattern_town_can_say_that_a_seal_was_abolished(
    tmp_path: Path, url: str, replica: Replica
) -> None:
    folder = tmp_path / "delivery"
    shutil.copytree(PATTERN.delivery, folder)
    with (folder / "seals.csv").open(encoding="utf-8", newline="") as file:
        seals = list(csv.DictReader(file))
    seals[0] |= {"状態": "廃止", "廃止日": "2026-05-31"}
    _write(folder / "seals.csv", seals)
    notices = folder / "発行通知.csv"
    write_notices(notices, [])
    clock = Clock(STAGE_START)
    assert PATTERN.load(url, notices, clock, Trace(clock), folder).set_aside == ()
    with replica.open_generation() as reader:
        assert reader.seal(seals[0]["宛名番号"]) is None


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
