"""A town of the user's own: made, found wrong with everything at once, and loaded into a server that runs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from scenarios.cli import app
from scenarios.command.town_check import problems_of
from scenarios.command.usage import WrongUse
from scenarios.deliveries import last_night
from scenarios.server_folder import ServerFolder
from scenarios.servers import LocalServers
from scenarios.template import build_template, load_cards
from scenarios.towns import choose_towns, load_town, load_towns, shipped_town, town_folder
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.failures import Failed
from server_stub.interface.trace import Trace
from server_stub.registry.replica import Replica, generations_of
from tests.center.world import until
from tests.command_line import konbini


@pytest.fixture
def town(tmp_path: Path) -> Path:
    folder = tmp_path / "私の 市"
    done = CliRunner().invoke(app, ["town", "new", str(folder), "--code", "13999", "--name", "東見本市"])
    assert done.exit_code == 0, done.output
    return folder


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8", newline="")


def test_a_new_town_can_be_used_as_it_is(town: Path) -> None:
    assert list(problems_of(town)) == []
    made = load_town(town)
    assert (made.code, made.name, len(made.cards)) == ("13999", "東見本市", 4)
    assert {card.person for card in made.cards} == set(made.people())
    assert not made.is_shipped


@pytest.mark.parametrize("name", ["", " ", 'a"b', "a\\\\b", "あ,い市", "東\n市", " 東市", "長" * 101, "😀市"])
def test_a_name_that_no_town_can_have_makes_no_folder(tmp_path: Path, name: str) -> None:
    done = CliRunner().invoke(app, ["town", "new", str(tmp_path / "town"), "--name", name])
    assert isinstance(done.exception, WrongUse) and "--name" in str(done.exception), done.exception
    assert not (tmp_path / "town").exists()


@pytest.mark.parametrize("code", ["", "9999", "1234a", "１２３４５"])
def test_a_code_that_no_town_can_have_makes_no_folder(tmp_path: Path, code: str) -> None:
    done = CliRunner().invoke(app, ["town", "new", str(tmp_path / "town"), "--code", code])
    assert isinstance(done.exception, WrongUse) and "--code" in str(done.exception)
    assert not (tmp_path / "town").exists()


def test_a_new_town_says_which_lines_are_still_the_patterns(tmp_path: Path) -> None:
    folder = tmp_path / "town"
    done = CliRunner().invoke(app, ["town", "new", str(folder), "--name", "足利市"])
    lines = (folder / "municipality.toml").read_text(encoding="utf-8").splitlines()
    told = {
        int(number): text for number, text in re.findall(r"municipality\.toml (\d+)行目\s+(.+)", done.output)
    }
    assert {number: lines[number - 1].partition("#")[0].strip() for number in told} == told
    left = {
        number
        for number, line in enumerate(lines, 1)
        if re.match("kana|name_en|prefecture|prefecture_en", line)
    }
    assert left <= set(told)
    assert any("見本県" in line for line in done.output.splitlines() if "full.toml" in line)


def test_the_settings_that_are_copied_are_explained_in_japanese(town: Path) -> None:
    for file in (town / "municipality.toml", town / "cards.toml", town / "deliveries" / "full.toml"):
        for line in file.read_text(encoding="utf-8").splitlines():
            comment = line.partition("# ")[2]
            assert not comment or re.search("[ぁ-んァ-ヶ一-龠]", comment), (file.name, line)
            assert not re.search(r"\b(the|is|of|what|only|every)\b", comment), (file.name, line)


def test_nothing_is_written_over_what_is_there(town: Path) -> None:
    before = (town / "cards.toml").read_bytes()
    done = CliRunner().invoke(app, ["town", "new", str(town)])
    assert isinstance(done.exception, WrongUse)
    assert (town / "cards.toml").read_bytes() == before


CHANGES: dict[str, tuple[str, str, str, str]] = {
    "a fee in quotes": ("municipality.toml", "fee = 300", 'fee = "300"', "service.residence.fee"),
    "an unknown kind": ("municipality.toml", "[service.seal_registration]", "[service.passport]", "service.passport"),
    "no telephone": ("municipality.toml", "telephone =", "phone =", "telephone"),
    "a seal that is no picture": ("municipality.toml", 'seal = "official_seal.png"', 'seal = "seal.png"', "certifier.seal"),
    "a format without an item": ("deliveries/full.toml", 'kana = "フリガナ"', "", "file[1].to.kana"),
    "a column that is none": ("deliveries/full.toml", 'birth = "生年月日"', 'birth = "誕生日"', "file[1].to.birth"),
    "a state of a card": ("cards.toml", 'purpose = "16歳"', 'state = "lost"', "card[3].state"),
    "a card of nobody": ("cards.toml", 'person = "1002"', 'person = "1009"', "card[2].person"),
    "a profile that is none": ("cards.toml", 'purpose = "16歳"', 'profile = "none"', "card[3].profile"),
    "a birth date": ("delivery/residents.csv", "2010-02-03", "2010-02-30", "residents.csv 4行目 生年月日"),
    "a right check digit's place": ("delivery/slip.csv", ",4", ",5", "residents.csv"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_what_is_wrong_is_told_with_its_place(town: Path, what: str) -> None:
    file, before, after, place = CHANGES[what]
    change(town / file, before, after)
    told = list(problems_of(town))
    assert any(place in line for line in told), told


@pytest.mark.parametrize(
    ("file", "before", "after", "place"),
    [
        ("municipality.toml", "fee = 300", "fee = -1", "service.residence.fee"),
        ("municipality.toml", "opens = 09:00:00", 'opens = "09:00"', "service.seal_registration.opens"),
        ("municipality.toml", 'first = "12-29"', 'first = "12/29"', "closed[1].first"),
        ("municipality.toml", "[service.seal_registration]", "[service.passport]", "service.passport"),
        ("municipality.toml", '"domicile", "my_number"', '"本籍", "my_number"', "service.residence.questions[2]"),
        ("deliveries/full.toml", 'imprint = { column = "印影"', 'imprint = { column = "印"', "file[2].to.imprint.column"),
        ("deliveries/full.toml", '"男" = "male"', '"男" = "man"', "file[1].to.sex.code"),
        ("cards.toml", 'person = "1003"', 'person = "1009"', "card[3].person"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_with_its_line(
    town: Path, file: str, before: str, after: str, place: str
) -> None:
    change(town / file, before, after)
    lines = (town / file).read_text(encoding="utf-8").splitlines()
    shown = "sex = {" if place.endswith("sex.code") else after  # told of the item that names the code table
    number = next(at for at, line in enumerate(lines, 1) if shown in line)
    told = list(problems_of(town))
    assert any(f"{file.rpartition('/')[2]} {number}行目 {place}: " in line for line in told), told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("opens = 09:00:00", "opens = 09:00", "秒まで"),
        ("closes = 23:00:00", "closes = 24:00:00", "23:59:59"),
        ("fee = 300", "fee = 1,000", "桁を区切らない"),
        ("fee = 300", "fee = ３００", "「３」が全角"),
        ("fee = 300", "fee =　300", "空白が全角"),
        ('name = "東見本市"', "name = “東見本市”", "「“」が全角"),
        ('name = "東見本市"', 'name = "東見本市', "閉じた文字列"),
        ('name = "東見本市"', "name = 東見本市", "囲んだ文字列"),
        ("fee = 300", "fee = 300\nfee = 250", "ほかと重ならない"),
        ("[certifier]", "[[certifier]", "TOML の書き方"),
        ("fee = 300", "fee = 300\nfirst_day = 2026-06-31", "暦にある日付"),
        ("fee = 300", "fee = 300\nfirst_day = 令和8年7月1日", "2026-06-03"),
    ],
)
def test_a_line_that_no_toml_has_is_told_with_what_to_write(
    town: Path, before: str, after: str, told: str
) -> None:
    file = town / "municipality.toml"
    change(file, before, after)
    wrong = after.splitlines()[-1]
    number = next(
        at for at, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1) if wrong in line
    )
    (problem,) = problems_of(town)
    assert f"municipality.toml {number}行目: " in problem and told in problem.partition(": ")[2], problem


@pytest.fixture
def every_kind(tmp_path: Path) -> Path:
    """A copy of the shipped town that offers every kind."""
    return shutil.copytree(shipped_town("midori"), tmp_path / "town")


@pytest.mark.parametrize(
    ("file", "before", "after", "told"),
    [
        ("taxes.csv", "賦課年度", "年度", "taxes.csv 1行目 2列目: 見出し「賦課年度」"),
        ("taxes.csv", ",備考\n", ",備考,\n", "taxes.csv 1行目: 見出しの83列"),
        ("taxes.csv", "宛名番号", "\ufeff宛名番号", "taxes.csv: 先頭に BOM のないファイル"),
        ("slip.csv", "taxes.csv,4", "taxes.csv,5", "taxes.csv の行数と同じ件数（4行あります）"),
        ("family_registers.jsonl", '"番号": 1,', '"No": 1,', "（1番目の「番号」）"),
        ("address_history_members.jsonl", '"since": "2019-11-20"', '"from": "2019-11-20"', "項目だけ（1番目）"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_delivered_file_is_told_in_japanese_by_its_place(
    every_kind: Path, file: str, before: str, after: str, told: str
) -> None:
    change(every_kind / "delivery" / file, before, after)
    problems = list(problems_of(every_kind))
    assert any(told in line for line in problems), problems
    assert not re.search("permitted|Input|required|valid", "".join(problems)), problems


def test_a_row_says_whether_the_person_or_only_a_certificate_is_lost(every_kind: Path) -> None:
    change(every_kind / "delivery" / "seals.csv", "15.0,15.0", "15.0,x")
    change(every_kind / "delivery" / "residents.csv", ",女,", ",乙,")
    told = list(problems_of(every_kind))
    assert [line for line in told if "seals.csv" in line and "この記録の証明書は交付できません" in line]
    assert [line for line in told if "residents.csv" in line and "この人には交付できません" in line]


def test_a_kind_that_nobody_with_a_card_can_have_is_told(every_kind: Path) -> None:
    """As when the name of its record is mistyped: any name is a register."""
    assert list(problems_of(every_kind)) == []
    change(every_kind / "deliveries" / "full.toml", 'record = "tax_record"', 'record = "tax_records"')
    (told,) = problems_of(every_kind)
    assert "service.tax" in told


def test_everything_wrong_is_told_at_once(town: Path) -> None:
    for what in ("a fee in quotes", "no telephone", "a column that is none", "a state of a card"):
        file, before, after, _ = CHANGES[what]
        change(town / file, before, after)
    done = CliRunner().invoke(app, ["town", "check", str(town)])
    assert done.exit_code == 1
    for place in ("service.residence.fee", "telephone", "file[1].to.birth", "card[3].state"):
        assert place in done.output, done.output
    assert re.search(r"誤りが \d+ 件あります。", done.output)


def test_no_fault_hides_another(town: Path) -> None:
    """Faults of settings, seal, counts, rows and cards, each of which was once the only one told."""
    for file, before, after in (
        ("municipality.toml", "minimum_age = 15", 'minimum_age = "x"'),
        ("municipality.toml", "fee = 300", "fee = 255"),
        ("delivery/residents.csv", ",女,", ",乙,"),
        ("delivery/residents.csv", "2010-02-03", "2010-02-30"),
        ("delivery/slip.csv", "residents.csv,4", "residents.csv,5"),
        ("delivery/slip.csv", "seals.csv,1", "seals.csv,3"),
        ("delivery/seals.csv", "15.0,15.0", "15.0,x"),
        ("cards.toml", 'person = "1003"', 'person = "7777"\nprofile = "none"'),
        ("cards.toml", 'person = "2001"', 'person = "2001"\nstate = "lost"'),
    ):
        change(town / file, before, after)
    (town / "official_seal.png").write_bytes(b"no picture")
    told = list(problems_of(town))
    for place in (
        "minimum_age",
        "service.residence.fee",
        "certifier.seal",
        "residents.csv 3行目 性別",
        "residents.csv 4行目 生年月日",
        "slip.csv 2行目 件数",
        "slip.csv 3行目 件数",
        "seals.csv 2行目 高さ",
        "card[3].person",
        "card[3].profile",
        "card[4].state",
    ):
        assert any(place in line for line in told), (place, told)
    assert len(told) == len(set(told))


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('mayor = "見本　花子"', 'mayor = "😀"', "certifier.mayor"),
        ('mayor = "見本　花子"', f'mayor = "{"長" * 99}"', "mayor"),
        ('name = "東見本市"', 'name = "😀市"', "municipality.toml name"),
        ("この写しは、世帯の一部の", "この写しは、世帯の一部の😀", "service.residence.attestation_part"),
        ("この写しは、世帯の一部の", "長" * 90, "service.residence"),
        ("この写しは、登録された印影と", "長" * 90, "service.seal_registration"),
    ],
)
def test_what_no_paper_can_hold_is_told_before_a_resident_asks(
    town: Path, before: str, after: str, place: str
) -> None:
    change(town / "municipality.toml", before, after)
    told = list(problems_of(town))
    assert any(place in line for line in told), told


@pytest.mark.parametrize("name", ["kobe", "mihon"])
def test_the_shipped_towns_have_no_fault(name: str) -> None:
    aside = [line for line in problems_of(shipped_town(name)) if "交付できません" not in line]
    assert aside == []


LANGUAGES = {
    "int": ("municipality.toml", "minimum_age = 15", 'minimum_age = "x"'),
    "text": ("municipality.toml", 'kana = "みほんし"', "kana = 5"),
    "time": ("municipality.toml", "opens = 06:30:00", 'opens = "six"'),
    "a place in time": ("municipality.toml", "closes = 23:00:00", "closes = 01:00:00"),
    "float": ("municipality.toml", "seal_mm = 21", 'seal_mm = "x"'),
    "less": ("municipality.toml", "seal_mm = 21", "seal_mm = -1"),
    "list": ("municipality.toml", "excluded_terminal_kinds = []", "excluded_terminal_kinds = 1"),
    "enum": ("municipality.toml", "excluded_terminal_kinds = []", 'excluded_terminal_kinds = ["shop"]'),
    "table": ("municipality.toml", "[certifier]", "[certifiers]"),
    "literal": ("municipality.toml", 'form = "individual"', 'form = "x"'),
    "coins": ("municipality.toml", "fee = 300", "fee = 255"),
    "toml": ("municipality.toml", "[certifier]", "[certifier"),
    "notation": ("deliveries/full.toml", 'date = "iso8601"', 'date = "lunar"'),
    "bool": ("deliveries/full.toml", "file = true", 'file = "yes"'),
    "pattern": ("deliveries/full.toml", 'record = "seal"', 'record = "SEAL"'),
    "file name": ("deliveries/full.toml", 'name = "seals.csv"', 'name = "../seals.csv"'),
    "empty": ("deliveries/full.toml", 'columns = ["宛名番号", "事由", "開始日", "終了日", "解除日"]', "columns = []"),
    "no such": ("cards.toml", 'purpose = "16歳"', 'purpos = "16歳"'),
}  # fmt: skip


@pytest.mark.parametrize("what", LANGUAGES)
def test_what_is_expected_is_told_in_japanese(town: Path, what: str) -> None:
    change(town / LANGUAGES[what][0], *LANGUAGES[what][1:])
    told = list(problems_of(town))
    assert told
    for line in told:
        assert re.search("[ぁ-ん]", line.partition(": ")[2]), line
        assert not re.search(r"\b([Ii]nput|should|must|valid|literal|value)\b", line), line


OF_EFFECT = {
    "[[change]]\nfrom = 2027-04-01\nservice.residence.fee = 255": (
        "change[1].service.residence.fee: 10の倍数",
        "2027-04-01からの状態",
    ),
    '[[change]]\nfrom = 2027-04-01\ncertifier.mayor = "見本　😀"': ("certifier.mayor", "文字"),
    '[[change]]\nfrom = 2027-04-01\ncertifier.mayor = "' + "長" * 60 + '"': (
        "service.residence: 見本の紙面を作れません（2027-04-01）",
        "",
    ),
    "[[change]]\nfrom = 2027-04-01\nservice.residence.first_day = 2099-01-01": ("", ""),
    '[[change]]\nfrom = 2020-01-01\nservice.residence.planned = "未定"': (
        "service.residence: この先1年、取り扱う日がありません。",
        "",
    ),
    '[[change]]\nfrom = 2027-04-01\nissue_number = "{number:03}"': ("change[1].issue_number: {number} は日ごとに", ""),
    '[[change]]\nuntil = 2027-04-01': ("change[1]: from（この日から）か date_unknown", ""),
}  # fmt: skip


@pytest.mark.parametrize("lines", OF_EFFECT)
def test_what_a_change_makes_wrong_is_told_with_its_place_and_day(town: Path, lines: str) -> None:
    settings = town / "municipality.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + f"\n{lines}\n", encoding="utf-8")
    told = list(problems_of(town))
    place, word = OF_EFFECT[lines]
    if not place:
        assert told == []
        return
    assert any(place in line and word in line for line in told), told


def test_a_misspelt_item_of_a_format_is_named(town: Path) -> None:
    change(town / "deliveries" / "full.toml", 'kana = "フリガナ"', 'kanaa = "フリガナ"')
    told = list(problems_of(town))
    assert any("file[1].to.kanaa" in line for line in told), told


def test_a_file_in_another_encoding_is_told_with_the_one_that_was_agreed(town: Path) -> None:
    file = town / "delivery" / "residents.csv"
    file.write_bytes(file.read_text(encoding="utf-8").encode("cp932"))
    told = list(problems_of(town))
    assert any("residents.csv" in line and "文字コードが utf-8 ではありません" in line for line in told), told


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (["demo", "--town", "nowhere"], "nowhere/municipality.toml: 市区町村のフォルダ"),
        (["demo", "--town", "kobe", "--town", "kobe"], "--town: ほかの市区町村と重ならない市区町村コード"),
    ],
)
def test_a_wrong_town_is_told_in_one_sentence(command: list[str], part: str, tmp_path: Path) -> None:
    done = konbini(*command, cwd=tmp_path)
    assert done.code == 2 and part in done.err, done.err
    assert "facts" not in done.err and "expected=" not in done.err and len(done.err.splitlines()) == 1


@pytest.mark.parametrize("told", ["nowhere", "../kobe", ""])
def test_a_folder_that_is_no_town_is_named(told: str, tmp_path: Path) -> None:
    with pytest.raises(Failed, match="Settings_Wrong"):
        town_folder(str(tmp_path / told) if told else told)


def test_towns_that_share_a_code_a_card_or_a_person_are_refused(town: Path) -> None:
    with pytest.raises(Failed, match="市区町村コード"):
        load_towns([town, town])
    change(town / "municipality.toml", "13999", "13998")
    with pytest.raises(Failed, match="カードの名前"):
        load_towns([town, town_folder("mihon")])


def test_the_towns_that_are_named_are_those_of_the_process(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KONBINI_TOWNS", "[]")
    assert [one.code for one in load_towns()] == ["28100"]
    choose_towns([str(town), "kobe"])
    assert [one.code for one in load_towns()] == ["13999", "28100"]


def test_a_delivery_is_loaded_into_a_server_that_runs_and_the_nights_follow_it(
    town: Path, tmp_path: Path
) -> None:
    place = ServerFolder(tmp_path / "server", towns=(load_town(town),))
    clock = Clock(STAGE_START)
    clock.freeze()
    servers = LocalServers(place.path, place.template, clock, Trace(clock), keys=place.keys)
    url = f"sqlite:///{place.path / 'replica-13999.db'}"
    replica = Replica(url)

    def name_of(person: str) -> str:
        with replica.open_generation() as reader:
            found = reader.person(person)
            return found.name if found is not None else ""

    try:
        place.keep_clock(clock)
        assert name_of("1003") == "試験　小春"
        change(town / "delivery" / "residents.csv", "試験　小春", "試験　小夏")
        done = CliRunner().invoke(app, ["town", "load", str(town), "--folder", str(place.path)])
        assert done.exit_code == 0, (done.output, done.exception)
        assert name_of("1003") == "試験　小夏"
        # kept beside the servers: what the town's folder says later is not delivered by itself
        change(town / "delivery" / "residents.csv", "試験　小夏", "試験　小秋")
        tomorrow = last_night(STAGE_START).replace(day=4)
        clock.set(tomorrow.replace(hour=7))
        until(lambda: generations_of(url)[-1].made_at >= tomorrow)
        assert name_of("1003") == "試験　小夏"
    finally:
        replica.close()
        servers.stop()
        place.release()


def served(tmp_path: Path, *towns: Path) -> Path:
    """The folder of a server of these towns, which has been stopped."""
    place = ServerFolder(tmp_path / "server", towns=[load_town(town) for town in towns])
    clock = Clock(STAGE_START)
    place.keep_clock(clock)
    LocalServers(place.path, place.template, clock, Trace(clock), keys=place.keys).stop()
    place.release()
    return place.path


def night(folder: Path, day: int) -> None:
    """The server starts again in the morning of that day of June, when it has to deliver what it missed."""
    place = ServerFolder(folder)
    clock = Clock(last_night(STAGE_START).replace(day=day, hour=7))
    try:
        LocalServers(place.path, place.template, clock, Trace(clock), keys=place.keys, kept=True).stop()
    finally:
        place.release()


@pytest.mark.parametrize("where", ["住民記録.csv", "28100/住民記録.csv"])
def test_own_files_where_no_town_of_the_server_has_them_are_not_ignored(
    town: Path, tmp_path: Path, where: str
) -> None:
    folder = served(tmp_path, town)
    lost = folder / "delivery" / where
    lost.parent.mkdir(parents=True, exist_ok=True)
    lost.write_text("a file of somebody's own", encoding="utf-8")
    with pytest.raises(Failed, match="Settings_Wrong") as caught:
        night(folder, 4)
    assert caught.value.facts["file"] == f"delivery/{where.partition('/')[0]}"
    assert "delivery/13999" in caught.value.facts["expected"]


def test_a_delivery_in_another_format_is_delivered_in_it_each_night(town: Path, tmp_path: Path) -> None:
    folder = served(tmp_path, town)
    other = tmp_path / "other"
    shutil.copytree(town, other)
    change(other / "deliveries" / "full.toml", '"外国人区分",', '"区分",')
    change(other / "deliveries" / "full.toml", 'category = "外国人区分"', 'category = "区分"')
    change(other / "delivery" / "residents.csv", "外国人区分", "区分")
    done = CliRunner().invoke(app, ["town", "load", str(other), "--folder", str(folder)])
    assert done.exit_code == 0, (done.output, done.exception)
    night(folder, 4)
    told = generations_of(f"sqlite:///{folder / 'replica-13999.db'}")
    assert told[-1].made_at == last_night(STAGE_START).replace(day=4)


@pytest.mark.expects_log("Delivery_Row_Broken")
def test_a_night_that_is_refused_is_logged(
    town: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = served(tmp_path, town)
    own = folder / "delivery" / "13999"
    shutil.copytree(town / "delivery", own)
    change(own / "slip.csv", "residents.csv,4", "residents.csv,5")
    night(folder, 4)
    assert "Delivery_Row_Broken" in caplog.text and "slip.csv" in caplog.text


def test_whoever_takes_back_hears_what_the_next_night_brings(town: Path, tmp_path: Path) -> None:
    folder = served(tmp_path, town)
    assert CliRunner().invoke(app, ["town", "load", str(town), "--folder", str(folder)]).exit_code == 0
    done = CliRunner().invoke(app, ["delivery", "take-back", "--folder", str(folder)])
    assert done.exit_code == 0, (done.output, done.exception)
    assert str(folder / "delivery" / "13999") in done.output and "次の夜" in done.output


def test_a_folder_of_no_server_is_named(town: Path, tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", tmp_path):
        done = CliRunner().invoke(app, ["town", "load", str(town), "--folder", str(folder)])
        assert isinstance(done.exception, WrongUse) and "サーバのフォルダではありません" in str(
            done.exception
        )


def test_a_server_of_another_town_is_named(town: Path, tmp_path: Path) -> None:
    (tmp_path / "replica-28100.db").touch()
    done = CliRunner().invoke(app, ["town", "load", str(town), "--folder", str(tmp_path)])
    assert isinstance(done.exception, WrongUse) and "東見本市" in str(done.exception)


def test_data_of_other_towns_are_not_taken_for_these(town: Path, tmp_path: Path) -> None:
    place = ServerFolder(tmp_path / "server", towns=(load_town(town),))
    place.keep_clock(Clock(STAGE_START))
    place.release()
    with pytest.raises(Failed, match="Settings_Wrong"):
        ServerFolder(tmp_path / "server", towns=load_towns([town_folder("mihon")]))
    again = ServerFolder(tmp_path / "server")
    assert again.kept
    again.release()


def test_an_odd_row_of_somebody_without_a_card_keeps_no_stage_from_starting(
    town: Path, tmp_path: Path
) -> None:
    cards = town / "cards.toml"
    parts = cards.read_text(encoding="utf-8").split("[[card]]")
    [odd] = [part for part in parts if '"1003"' in part]
    cards.write_text("[[card]]".join(part for part in parts if part != odd), encoding="utf-8")
    odd_birth(town)
    stage = tmp_path / "stage"
    stage.mkdir()
    build_template(stage, load_towns([town]))
    assert {card.person for card in load_cards(stage).values()} == {"1001", "1002", "2001"}


def test_an_odd_row_of_a_card_holder_is_told_with_the_card(town: Path, tmp_path: Path) -> None:
    odd_birth(town)
    stage = tmp_path / "stage"
    stage.mkdir()
    with pytest.raises(Failed) as caught:
        build_template(stage, load_towns([town]))
    told = caught.value.facts
    assert caught.value.failure == "Delivery_Row_Broken"
    assert (told["file"], told["line"], told["column"]) == ("residents.csv", 4, "生年月日")
    assert told["card"] == "試験小春のカード"


def odd_birth(town: Path) -> None:
    file = town / "delivery" / "residents.csv"
    rows = file.read_text(encoding="utf-8").splitlines()
    cells = rows[3].split(",")
    assert cells[0] == "1003"
    cells[5] = "不詳"
    file.write_text("\n".join([*rows[:3], ",".join(cells), *rows[4:], ""]), encoding="utf-8")
