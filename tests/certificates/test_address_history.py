"""戸籍の附票の写し: who may have it, whom it may show and what of them, and how its lines fill the sheets."""

from __future__ import annotations

import json
import re
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.towns import Town, load_town
from server_stub.certificates.address_history import front as layout
from server_stub.certificates.address_history.front import AddressHistoryFront, Person, Sheet, sheets_of
from server_stub.certificates.certificate import Case, Offered
from server_stub.db import sqlite_url
from server_stub.interface.binding import PDFIUM
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.front import check_front, check_fronts, front_facts, letters_of
from server_stub.interface.offers import ApplicationRequest, Offer, Scope
from server_stub.interface.terminal import SheetEntry
from server_stub.interface.trace import Trace
from server_stub.interface.values import Box, Identity, Method, Place
from server_stub.paper.typesetting import Rendered
from server_stub.registry.replica import Replica, ReplicaReader
from tests.registry.helper import write_notices

TOWNS = Path(__file__).parents[2] / "scenarios" / "towns"
KIND, MINIMUM_AGE = "address_history", 15
YUTO, NATSUMI, IKARI, TSUYOSHI, SUSUMU, ITSUKI = (
    "4820100101", "4820100102", "4820110401", "4820110501", "4820110601", "4820110801",
)  # fmt: skip
KAEDE, KOZUE, HARUKA, MOE = "4820110901", "49202:4920210301", "49202:4920200201", "4820110502"
NUMBER = "48201-20260603-7K3M-Q9TX-2HRD"
APPLICATION = "01ABCDEFGHJKMNPQRSTVWXYZ00"
Edit = Callable[[str], str]


def ref(key: str) -> str:
    return f"{zlib.crc32(key.encode()):016x}"


@dataclass
class Hall:
    """みどり市 as its delivery, or a changed one, makes it."""

    town: Town
    reader: ReplicaReader
    clock: Clock
    today: date = field(default=STAGE_START.date())

    def case(self, holder: str, *questions: str) -> Case[Any]:
        terms = self.town.municipality.services[KIND]
        if questions:
            terms = terms.model_copy(update={"questions": questions})
        return Case(
            terms, self.reader, Identity(method=Method.JPKI, reference="0" * 16), holder, self.reader.person(holder),
            Place.DOMICILE, self.today, ref, MINIMUM_AGE,
        )  # fmt: skip

    def offer(self, holder: str, *questions: str) -> Offered:
        return self.town.municipality.kinds[KIND].offer(self.case(holder, *questions))

    def refusal(self, holder: str) -> str:
        with pytest.raises(Failed) as caught:
            self.offer(holder)
        return caught.value.failure

    def paper(
        self, holder: str, *shown: str, only: tuple[str, ...] = (), questions: tuple[str, ...] = ()
    ) -> tuple[Rendered, Offered]:
        """One copy with these items on it, of everybody or of those whose names are told."""
        kind, case = self.town.municipality.kinds[KIND], self.case(holder, *questions)
        offered = kind.offer(case)
        subjects = tuple(one.ref for one in offered.subjects if not only or one.name in only)
        asked = [one for one in offered.questions if one.concerned(subjects)]
        request = ApplicationRequest(
            kind=KIND,
            municipality=self.town.code,
            scope=Scope.CHOSEN if only else Scope.WHOLE,
            subjects=subjects,
            answers={one.code: "yes" if one.code in shown else "no" for one in asked},
            copies=1,
            fee_total=250,
        )
        made = kind.render(
            [kind.pick(case, request)],
            request,
            case.terms,
            self.town.municipality.issuer,
            self.today,
            [NUMBER],
        )
        return made, offered


OpenHall = Callable[..., Hall]


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[OpenHall]:
    """Opens みどり市 with files of its delivery changed: name -> what is done to the text."""
    opened: list[tuple[Replica, ReplicaReader]] = []

    def make(**edits: Edit) -> Hall:
        folder = tmp_path / f"town{len(opened)}"
        shutil.copytree(TOWNS / "midori", folder)
        for name, edit in edits.items():
            (file,) = (folder / "delivery").glob(f"{name}.*")
            before = file.read_text(encoding="utf-8")
            after = edit(before)
            assert after != before
            file.write_text(after, encoding="utf-8")
            _recount(folder / "delivery" / "slip.csv", file, after)
        town, clock, url = load_town(folder), Clock(STAGE_START), sqlite_url(tmp_path / f"{len(opened)}.db")
        write_notices(folder / "発行通知.csv", [])
        town.load(url, folder / "発行通知.csv", clock, Trace(clock))
        replica = Replica(url)
        opened.append((replica, replica.open_generation()))
        return Hall(town, opened[-1][1], clock)

    yield make
    for replica, reader in opened:
        reader.close()
        replica.close()


def _recount(slip: Path, file: Path, text: str) -> None:
    rows = len(text.splitlines()) - (file.suffix == ".csv")
    told = slip.read_text(encoding="utf-8")
    slip.write_text(re.sub(rf"{file.name},\d+", f"{file.name},{rows}", told), encoding="utf-8")


def member(key: str, **items: Any) -> Edit:
    """Change the row of that person in the members' file; a value None takes the item away."""

    def edit(text: str) -> str:
        rows = [json.loads(line) for line in text.splitlines()]
        (row,) = [row for row in rows if row["宛名番号"] == key]
        row.update(items)
        for name in [name for name, value in items.items() if value is None]:
            del row[name]
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)

    return edit


def text_of(made: Rendered, page: int = 0) -> str:
    with PDFIUM:
        document = pypdfium2.PdfDocument(made.pdf)
        try:
            return "".join(document[page].get_textpage().get_text_bounded().split())
        finally:
            document.close()


# --- who may have it -------------------------------------------------------------------------------------------------


def test_nobody_of_a_register_gets_it_while_one_member_is_protected(hall: OpenHall) -> None:
    """The spouse and the child; who is protected is refused before, as everywhere. The same register without the measure: all."""
    assert hall().refusal(TSUYOSHI) == hall().refusal("4820110502") == "Address_History_Not_Here"
    released = hall(restrictions=lambda text: text.replace("2026-12-07,", "2026-12-07,2026-06-03"))
    assert [one.name for one in released.offer(TSUYOSHI).subjects] == ["沢村　剛", "沢村　梢", "沢村　萌"]


def test_whom_the_register_has_lost_is_protected_as_well(hall: OpenHall) -> None:
    """Her last address before she was removed would be told to him who stayed. She has no link to this register any more."""
    moved = "4820110901,482010000055,2,女"
    told = hall(
        family_links=lambda text: text.replace(moved + "\n", ""),
        restrictions=lambda text: text + f"{KAEDE},支援措置,2026-05-28,,,,\n",
    )
    assert told.refusal(ITSUKI) == "Address_History_Not_Here"
    assert [one.name for one in hall().offer(ITSUKI).subjects] == ["黒田　樹", "黒田　楓"]


def test_nobody_gets_it_where_a_broken_link_may_hide_who_is_protected(hall: OpenHall) -> None:
    broken = hall(
        family_links=lambda text: text.replace(f"{KOZUE},482010000052,2", f"{KOZUE},482010000052,x")
    )
    assert broken.refusal(TSUYOSHI) == "Record_Unusable"
    assert [one.name for one in broken.offer(YUTO).subjects if one.holder] == ["葛󠄂西　悠斗"]


@pytest.mark.parametrize(
    ("changed", "items"),
    [
        ("no day", {"生年月日": "不詳"}),
        ("no name", {"名": ""}),
        ("not oldest first", {"住所": [{"address": "甲市", "since": "2020-01-01"}, {"address": "乙市", "since": "2019-12-31"}]}),
        ("no address", {"住所": []}),
        ("an address without its day", {"住所": [{"address": "甲市"}]}),
        ("older than the 附票", {"住所": [{"address": "甲市", "since": "2001-01-01"}, {"address": "乙市", "since": "2019-11-21"}]}),
        ("a code that may be somebody's", {"住民票コード": "48201000010"}),
        ("a stand-in in an address", {"住所": [{"address": "青葉県〓どり市", "since": "2019-11-20"}]}),
        ("another birth date than the resident's", {"生年月日": "1992-02-28"}),
    ],
    ids=lambda told: told if isinstance(told, str) else "",
)  # fmt: skip
def test_a_record_that_cannot_be_used_costs_its_person_the_paper_and_the_others_the_whole(
    hall: OpenHall, changed: str, items: Mapping[str, Any]
) -> None:
    told = hall(address_history_members=member(NATSUMI, **items))
    assert told.refusal(NATSUMI) == "Record_Unusable"
    offered = told.offer(YUTO)
    assert offered.scopes == (Scope.CHOSEN,)
    assert [one.name for one in offered.subjects] == ["葛󠄂西　悠斗", "葛󠄂西　凛"]
    made, _ = told.paper(YUTO, only=("葛󠄂西　悠斗", "葛󠄂西　凛"))
    assert "一部証明" in text_of(made)


def test_a_head_that_cannot_be_used_costs_the_whole_register_the_paper(hall: OpenHall) -> None:
    told = hall(address_histories=lambda text: text.replace("2019-11-22", "不詳"))
    assert told.refusal(YUTO) == told.refusal(NATSUMI) == "Record_Unusable"


def test_whose_link_names_no_member_is_refused(hall: OpenHall) -> None:
    told = hall(
        family_links=lambda text: text.replace(f"{NATSUMI},482010000001,2", f"{NATSUMI},482010000001,9")
    )
    assert told.refusal(NATSUMI) == "Record_Unusable"


def test_a_link_to_another_persons_entry_is_refused(hall: OpenHall) -> None:
    """The two registers must name the same person: nobody is matched by anything else."""
    told = hall(
        family_links=lambda text: text.replace(f"{NATSUMI},482010000001,2", f"{NATSUMI},482010000004,1")
    )
    assert told.refusal(NATSUMI) == "Record_Unusable"


@pytest.mark.parametrize(("born", "refused"), [("2011-06-03", False), ("2011-06-04", True)])
def test_the_age_of_who_lives_elsewhere_is_that_of_the_register(
    hall: OpenHall, born: str, refused: bool
) -> None:
    told = hall(address_history_members=member(HARUKA, 生年月日=born))
    if refused:
        assert told.refusal(HARUKA) == "Holder_Under_Fifteen"
    else:
        assert [one.name for one in told.offer(HARUKA).subjects if one.holder] == ["渡邉　遥"]


def test_nobody_gets_it_while_somebody_under_a_measure_lives_with_one_of_the_register(hall: OpenHall) -> None:
    """She left the register with her divorce, or never was in it; the child that has stayed in it lives with her: its address is hers."""

    def hers(text: str) -> str:
        return text.replace(
            "49202:4920210301,支援措置,2025-12-08,2026-12-07", f"{KAEDE},支援措置,2026-05-28,"
        )

    def with_her(text: str) -> str:
        return text.replace(
            f"{MOE},4820110500,2,沢村　萌,サワムラ　モエ,2010-04-02,女,子,沢村　剛,楠町１４番３号",
            f"{MOE},4820110900,2,沢村　萌,サワムラ　モエ,2010-04-02,女,子,白井　楓,楠町６番８号",
        )

    together = hall(residents=with_her, restrictions=hers)
    assert together.refusal(TSUYOSHI) == together.refusal(MOE) == "Address_History_Not_Here"
    assert len(hall(restrictions=hers).offer(TSUYOSHI).subjects) == 3


def test_whom_the_register_has_lost_is_protected_also_by_a_row_that_cannot_be_used(hall: OpenHall) -> None:
    moved = "4820110901,482010000055,2,女"
    told = hall(
        family_links=lambda text: text.replace(moved + "\n", ""),
        address_history_members=member(KAEDE, 住所=[]),
        restrictions=lambda text: text + f"{KAEDE},支援措置,2026-05-28,,,,\n",
    )
    assert told.refusal(ITSUKI) == "Address_History_Not_Here"


def _again(key: str) -> Edit:
    """That person was removed, and has come back as a member of another number."""

    def edit(text: str) -> str:
        rows = [json.loads(line) for line in text.splitlines()]
        (row,) = [row for row in rows if row["宛名番号"] == key]
        rows.append({**row, "戸籍内番号": "9"})
        row["除籍日"] = "2024-06-01"
        return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)

    return edit


def test_who_has_come_back_into_the_register_stands_there_twice(hall: OpenHall) -> None:
    told = hall(
        address_history_members=_again(NATSUMI),
        family_links=lambda text: text.replace(f"{NATSUMI},482010000001,2", f"{NATSUMI},482010000001,9"),
    )
    made, offered = told.paper(NATSUMI)
    offer = _offer(offered)
    assert [(one.name[-2:], one.holder, one.note is not None) for one in offer.subjects] == [
        ("悠斗", False, False), ("菜摘", False, True), ("　凛", False, False), ("菜摘", True, False),
    ]  # fmt: skip
    assert text_of(made).count("【氏名】") == 4
    check_fronts(made.pdf, [front_facts(APPLICATION, _entry(page), offer) for page in made.pages])


def test_who_is_in_another_register_since_the_offer_is_another_member_there(hall: OpenHall) -> None:
    """So that an application for the paper of the one does not get that of the other."""
    before = hall().offer(NATSUMI)
    since = hall(
        family_links=lambda text: text.replace(f"{NATSUMI},482010000001,2", f"{NATSUMI},482010000004,3"),
        address_history_members=member(NATSUMI, 戸籍番号="482010000004", 戸籍内番号="3"),
    ).offer(NATSUMI)
    own = [[one.ref for one in offered.subjects if one.holder] for offered in (before, since)]
    assert len(own[0]) == len(own[1]) == 1 and own[0] != own[1]


@pytest.mark.parametrize("questions", [("overseas_voting",), ("resident_code",), ("domicile",)])
def test_centre_and_terminal_take_the_paper_whatever_the_municipality_asks(
    hall: OpenHall, questions: tuple[str, ...]
) -> None:
    for shown in ((), ("domicile",), ("resident_code",)):
        made, offered = hall().paper(YUTO, *shown, questions=questions)
        offer = _offer(offered)
        check_fronts(
            made.pdf,
            [front_facts(APPLICATION, _entry(page, page.secret_boxes), offer) for page in made.pages],
        )


def test_a_front_of_somebody_of_the_same_name_in_another_register_is_told_apart(hall: OpenHall) -> None:
    ours, offered = hall().paper(YUTO, "domicile", only=("葛󠄂西　悠斗",))
    theirs, _ = hall(
        address_history_members=member(YUTO, 生年月日="1991-04-06"),
        residents=lambda text: text.replace("1991-04-05", "1991-04-06"),
    ).paper(YUTO, "domicile", only=("葛󠄂西　悠斗",))
    (page,) = ours.pages
    facts = [front_facts(APPLICATION, _entry(page), _offer(offered))]
    check_fronts(ours.pdf, facts)
    with pytest.raises(Failed, match="birth"):
        check_fronts(theirs.pdf, facts)


# --- what it may show ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("removed", "shown"), [("2022-01-10", False), ("2022-01-11", True)])
def test_birth_and_sex_stand_there_of_whom_the_register_lost_from_2022_01_11_on(
    hall: OpenHall, removed: str, shown: bool
) -> None:
    made, _ = hall(address_history_members=member(KAEDE, 除籍日=removed)).paper(ITSUKI, only=("黒田　楓",))
    text = text_of(made)
    assert ("【生年月日】平成３年１０月２０日" in text) is ("【性別】女" in text) is shown
    assert "除籍" in text


@pytest.mark.parametrize(("removed", "asked"), [("2024-05-26", False), ("2024-05-27", True)])
def test_the_code_is_asked_about_of_whom_the_register_lost_from_2024_05_27_on(
    hall: OpenHall, removed: str, asked: bool
) -> None:
    told = hall(address_history_members=member(KAEDE, 除籍日=removed))
    offered = told.offer(ITSUKI, "resident_code")
    (question,) = offered.questions
    (kaede,) = [one.ref for one in offered.subjects if one.name == "黒田　楓"]
    assert (kaede in question.concerns) is asked
    made, _ = told.paper(ITSUKI, "resident_code", questions=("resident_code",))
    assert text_of(made).count("【住民票コード】") == 1 + asked


def test_nothing_stands_there_that_nobody_asked_for(hall: OpenHall) -> None:
    made, offered = hall().paper(IKARI)
    text = text_of(made) + text_of(made, 1)
    assert {one.code: one.default for one in offered.questions} == {"domicile": "no", "overseas_voting": "no"}
    assert "【氏名】遠山渡" in text
    for word in ("本籍", "筆頭者", "【名】", "在外選挙", "住民票コード", "６番地"):
        assert word not in text


def test_a_code_stands_in_a_box_that_every_picture_covers(hall: OpenHall) -> None:
    """Eleven digits and no more; centre and terminal refuse a box beside them."""
    made, offered = hall().paper(ITSUKI, "resident_code", questions=("domicile", "resident_code"))
    offer = _offer(offered)
    (page,) = made.pages
    facts = front_facts("01ABCDEFGHJKMNPQRSTVWXYZ00", _entry(page, page.secret_boxes), offer)
    check_fronts(made.pdf, [facts])
    assert len(page.secret_boxes) == 2
    beside = tuple(
        Box(x=box.x + 8, y=box.y, width=box.width - 8, height=box.height) for box in page.secret_boxes
    )
    with pytest.raises(Failed, match="個人番号 in a box"):
        check_fronts(made.pdf, [replace(facts, boxes=beside)])


def _offer(offered: Offered) -> Offer:
    return Offer(
        kind=KIND, words={"ja": "戸籍の附票の写し"}, title="戸籍の附票の写し", fee=250, max_copies=1, hours={"ja": "9:00"},
        scopes=offered.scopes, whole={"ja": "全員"}, subjects=offered.subjects, questions=offered.questions,
    )  # fmt: skip


def _entry(page: Any, boxes: tuple[Box, ...] = (), **answers: str) -> SheetEntry:
    return SheetEntry(
        number=1, copy_number=1, k=page.k, n=page.n, sha256="0" * 64, subjects=tuple(map(ref, page.subjects)),
        issue_number=NUMBER, answers=answers or dict(page.answers), secret_boxes=boxes,
    )  # fmt: skip


@pytest.mark.parametrize(("printed", "told"), [("yes", "no"), ("no", "yes")])
def test_the_front_bears_the_name_that_the_answer_asks_for(hall: OpenHall, printed: str, told: str) -> None:
    """The whole name without 本籍・筆頭者, 【名】 and the given name with them: the other paper is refused before money."""
    made, offered = hall().paper(YUTO, *(("domicile",) if printed == "yes" else ()))
    (page,) = made.pages
    offer = _offer(offered)
    application = "01ABCDEFGHJKMNPQRSTVWXYZ00"
    with PDFIUM:
        document = pypdfium2.PdfDocument(made.pdf)
        try:
            text, height = document[0].get_textpage(), document[0].get_height()
            check_front(text, letters_of(text), height, front_facts(application, _entry(page), offer))
            with pytest.raises(Failed, match="name"):
                other = front_facts(application, _entry(page, domicile=told), offer)
                check_front(text, letters_of(text), height, other)
        finally:
            document.close()


# --- lines and sheets ------------------------------------------------------------------------------------------------

LETTERS = (
    st.text("青葉県みどり市若葉町一丁目　0123456789０１２３", min_size=1, max_size=90)
    .map(str.strip)
    .filter(bool)
)


@st.composite
def fronts(draw: st.DrawFn) -> AddressHistoryFront:
    shown = draw(st.booleans())
    people = tuple(
        Person(
            key=str(number),
            name=f"氏{number}　名{number}",
            given=f"名{number}",
            birth=draw(st.sampled_from(["", "平成3年4月5日"])),
            sex="男",
            removed=draw(st.booleans()),
            overseas_voting=draw(st.sampled_from([None, "みどり市"])),
            resident_code=None,
            has_overseas=False,
            has_code=False,
            addresses=tuple((draw(LETTERS), "令和元年5月1日") for _ in range(draw(st.integers(1, 14)))),
        )  # fmt: skip
        for number in range(1, draw(st.integers(1, 5)) + 1)
    )
    return AddressHistoryFront(
        extent="全部証明", domicile=draw(LETTERS) if shown else None, head="筆頭者" if shown else None, made="編製",
        made_on="令和元年5月1日", reason=draw(LETTERS), persons=people, attestation="証明する。", issued_on="令和8年6月3日",
        issue_number=NUMBER,
    )  # fmt: skip


@given(fronts())
def test_every_address_stands_on_a_sheet_once_in_its_order_below_its_persons_name(
    front: AddressHistoryFront,
) -> None:
    sheets = sheets_of(front, 46, 30.25)
    assert all(sheet.height < 46 for sheet in sheets)
    assert [_addresses(sheet) for sheet in sheets if not sheet.persons] == []
    found = [one for sheet in sheets for one in _addresses(sheet)]
    assert found == [
        (person.name if front.domicile is None else person.given, number, "".join(address.split()))
        for person in front.persons
        for number, (address, _) in enumerate(person.addresses, start=1)
    ]
    for sheet in sheets:
        names = [line.text for line in sheet.lines if line.name]
        assert names == [one.name if front.domicile is None else one.given for one in sheet.persons]


def _addresses(sheet: Sheet) -> list[tuple[str, int, str]]:
    """(name above it, number, address) of each, put together from its lines; each line fits its column."""
    found: list[tuple[str, int, str]] = []
    name, open_ = "", False
    for line in sheet.lines:
        assert len(line.label) + len(line.text) + (1.5 if line.more else 0) <= 30.25
        if line.name:
            name, open_ = line.text, False
        elif line.label == "【住所】":
            found.append((name, int(line.left.removeprefix("住所")), "".join(line.text.split())))
            open_ = True
        elif line.more and open_:
            found[-1] = (*found[-1][:2], found[-1][2] + "".join(line.text.split()))
        else:
            open_ = False
    return found


def test_the_lines_have_the_pitch_and_the_names_the_size_of_the_forms_of_the_register(hall: OpenHall) -> None:
    """4.25 mm from line to line, names 1.6 to 2 times as large as the rest, as measured on papers of the 戸籍."""
    made, _ = hall().paper(YUTO)
    with PDFIUM:
        document = pypdfium2.PdfDocument(made.pdf)
        try:
            text = document[0].get_textpage()
            letters = letters_of(text)
            first, second = (letters.places(word)[0][0] for word in ("【編製日】", "【編製事由】"))
            pitch = (text.get_charbox(first)[1] - text.get_charbox(second)[1]) * 25.4 / 72
            sizes = [_size(text, letters.places(word)[0][0]) for word in ("悠斗", "平成３年")]
        finally:
            document.close()
    assert pitch == pytest.approx(4.25, abs=0.05)
    assert 1.6 <= sizes[0] / sizes[1] <= 2


def _size(text: Any, index: int) -> float:
    left, low, right, high = text.get_charbox(index, loose=True)
    return float(high - low)


def test_a_name_too_long_for_the_smallest_letters_is_refused_by_name(hall: OpenHall) -> None:
    told = hall(address_history_members=member(YUTO, 氏="葛" * 25, 名="斗" * 20))
    made, _ = told.paper(YUTO, only=("葛" * 25 + "　" + "斗" * 20,))
    assert "斗" * 20 in text_of(made)
    longer = hall(address_history_members=member(YUTO, 氏="葛" * 90, 名="斗" * 20))
    with pytest.raises(Failed) as caught:
        longer.paper(YUTO, only=("葛" * 90 + "　" + "斗" * 20,))
    assert (caught.value.failure, caught.value.facts) == ("Text_Too_Long", {"field": "name"})


def test_an_address_that_goes_on_no_sheet_is_refused_by_name() -> None:
    """What a municipality's own format file lets pass may be longer than a sheet."""
    person = Person(
        "1", "氏　名", "名", "", "男", False, None, None, False, False, (("町" * 1400, "令和元年5月1日"),)
    )
    front = AddressHistoryFront(
        "全部証明", None, None, "編製", "令和元年5月1日", "", (person,), "", "", NUMBER
    )
    with pytest.raises(Failed, match="Text_Too_Long"):
        sheets_of(front, 46, 30.25)


def test_numbers_are_not_parted_at_the_end_of_a_line() -> None:
    assert layout._parts("青葉県みどり市架空官舎３０１号", 13, 13) == ["青葉県みどり市架空官舎", "３０１号"]
