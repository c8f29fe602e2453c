"""戸籍証明書: what a register may be, who may have a paper of it, and how it fills the sheets, to the millimetre."""

from __future__ import annotations

import copy
import io
import json
import re
import shutil
import unicodedata
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from scenarios.towns import Town, load_town, shipped_town
from server_stub.certificates.certificate import Case, Offered
from server_stub.certificates.family_register import (
    FamilyRegisterRecords,
    FamilyRegisterTerms,
    family_register_front,
)
from server_stub.certificates.family_register.front import (
    Labels,
    Rows,
    broken,
    paged,
    render_family_register,
)
from server_stub.certificates.family_register.register import FamilyRegisterBody, born_at_latest, born_between
from server_stub.db import sqlite_url
from server_stub.interface.binding import PDFIUM
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.front import check_fronts, front_facts
from server_stub.interface.letter_forms import letters
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.terminal import SheetEntry
from server_stub.interface.trace import Trace
from server_stub.interface.values import Identity, Method, Place
from server_stub.paper.typesetting import Rendered
from server_stub.registry.importers import Loaded
from server_stub.registry.replica import Replica, ReplicaReader
from tests.readback.side import Letter, Sheet, Side
from tests.registry.helper import write_notices

WHOLE, ONE = "family_register_full", "family_register_individual"
NUMBER = "48201-20260603-7K3M-Q9TX-2HRD"
YUTO, NATSUMI, HARUKA, MARIA, MAKOTO, RIKU, DAISUKE, MISAKI, NAOTO, CHIHIRO, REN = (
    "4820100101", "4820100102", "49202:4920200201", "4820100202", "4820100501", "4820100601", "4820100701",
    "4820100711", "4820100801", "4820100811", "4820100812",
)  # fmt: skip
Edit = Callable[[str], str]


def ref(key: str) -> str:
    return f"{zlib.crc32(key.encode()):016x}"


def delivered(town: str, number: str) -> dict[str, Any]:
    """The row of that register, as it was delivered."""
    file = shipped_town(town) / "delivery" / "family_registers.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found: dict[str, Any] = next(row for row in rows if row["戸籍番号"] == number)
    return found


def body_of(row: dict[str, Any], state: str = "open") -> dict[str, Any]:
    return {
        "state": state,
        "domicile": row["本籍"],
        "head": row["氏名"],
        "entries": row["戸籍事項"],
        "members": row["戸籍に記録されている者"],
    }


# --- what a register may be ------------------------------------------------------------------------------------------


def member(**change: Any) -> Edit:
    def edit(body: Any) -> Any:
        body["members"][0] |= change
        return body

    return edit


def entry(first: Any) -> Edit:
    def edit(body: Any) -> Any:
        body["entries"][0] = first
        return body

    return edit


def item(content: Any) -> Edit:
    return entry(["戸籍編製", [["編製日", content]]])


DEEP = [["従前の記録", [["従前の記録", [["従前の記録", [["本籍", "ここまで"]]]]]]]]


@pytest.mark.parametrize(
    ("edit", "where", "told"),
    [
        (lambda body: body | {"state": "gone"}, ("state",), "取決めにある値"),
        (lambda body: body | {"domicile": ""}, ("domicile",), "空でない文字列"),
        (lambda body: body | {"head": {"氏名": "葛西悠斗"}}, ("head",), "全角空白が一つ"),
        (lambda body: body | {"head": {"氏名": "葛西　悠　斗"}}, ("head",), "全角空白が一つ"),
        (
            lambda body: body | {"head": {"氏名": "葛西　悠斗", "氏の振り仮名": "かさい"}},
            ("head", "氏の振り仮名"),
            "全角カタカナ",
        ),
        (lambda body: body | {"entries": []}, ("entries",), "1個以上の並び"),
        (lambda body: body | {"entries": {}}, ("entries",), "配列"),
        (entry(["戸籍編製"]), ("entries", 0), "見出し・項目の並び"),
        (entry(["戸籍編製", []]), ("entries", 0, "items"), "1個以上の並び"),
        (entry(["【戸籍編製】", [["編製日", "令和元年"]]]), ("entries", 0, "title"), "【 】を含まない"),
        (entry(["戸籍編製", [["編製日", "令和元年", "余り"]]]), ("entries", 0, "items", 0), "二つの並び"),
        (entry(["更正", DEEP]), ("entries", 0), "段以内"),
        (item(""), ("entries", 0, "items", 0, "text"), "空でない文字列"),
        (item([]), ("entries", 0, "items", 0), "従前の記録の内容"),
        (item(3), ("entries", 0, "items", 0, "text"), "文字列"),
        (lambda body: body | {"members": []}, ("members",), "1個以上の並び"),
        (member(番号="一"), ("members", 0, "番号"), "整数"),
        (member(番号=0), ("members", 0, "番号"), "1以上の数"),
        (member(番号=2), ("members",), "重ならない番号"),
        (member(名=" 悠斗"), ("members", 0, "名"), "前後に空白のない"),
        (member(配偶者区分="夫婦"), ("members", 0, "配偶者区分"), "取決めにある値"),
        (member(除籍="はい"), ("members", 0, "除籍"), "true か false"),
        (member(養続柄="養子"), ("members", 0), "養父か養母"),
        (member(養母="髙橋　久美"), ("members", 0), "養父か養母"),
        (member(住所="若葉町"), ("members", 0, "住所"), "取決めにある名前"),
        (member(名="悠〓"), ("members", 0, "名"), "代わりの記号"),
        (member(名="悠○"), ("members", 0, "名"), "代わりの記号"),
        (member(父="葛□　誠"), ("members", 0, "父"), "代わりの記号"),
        (lambda body: body | {"domicile": "若■町二番地"}, ("domicile",), "代わりの記号"),
        (item("令和元年⿰金十月"), ("entries", 0, "items", 0, "text"), "代わりの記号"),
        (item("令和元年\u200b一月"), ("entries", 0, "items", 0, "text"), "目に見えない文字"),
        (
            entry(["更正", [["従前の記録", [["本籍", "若\ufffd町"]]]]]),
            ("entries", 0, "items", 0, "former", 0, "text"),
            "代わりの記号",
        ),
        (entry(["戸□編製", [["編製日", "令和元年"]]]), ("entries", 0, "title"), "代わりの記号"),
    ],
)
def test_what_is_wrong_with_a_register_is_told_in_japanese_where_it_is_and_without_its_value(
    edit: Any, where: tuple[Any, ...], told: str
) -> None:
    body = edit(copy.deepcopy(body_of(delivered("midori", "482010000001"))))
    with pytest.raises(ValidationError) as caught:
        FamilyRegisterBody.model_validate(body)
    first = caught.value.errors(include_url=False, include_input=False)[0]
    assert first["loc"] == where
    assert told in first["msg"] and not re.search("[a-z]{6,}", first["msg"])
    assert not any(value in str(caught.value.errors()) for value in ("若葉町", "gone", "かさい", "葛西悠斗"))


def test_a_file_of_texts_alone_says_the_same() -> None:
    """XML knows neither numbers nor true and false."""
    body = body_of(delivered("midori", "482010000007"))
    told = copy.deepcopy(body)
    for one in told["members"]:
        one |= {"番号": str(one["番号"]), "除籍": "true" if one.get("除籍") else "false"}
    made = FamilyRegisterBody.model_validate(told)
    assert made == FamilyRegisterBody.model_validate(body)
    assert [(one.number, one.removed) for one in made.members] == [(1, False), (2, True)]


def test_an_open_register_has_somebody_in_it() -> None:
    body = body_of(delivered("midori", "482010000005"))
    with pytest.raises(ValidationError, match="除籍でない人"):
        FamilyRegisterBody.model_validate(body)
    assert FamilyRegisterBody.model_validate(body | {"state": "closed"}).state == "closed"


def test_a_register_stays_the_same_in_the_replica() -> None:
    for town, number in (("midori", "482010000007"), ("minato", "492020000002")):
        made = FamilyRegisterBody.model_validate(body_of(delivered(town, number)))
        stored = json.loads(json.dumps(made.model_dump(mode="json")))
        assert FamilyRegisterBody.model_validate(stored) == made


@pytest.mark.parametrize(
    ("birth", "latest"),
    [
        ("平成３年４月５日", date(1991, 4, 5)),
        ("令和元年５月１日", date(2019, 5, 1)),
        ("西暦１９８５年１月２日", date(1985, 1, 2)),
        ("昭和１０年月日不詳", date(1935, 12, 31)),
        ("昭和１０年２月日不詳", date(1935, 2, 28)),
        ("昭和１１年２月３０日", date(1936, 2, 29)),
        ("年月日不詳", None),
        ("平成３年１３月１日", None),
        ("天平３年１月１日", None),
    ],
)
def test_of_a_date_that_is_not_known_the_last_day_counts(birth: str, latest: date | None) -> None:
    assert born_at_latest(birth) == latest


@pytest.mark.parametrize(
    ("birth", "first", "last"),
    [
        ("平成３年４月５日", date(1991, 4, 5), date(1991, 4, 5)),
        ("昭和１０年　月日不詳", date(1935, 1, 1), date(1935, 12, 31)),
        ("昭和１０年２月日不詳", date(1935, 2, 1), date(1935, 2, 28)),
    ],
)
def test_of_a_date_that_is_not_known_any_day_of_it_may_be_meant(birth: str, first: date, last: date) -> None:
    assert born_between(birth) == (first, last)


@pytest.mark.parametrize(
    "birth", ["昭和１０年頃", "昭和１０年２月１日頃", "推定昭和１０年２月１日", "年月日不詳"]
)
def test_what_is_not_certain_contradicts_no_other_register(birth: str) -> None:
    assert born_between(birth) is None


# --- who may have it -------------------------------------------------------------------------------------------------


@dataclass
class Hall:
    """みどり市 as its delivery, or a changed one, makes it."""

    town: Town
    reader: ReplicaReader
    loaded: Loaded
    today: date = field(default=STAGE_START.date())

    def case(self, code: str, holder: str, **terms: Any) -> Case[Any]:
        return Case(
            self.town.municipality.services[code].model_copy(update=terms),
            self.reader,
            Identity(method=Method.JPKI, reference="0" * 16),
            holder,
            self.reader.person(holder),
            Place.DOMICILE,
            self.today,
            ref,
            15,
        )

    def offer(self, code: str, holder: str, **terms: Any) -> Offered:
        found: Offered = self.town.municipality.kinds[code].offer(self.case(code, holder, **terms))
        return found

    def refusal(self, code: str, holder: str) -> str:
        with pytest.raises(Failed) as caught:
            self.offer(code, holder)
        return caught.value.failure

    def able(self, holder: str, **terms: Any) -> list[str]:
        return [one.name for one in self.offer(ONE, holder, **terms).subjects if one.refusal is None]

    def pick(self, code: str, holder: str, name: str = "", **terms: Any) -> FamilyRegisterRecords:
        offered = self.offer(code, holder, **terms)
        subjects = tuple(one.ref for one in offered.subjects if not name or one.name.endswith(name))
        request = ApplicationRequest(
            kind=code,
            municipality=self.town.code,
            scope=Scope.CHOSEN if name else Scope.WHOLE,
            subjects=subjects,
            copies=1,
            fee_total=400,
        )
        records: FamilyRegisterRecords = self.town.municipality.kinds[code].pick(
            self.case(code, holder, **terms), request
        )
        return records


OpenHall = Callable[..., Hall]


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[OpenHall]:
    """Opens みどり市 with files of its delivery changed: name -> what is done to the text."""
    opened: list[tuple[Replica, ReplicaReader]] = []

    def make(**edits: Edit) -> Hall:
        folder = tmp_path / f"town{len(opened)}"
        shutil.copytree(shipped_town("midori"), folder)
        for name, edit in edits.items():
            (file,) = (folder / "delivery").glob(f"{name}.*")
            before = file.read_text(encoding="utf-8")
            after = edit(before)
            assert after != before
            file.write_text(after, encoding="utf-8")
            rows = len(after.splitlines()) - (file.suffix == ".csv")
            slip = folder / "delivery" / "slip.csv"
            told = re.sub(rf"{file.name},\d+", f"{file.name},{rows}", slip.read_text(encoding="utf-8"))
            slip.write_text(told, encoding="utf-8")
        town, clock, url = load_town(folder), Clock(STAGE_START), sqlite_url(tmp_path / f"{len(opened)}.db")
        write_notices(folder / "発行通知.csv", [])
        loaded = town.load(url, folder / "発行通知.csv", clock, Trace(clock))
        replica = Replica(url)
        opened.append((replica, replica.open_generation()))
        return Hall(town, opened[-1][1], loaded)

    yield make
    for replica, reader in opened:
        reader.close()
        replica.close()


def without(line: str) -> Edit:
    return lambda text: text.replace(line, "")


def test_the_whole_is_everybody_and_one_is_of_the_living(hall: OpenHall) -> None:
    midori = hall()
    assert not midori.loaded.set_aside
    whole = midori.offer(WHOLE, DAISUKE)
    assert [(one.name, one.holder, one.printed) for one in whole.subjects] == [
        ("楠　大介", True, "【名】大介"),
        ("楠　美咲", False, "【名】美咲"),
    ]
    assert [one.note for one in whole.subjects] == [None, {"ja": "除籍", "en": "Removed"}]
    assert whole.scopes == (Scope.WHOLE,)
    assert midori.able(DAISUKE) == ["楠　大介"]
    assert midori.able(NATSUMI) == ["葛\U000e0102西　悠斗", "葛\U000e0102西　菜摘", "葛\U000e0102西　凛"]
    assert midori.able(NATSUMI, members="holder") == ["葛\U000e0102西　菜摘"]


@pytest.mark.parametrize("code", [WHOLE, ONE])
@pytest.mark.parametrize(
    ("holder", "failure"),
    [
        (MAKOTO, "Family_Register_Closed"),
        (RIKU, "Family_Register_Pending"),
        (MISAKI, "Holder_Removed_From_Register"),
        (MARIA, "Holder_Not_Linked"),
    ],
)
def test_who_is_not_surely_in_an_open_register_gets_nothing(
    hall: OpenHall, code: str, holder: str, failure: str
) -> None:
    assert hall().refusal(code, holder) == failure


def test_a_superseded_register_is_closed_too(hall: OpenHall) -> None:
    assert (
        hall(family_registers=lambda text: text.replace("消除", "改製原", 1)).refusal(WHOLE, MAKOTO)
        == "Family_Register_Closed"
    )


@pytest.mark.parametrize("code", [WHOLE, ONE])
@pytest.mark.parametrize(
    "edits",
    [
        {"family_registers": lambda text: text.replace('"番号": 1, "名": "悠斗"', '"番号": 9, "名": "悠斗"')},
        {"family_registers": lambda text: text.replace("482010000001", "482010000099")},
        {"family_registers": lambda text: text.replace('"編製日", "令和元年１１月２２日"', '"編製日", ""')},
        {"family_links": lambda text: text.replace("4820100101,482010000001,1", "4820100101,,1")},
        {
            "family_links": lambda text: text.replace(
                "4820100101,482010000001,1", "4820100101,482010000001,一"
            )
        },
    ],
)
def test_where_link_and_register_do_not_fit_nothing_is_issued(
    hall: OpenHall, edits: dict[str, Edit], code: str
) -> None:
    assert hall(**edits).refusal(code, YUTO) == "Record_Unusable"


def born(name: str, words: str) -> Edit:
    """The birth date of the member of that 名."""
    return lambda text: re.sub(f'("名": "{name}",[^}}]*?"生年月日": ")[^"]*', rf"\g<1>{words}", text, count=1)


@pytest.mark.parametrize("code", [WHOLE, ONE])
def test_whom_the_resident_register_knows_by_another_birth_date_gets_nothing(
    hall: OpenHall, code: str
) -> None:
    """大介 was born on 1964-05-18 by the resident register: the link leads to somebody else's entries, or one of the two is wrong."""
    assert (
        hall(family_registers=born("大介", "昭和３９年５月１９日")).refusal(code, DAISUKE)
        == "Record_Unusable"
    )
    assert hall(family_registers=born("大介", "昭和３９年５月日不詳")).offer(code, DAISUKE)


def test_a_member_with_another_birth_date_costs_the_others_the_whole(hall: OpenHall) -> None:
    midori = hall(family_registers=born("凛", "令和７年６月２日"))
    assert midori.refusal(WHOLE, YUTO) == "Record_Unusable"
    refusals = {one.name[-2:]: one.refusal for one in midori.offer(ONE, YUTO).subjects}
    assert [(name, one and one.failure) for name, one in refusals.items()] == [
        ("悠斗", None),
        ("菜摘", None),
        ("　凛", "Record_Unusable"),
    ]


def test_a_broken_register_is_told_with_file_line_and_column(hall: OpenHall) -> None:
    midori = hall(family_registers=lambda text: text.replace('"父": "楠　栄一"', '"父": " 楠　栄一"'))
    (row,) = midori.loaded.set_aside
    assert (row.file, row.line, row.column) == ("family_registers.jsonl", 6, "戸籍に記録されている者")
    assert midori.refusal(ONE, DAISUKE) == "Record_Unusable"
    assert midori.able(YUTO)


@pytest.mark.parametrize("place", ["青葉県〓どり市", "青葉県みど\u200bり市"])
def test_a_stand_in_in_the_body_sets_the_register_aside_when_it_is_loaded(hall: OpenHall, place: str) -> None:
    """Not first when its paper is made. ○ is a sign like any other in a body."""
    before = '"出生地", "青葉県みどり市"], ["届出日", "昭和３９年'
    midori = hall(family_registers=lambda text: text.replace(before, before.replace("青葉県みどり市", place)))
    (row,) = midori.loaded.set_aside
    assert (row.file, row.line, row.column) == ("family_registers.jsonl", 6, "戸籍に記録されている者")
    assert midori.refusal(WHOLE, DAISUKE) == midori.refusal(ONE, DAISUKE) == "Record_Unusable"
    assert midori.able(YUTO)
    assert hall(family_registers=lambda text: text.replace(before, before.replace("市", "市○"))).offer(
        ONE, DAISUKE
    )


def test_restrictions_stop_the_whole_for_all_and_one_for_the_restricted(hall: OpenHall) -> None:
    midori = hall()
    assert midori.refusal(WHOLE, NAOTO) == "Register_Member_Restricted"
    assert midori.refusal(WHOLE, REN) == "Register_Member_Restricted"
    assert midori.able(NAOTO) == ["榎　直人", "榎　蓮"]
    midori.today = date(2026, 2, 1)
    assert midori.offer(WHOLE, NAOTO) and midori.able(NAOTO) == ["榎　直人", "榎　千尋", "榎　蓮"]


def test_a_measure_for_the_register_itself_stops_the_papers_of_its_members_too(hall: OpenHall) -> None:
    midori = hall(restrictions=lambda text: text + ",支援措置,2026-05-01,,,,482010000001\n")
    for code in (WHOLE, ONE):
        assert midori.refusal(code, YUTO) == midori.refusal(code, NATSUMI) == "Register_Member_Restricted"
    assert len(midori.able(HARUKA)) == 2
    midori.today = date(2026, 4, 30)
    assert len(midori.able(YUTO)) == 3


@pytest.mark.parametrize("code", [WHOLE, ONE])
def test_of_two_persons_linked_with_one_member_neither_gets_a_paper(hall: OpenHall, code: str) -> None:
    """One of them is somebody else, and nobody can say which; nor, of another birth date as one of them is, who all the members are."""
    midori = hall(
        family_links=lambda text: text.replace(f"{DAISUKE},482010000007,1", f"{DAISUKE},482010000001,01")
    )
    assert midori.refusal(code, DAISUKE) == midori.refusal(code, YUTO) == "Record_Unusable"
    if code == ONE:
        assert "葛\U000e0102西　菜摘" in midori.able(NATSUMI)
    else:
        assert midori.refusal(code, NATSUMI) == "Record_Unusable"


@pytest.mark.parametrize("code", [WHOLE, ONE])
@pytest.mark.parametrize(
    ("length", "told"), [(200, False), (296, False), (297, True), (299, True), (900, True)]
)
def test_a_name_that_no_screen_holds_is_refused_by_name(
    hall: OpenHall, code: str, length: int, told: bool
) -> None:
    midori = hall(family_registers=lambda text: text.replace('"名": "凛"', f'"名": "{"凛" * length}"'))
    if not told:
        assert midori.offer(code, YUTO)
        return
    assert midori.refusal(code, YUTO) == "Text_Too_Long"


def test_where_a_link_cannot_be_used_nobody_knows_who_is_restricted(hall: OpenHall) -> None:
    midori = hall(
        family_links=lambda text: text.replace("4820100811,482010000008,2,女", "4820100811,482010000008,2,？")
    )
    assert midori.refusal(WHOLE, NAOTO) == "Record_Unusable"
    assert midori.able(NAOTO) == ["榎　直人", "榎　蓮"]


def test_a_member_without_a_link_may_be_chosen_where_nothing_is_in_doubt(hall: OpenHall) -> None:
    midori = hall(family_links=without("4820100103,482010000001,3,女\n"))
    assert len(midori.able(YUTO)) == 3 and midori.offer(WHOLE, YUTO)


def test_a_paper_leads_to_the_living_of_its_register_alone(hall: OpenHall) -> None:
    midori = hall()

    def owners(code: str, holder: str, name: str = "", **terms: Any) -> list[str]:
        kind = midori.town.municipality.kinds[code]
        return list(kind.owners(midori.pick(code, holder, name, **terms), midori.reader))

    assert owners(WHOLE, DAISUKE) == [DAISUKE]  # 美咲 is linked still, and was removed
    assert owners(WHOLE, HARUKA) == [HARUKA, "49202:4920200202"]
    assert owners(ONE, NATSUMI, "凛") == ["4820100103", YUTO, NATSUMI]
    assert owners(ONE, NATSUMI, "菜摘", members="holder") == [NATSUMI]


def test_the_age_of_who_is_no_resident_is_that_of_the_register(hall: OpenHall) -> None:
    midori, aoi = hall(), "49202:4920200202"
    midori.today = date(2026, 5, 4)
    assert midori.refusal(WHOLE, aoi) == "Holder_Under_Fifteen"
    assert midori.offer(WHOLE, HARUKA)
    midori.today = date(2026, 5, 5)
    assert midori.offer(WHOLE, aoi)
    unknown = hall(family_registers=lambda text: text.replace('"平成２３年５月５日"', '"年月日不詳"', 1))
    assert unknown.refusal(WHOLE, aoi) == "Record_Unusable"


def test_a_paper_of_one_member_is_of_no_more() -> None:
    refs = tuple(ref(str(number)) for number in range(3))
    offer = Offer.model_validate(
        {
            "kind": ONE, "words": {"ja": "証明書"}, "title": "証明", "fee": 400, "max_copies": 1,
            "hours": {"ja": "9:00〜17:00"}, "scopes": ["chosen"], "one_only": True,
            "subjects": [{"ref": one, "name": one, "holder": False} for one in refs],
        }
    )  # fmt: skip
    assert offer.admits(Scope.CHOSEN, refs[:1]) and not offer.admits(Scope.CHOSEN, refs[:2])


# --- how it fills the sheets -----------------------------------------------------------------------------------------

TERMS = FamilyRegisterTerms.model_validate(
    {
        "fee": 400,
        "opens": "09:00:00",
        "closes": "17:00:00",
        "max_copies": 5,
        "attestation": "これは、戸籍に記録されている事項の全部を証明した書面である。",
    },
    strict=False,
)
MIDORI = load_town(shipped_town("midori")).municipality


def rendered(row: dict[str, Any], copies: int = 1, **terms: Any) -> Rendered:
    body = FamilyRegisterBody.model_validate(body_of(row))
    records = FamilyRegisterRecords(row["戸籍番号"], body, body.members)
    told = TERMS.model_copy(update=terms)
    fronts = [
        family_register_front(records, "全部事項証明", told, date(2026, 6, 3), f"{NUMBER}{number}")
        for number in range(copies)
    ]
    return render_family_register(WHOLE, fronts, MIDORI.issuer)


def sides(pdf: bytes) -> list[Side]:
    """Each front as the reader of papers sees it."""
    found = []
    with PDFIUM:
        source = pypdfium2.PdfDocument(pdf)
        for number in range(len(source)):
            double = pypdfium2.PdfDocument.new()
            double.import_pages(source, [number, number])
            stream = io.BytesIO()
            double.save(stream)
            double.close()
            with Sheet(stream.getvalue()) as sheet:
                found.append(sheet.front)
        source.close()
    return found


def base_lines(letters: list[Letter]) -> list[float]:
    return sorted({round(letter.y, 2) for letter in letters})


def test_the_measures_are_those_of_real_certificates() -> None:
    first, last = sides(rendered(delivered("minato", "492020000002"), form="koseki-1994").pdf)
    (frame,) = [area for area in first.ruled if area.width > 150 and area.height > 150]
    assert (frame.left, frame.top, frame.right, frame.bottom) == pytest.approx((19.5, 34, 190, 248), abs=0.3)
    (frame,) = [area for area in last.ruled if area.width > 150 and area.height > 150]
    assert frame.bottom == pytest.approx(240, abs=0.3)
    body = [one for one in first.letters if 34 < one.y < 248 and one.x > 67 and one.size < 5]
    assert {round(one.size, 1) for one in body} == {3.9}  # 11 pt
    steps = [round(low - high, 2) for high, low in zip(base_lines(body), base_lines(body)[1:], strict=False)]
    assert min(steps) == pytest.approx(4.25, abs=0.02)
    # and no step is another than one pitch, with half a pitch for a rule, and more about a name
    assert {step for step in steps if step < 7} <= {4.25, 4.24, 4.26, 6.37, 6.38}
    large = {round(one.size / 3.88, 2) for one in first.letters if 34 < one.y < 248 and one.size > 5}
    assert large and all(1.6 <= times <= 2 for times in large)
    assert min(one.x for one in body) == pytest.approx(71.6, abs=0.1)
    labels = [one.x for one in first.letters if 34 < one.y < 248 and one.x < 67 and one.text == "戸"]
    assert {round(x, 1) for x in labels} == {21.7, 29.0}
    assert not first.pictures and len(last.pictures) == 1
    (seal,) = last.pictures
    assert seal.width <= 25 and seal.height <= 25 and seal.top > 240


def test_the_spouse_stands_on_the_line_of_the_birth_date() -> None:
    (first, _) = sides(rendered(delivered("midori", "482010000001")).pdf)
    lines = {
        line: [one for one in first.letters if abs(one.y - line) < 0.1]
        for line in base_lines(list(first.letters))
    }
    found = ["".join(one.text for one in line) for line in lines.values()]
    (line,) = [text for text in found if "夫" in text]
    assert line.startswith("【生年月日】平成３年４月５日") and line.endswith("【配偶者区分】夫")
    spouse = next(one for line in lines.values() for one in line if one.text == "夫")
    assert spouse.x - 7 * spouse.size == pytest.approx(144, abs=0.2)


def test_a_paper_has_digits_of_one_width() -> None:
    for side in sides(rendered(delivered("midori", "482010000007")).pdf):
        assert not re.search("[0-9]", "".join(one.text for one in side.letters))


@pytest.mark.parametrize("form", ["koseki-2025", "koseki-1994"])
def test_readings_stand_in_the_form_that_has_them_under_the_labels_of_the_municipality(form: str) -> None:
    text = "".join(
        one.text
        for side in sides(
            rendered(delivered("midori", "482010000001"), form=form, name_reading="名の読み").pdf
        )
        for one in side.letters
    )
    shown = form == "koseki-2025"
    assert [one in text for one in ("【氏の振り仮名】カサイ", "【名の読み】ユウト")] == [shown, shown]
    assert ("カサイ" in text) is shown


def test_a_variant_keeps_its_selector_on_paper() -> None:
    first = sides(rendered(delivered("midori", "482010000001")).pdf)[0]
    assert "葛\U000e0102" in [one.text for one in first.letters]


def test_the_same_record_gives_the_same_bytes() -> None:
    row = delivered("midori", "482010000001")
    assert rendered(row).pdf == rendered(row).pdf


def test_copies_have_their_own_number_on_every_sheet() -> None:
    made = rendered(delivered("minato", "492020000002"), copies=2)
    assert [(page.copy_number, page.k, page.n) for page in made.pages] == [
        (1, 1, 2),
        (1, 2, 2),
        (2, 1, 2),
        (2, 2, 2),
    ]
    texts = [unicodedata.normalize("NFKC", side.text) for side in sides(made.pdf)]
    assert [
        NUMBER + str(page.copy_number - 1) in text for page, text in zip(made.pages, texts, strict=True)
    ] == [True] * 4


@pytest.mark.parametrize(
    ("text", "first", "others", "lines"),
    [
        ("一二三四五六", 4, 3, ["一二三四", "五六"]),
        ("一二三、四五", 3, 3, ["一二", "三、四", "五"]),
        ("一二（三四）", 3, 3, ["一二", "（三", "四）"]),
        ("葛\U000e0102西誠", 2, 2, ["葛\U000e0102西", "誠"]),
        ("", 3, 3, [""]),
    ],
)
def test_lines_are_broken_to_the_character(text: str, first: int, others: int, lines: list[str]) -> None:
    assert broken(text, first, others) == lines


# made-up registers: a hundred members as well as one, values from one character to far more than a line

KANJI = st.text(alphabet="山川森林海空花月日本国中大小一二三、（）１２葛", min_size=1, max_size=90)
NAMES = st.text(alphabet="山川森林海空花月", min_size=1, max_size=30)
LONG = st.integers(100, 296).map(lambda length: "花月" * (length // 2))
ITEMS = st.lists(st.tuples(NAMES.map(lambda text: text[:12]), KANJI).map(list), min_size=1, max_size=6)
ENTRIES = st.lists(st.tuples(NAMES.map(lambda text: text[:25]), ITEMS).map(list), min_size=1, max_size=5)


@st.composite
def registers(draw: st.DrawFn, names_of: st.SearchStrategy[str] = NAMES) -> dict[str, Any]:
    names = draw(st.lists(names_of, min_size=1, max_size=6, unique=True))
    members = [
        {
            "番号": number, "名": name, "名の振り仮名": draw(st.sampled_from([None, "ミホン"])),
            "除籍": number > 1 and draw(st.booleans()), "生年月日": "平成３年４月５日",
            "配偶者区分": draw(st.sampled_from(["", "夫"])), "父": draw(st.sampled_from(["", "山川　森"])),
            "母": "山川　海", "続柄": "長男", "身分事項": draw(ENTRIES),
        }
        for number, name in enumerate(names, start=1)
    ]  # fmt: skip
    return {
        "戸籍番号": "482010000001",
        "本籍": "青葉県みどり市" + draw(KANJI),
        "氏名": {"氏名": f"見本　{names[0]}"},
        "戸籍事項": draw(ENTRIES),
        "戸籍に記録されている者": members,
    }


@given(registers(NAMES | LONG))
def test_every_line_stands_on_a_page_once_and_no_page_is_too_full(row: dict[str, Any]) -> None:
    body = FamilyRegisterBody.model_validate(body_of(row))
    records = FamilyRegisterRecords(row["戸籍番号"], body, body.members)
    front = family_register_front(records, "全部事項証明", TERMS, date(2026, 6, 3), NUMBER)
    rows = Rows(Labels(None, "名の振り仮名")).of(front)
    pages = paged(rows)
    assert [one for page in pages for one in page.rows] == rows
    assert [page.last for page in pages] == [False] * (len(pages) - 1) + [True]
    assert all(page.keys for page in pages)
    for page in pages:
        assert page.rows and not (page.rows[-1].held and not page.last)
        assert page.last or not page.rows[-1].right or page.rows[-1].right[0].size < 12
        used = sum(one.height for one in page.rows) + sum(1 for one in page.rows[1:] if one.rule)
        assert 35.7 + used * 2.125 + (4.25 if page.last else 0) <= (240 if page.last else 248)
    for one in rows:
        for run in one.right:
            assert run.x + len(letters(run.text)) * run.size * 25.4 / 72 <= 189
        for run in one.left:
            assert run.x + len(letters(run.text)) * run.size * 25.4 / 72 <= 67.01


@settings(max_examples=12)
@given(registers())
def test_what_is_told_of_the_pages_is_what_stands_on_them(row: dict[str, Any]) -> None:
    """Whoever is told of a sheet is named on it, and whoever has a heading on it is told."""
    made = rendered(row)
    names = {f"{row['戸籍番号']}-{one['番号']}": one["名"] for one in row["戸籍に記録されている者"]}
    headed: list[str] = []
    for page, side in zip(made.pages, sides(made.pdf), strict=True):
        large = [one for one in side.letters if one.size > 5 and 34 < one.y < 248]
        assert all(
            f"【名】{names[key]}" in side.text.replace("\u3000", "") or len(names[key]) > 15
            for key in page.subjects
        )
        heads = side.text.count("戸籍に記録されている者")
        assert page.subjects and len(page.subjects) - heads in (0, 1) and (heads == 0 or large)
        headed += page.subjects[len(page.subjects) - heads :] if heads else ()
        assert all(one.x + one.size <= 190.1 for one in side.letters if 34 < one.y < 240)
    assert headed == list(names)


# --- what centre and terminal read -----------------------------------------------------------------------------------


def entries_of(made: Rendered) -> list[SheetEntry]:
    return [
        SheetEntry(
            number=number, copy_number=page.copy_number, k=page.k, n=page.n, issue_number=f"{NUMBER}0",
            subjects=tuple(ref(key) for key in page.subjects), sha256="0" * 64,
        )
        for number, page in enumerate(made.pages, start=1)
    ]  # fmt: skip


def test_a_sheet_of_another_register_is_told_apart_also_where_it_begins_within_a_block(
    hall: OpenHall,
) -> None:
    """Both of two sheets, the second of which has no 【名】 of the form."""
    midori = hall()
    offered = midori.offer(WHOLE, YUTO)
    offer = Offer(
        kind=WHOLE, words={"ja": "証明書"}, title="全部事項証明", fee=400, max_copies=1,
        hours={"ja": "9:00〜17:00"}, scopes=(Scope.WHOLE,), whole={"ja": "全員"}, subjects=offered.subjects,
    )  # fmt: skip
    ours = rendered(delivered("midori", "482010000001"))
    theirs = rendered(delivered("midori", "482010000008"))
    facts = [front_facts("01JXAMP0E0000000000000000A", one, offer) for one in entries_of(ours)]
    check_fronts(ours.pdf, facts)
    assert [len(page.subjects) for page in ours.pages] == [3, 1]
    mixed = pypdfium2.PdfDocument.new()
    for pdf, number in ((ours.pdf, 0), (theirs.pdf, 1)):
        mixed.import_pages(pypdfium2.PdfDocument(pdf), [number])
    stream = io.BytesIO()
    mixed.save(stream)
    with pytest.raises(Failed) as caught:
        check_fronts(stream.getvalue(), facts)
    assert caught.value.facts == {"detail": "name", "sheet": 2}


def offer_of(offered: Offered, code: str = WHOLE) -> Offer:
    return Offer(
        kind=code, words={"ja": "証明書"}, title="全部事項証明", fee=400, max_copies=1,
        hours={"ja": "9:00〜17:00"}, scopes=offered.scopes, whole={"ja": "全員"}, subjects=offered.subjects,
    )  # fmt: skip


HANA = "花"


@pytest.mark.parametrize(
    ("name", "born", "told"),
    [
        (HANA, "令和３年１２月１日", ""),
        ("花子", "令和３年１２月１日", "name"),
        ("百花", "令和３年１２月１日", "name"),
        ("ば\u3099な", "令和３年１２月１日", "name"),
        (HANA, "令和３年１２月２日", "birth"),
        (HANA, "平成３年１２月１日", "birth"),
    ],
)
def test_a_front_of_another_of_nearly_the_same_name_is_told_apart(
    hall: OpenHall, name: str, born: str, told: str
) -> None:
    """A child of one letter; somebody whose name begins so; somebody of the same name in another register."""
    offer = offer_of(hall().offer(WHOLE, "4820100201"))
    row = copy.deepcopy(delivered("midori", "482010000004"))
    assert row["戸籍に記録されている者"][1]["名"] == HANA
    row["戸籍に記録されている者"][1] |= {"名": name, "生年月日": born}
    made = rendered(row)
    facts = [front_facts("01JXAMP0E0000000000000000A", one, offer) for one in entries_of(made)]
    if not told:
        check_fronts(made.pdf, facts)
        return
    with pytest.raises(Failed) as caught:
        check_fronts(made.pdf, facts)
    assert caught.value.facts["detail"] == told


def test_a_name_that_somebody_had_before_is_nobodys_name(hall: OpenHall) -> None:
    """名の変更 says 【名】 of what was: a paper of 蒼 who was 葵 is none of an 葵."""
    midori = hall()
    offer = offer_of(midori.offer(WHOLE, HARUKA))
    row = delivered("midori", "482010000003")
    assert "葵" in json.dumps(row["戸籍に記録されている者"][1]["身分事項"], ensure_ascii=False)
    made = rendered(row)
    subjects = tuple(
        one.model_copy(update={"printed": "【名】葵", "born": "【生年月日】平成２３年５月６日"})
        if one.name.endswith("蒼")
        else one
        for one in offer.subjects
    )
    other = offer.model_copy(update={"subjects": subjects})
    first, second = (front_facts("01JXAMP0E0000000000000000A", one, offer) for one in entries_of(made))
    check_fronts(made.pdf, [first, second])
    second = front_facts("01JXAMP0E0000000000000000A", entries_of(made)[1], other)
    with pytest.raises(Failed) as caught:
        check_fronts(made.pdf, [first, second])
    assert caught.value.facts == {"detail": "birth", "sheet": 2}


def test_a_sheet_before_the_first_block_says_whose_it_is(hall: OpenHall) -> None:
    """The entries of a register that has moved often fill more than a sheet."""
    row = copy.deepcopy(delivered("midori", "482010000004"))
    row["戸籍事項"] *= 40
    made = rendered(row)
    assert made.pages[0].subjects == ("482010000004-1",) and made.pages[0].n == 3
    offer = offer_of(hall().offer(WHOLE, "4820100201"))
    check_fronts(
        made.pdf, [front_facts("01JXAMP0E0000000000000000A", one, offer) for one in entries_of(made)]
    )


@pytest.mark.parametrize("beside", ["0", "1", "９"])
def test_a_sheet_of_another_copy_whose_number_begins_so_is_told_apart(hall: OpenHall, beside: str) -> None:
    offer = offer_of(hall().offer(WHOLE, YUTO))
    body = FamilyRegisterBody.model_validate(body_of(delivered("midori", "482010000001")))
    records = FamilyRegisterRecords("482010000001", body, body.members)
    told = family_register_front(records, "全部事項証明", TERMS, date(2026, 6, 3), f"{NUMBER}0{beside}")
    made = render_family_register(WHOLE, [told], MIDORI.issuer)
    with pytest.raises(Failed, match="issue number"):
        check_fronts(
            made.pdf, [front_facts("01JXAMP0E0000000000000000A", one, offer) for one in entries_of(made)]
        )
