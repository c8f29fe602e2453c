"""Every touch tells the flow what was meant."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractButton, QWidget
from pytestqt.qtbot import QtBot

from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.screens.button import SETTLING_NS, TouchGuard
from kiosk_app.screens.gallery import (
    FAMILY,
    HOUSEHOLD,
    KOBE,
    MOMENT,
    SEAL,
    VARIANTS,
    in_language,
    many_municipalities,
    samples,
)
from kiosk_app.screens.texts import Words
from kiosk_app.screens.window import KioskWindow, texts_shown, touchables
from server_stub.interface.clock import Clock
from server_stub.interface.offers import Scope
from server_stub.interface.values import FailureBody, Place
from tests.screens.pages import LANGUAGES, Hand, all_pages, assert_rules, page_of

SHOWN = {"relationship": "shown", "domicile": "omitted", "number": "omitted"}
EVERYBODY = tuple(one.ref for one in FAMILY)

TOUCHES: list[tuple[str, str, e.Event]] = [
    ("TopMenu", "行政サービス", e.ServiceTouched()),
    ("TopMenu", "English", e.LanguageChosen("en")),
    ("TopMenu", "大きな文字", e.LookChosen(v.Look(large=True))),
    ("TopMenu", "黒い背景", e.LookChosen(v.Look(contrast=True))),
    ("ServiceMenu", "証明書交付サービス", e.ServiceTouched()),
    ("ServiceMenu", "戻る", e.BackTouched()),
    ("Consent", "同意する", e.Agreed()),
    ("Consent", "中止する", e.CancelTouched()),
    ("ChoosePlace", "お住まいの市区町村の証明書", e.PlaceChosen(Place.ADDRESS)),
    ("ChoosePlace", "本籍地の市区町村の証明書", e.PlaceChosen(Place.DOMICILE)),
    ("ConfirmLastTry", "それでも入力する", e.LastTryAccepted()),
    ("ConfirmLastTry", "やめる", e.CancelTouched()),
    ("ChooseMunicipality", "神戸市", e.MunicipalityChosen("28100")),
    ("ChooseMunicipality", "サンプル町", e.MunicipalityChosen("13555")),
    ("ChooseCertificate", "住民票の写し", e.KindChosen("household")),
    ("ChooseCertificate", "印鑑登録証明書", e.KindChosen("seal")),
    ("ChooseScope_chosen", "次へ", e.ScopeChosen(Scope.CHOSEN, (FAMILY[1].ref, FAMILY[3].ref))),
    ("ChooseOptions", "次へ", e.Answered(SHOWN)),
    ("ChooseScope_whole", "次へ", e.ScopeChosen(Scope.WHOLE, EVERYBODY)),
    ("ChooseOptions_year", "次へ", e.Answered({"year": "r8"})),
    ("ChooseCopies", "次へ", e.CopiesChosen(2)),
    ("Confirm", "この内容で申請する", e.Confirmed()),
    ("Pay", "中止する", e.CancelTouched()),
    ("AskReceipt", "印刷する", e.ReceiptChosen(True)),
    ("AskReceipt", "印刷しない", e.ReceiptChosen(False)),
    ("Thanks", "終了する", e.Acknowledged()),
    ("Refusal_expired", "終了する", e.Acknowledged()),
    ("Refusal_money", "終了する", e.Acknowledged()),
    ("Refusal_money", "もう一度", e.Acknowledged(again=True)),
]


@pytest.mark.parametrize(("sample", "name", "event"), TOUCHES, ids=[f"{s}-{n}" for s, n, _ in TOUCHES])
def test_a_touch_tells_its_event(
    window: KioskWindow, hand: Hand, sample: str, name: str, event: e.Event
) -> None:
    window.show_view(samples()[sample])
    hand.touch(name)
    assert hand.events == [event]


def test_in_english_the_other_language_is_japanese(window: KioskWindow, hand: Hand) -> None:
    window.show_view(v.TopMenu(language="en"))
    hand.touch("日本語")
    assert hand.events == [e.LanguageChosen("ja")]


PAGES = list(all_pages())
GLOBE = {Words(language)("chrome.languages") for language in LANGUAGES}


@pytest.mark.parametrize(("name", "view"), PAGES, ids=[name for name, _ in PAGES])
def test_what_can_be_touched_has_one_name_each_and_the_name_is_read_on_it(
    window: KioskWindow, name: str, view: v.View
) -> None:
    window.show_view(view)
    shown = texts_shown(window)
    alive = [
        button
        for button in page_of(window).findChildren(QAbstractButton)
        if button.isEnabled() and button.isVisibleTo(window)
    ]
    assert len(alive) == len(touchables(window)), "two targets have the same name"
    for label, button in touchables(window).items():
        pairs = [text for text in shown if label.startswith(f"{text} ") and label[len(text) + 1 :] in shown]
        by_sign = label in GLOBE  # a drawn sign instead, the same on every screen
        assert label in shown or pairs or by_sign, f"{label!r} is not to be read on the page"
        assert button.accessibleName() == label


def test_the_first_screen_has_no_dead_tiles_and_refused_offers_cannot_be_touched(window: KioskWindow) -> None:
    window.show_view(samples()["TopMenu"])
    assert list(touchables(window)) == [
        "English",
        Words("ja")("chrome.languages"),
        "行政サービス",
        "大きな文字",
        "黒い背景",
    ]
    assert all(button.isEnabled() for button in page_of(window).findChildren(QAbstractButton))
    window.show_view(samples()["ChooseCertificate_refused"])
    assert "住民票の写し" in touchables(window)
    assert "印鑑登録証明書" not in touchables(window)
    assert "印鑑登録がないため、ご利用いただけません。" in texts_shown(window)


@pytest.mark.parametrize(("language", "told"), [("ja", "記載中です。"), ("en", "Being written.")])
def test_who_and_what_is_refused_by_a_name_of_its_own_says_why(
    window: KioskWindow, language: str, told: str
) -> None:
    words = {"ja": "記載中です。明日どうぞ。", "en": "Being written. Come back."}
    own = FailureBody(failure="Register_Being_Written", words=words)
    menu = v.ChooseCertificate(
        municipality=KOBE, offers=(HOUSEHOLD, SEAL.model_copy(update={"refusal": own}))
    )
    subjects = (FAMILY[0], FAMILY[1].model_copy(update={"refusal": own}))
    scope = v.ChooseScope(ways=((Scope.CHOSEN, EVERYBODY[:1]),), subjects=subjects)
    for view in (menu, scope):
        window.show_view(in_language(view, language))
        assert told in texts_shown(window)


def test_whole_household_and_members_exclude_each_other(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["ChooseScope"])
    assert "次へ" not in touchables(window), "nobody is chosen yet"
    hand.touch("見本　花子", "見本　一郎", "世帯全員")
    assert touchables(window)["世帯全員"].isChecked()
    assert not touchables(window)["見本　花子"].isChecked()
    assert_rules(window)
    hand.touch("次へ")
    hand.touch("見本　花子", "見本　太郎", "次へ")
    assert hand.events == [
        e.ScopeChosen(Scope.WHOLE, EVERYBODY),
        e.ScopeChosen(Scope.CHOSEN, (FAMILY[0].ref, FAMILY[1].ref)),
    ]


def test_untaking_the_last_member_leaves_nothing_to_go_on_with(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["ChooseScope"])
    hand.touch("見本　花子", "見本　花子")
    assert "次へ" not in touchables(window)


def test_members_of_several_pages_are_kept_and_a_refused_one_cannot_be_chosen(
    window: KioskWindow, hand: Hand
) -> None:
    window.show_view(samples()["ChooseScope_variants"])
    assert VARIANTS[3].name not in touchables(window)
    hand.touch(VARIANTS[1].name, "次のページ", VARIANTS[6].name, "前のページ")
    assert touchables(window)[VARIANTS[1].name].isChecked()
    assert_rules(window)
    hand.touch("次へ")
    assert hand.events == [e.ScopeChosen(Scope.CHOSEN, (VARIANTS[1].ref, VARIANTS[6].ref))]


def test_members_of_one_name_are_told_apart_by_their_relationship(window: KioskWindow, hand: Hand) -> None:
    subjects = (FAMILY[0], FAMILY[1].model_copy(update={"name": FAMILY[0].name}))
    ways = ((Scope.CHOSEN, tuple(one.ref for one in subjects)),)
    window.show_view(v.ChooseScope(ways=ways, subjects=subjects))
    hand.touch("見本　太郎 妻", "次へ")
    assert hand.events == [e.ScopeChosen(Scope.CHOSEN, (FAMILY[1].ref,))]


def test_holder_or_all_are_two_tiles_where_nobody_is_chosen_one_by_one(
    window: KioskWindow, hand: Hand
) -> None:
    window.show_view(samples()["ChooseScope_together"])
    hand.touch("ご本人", "次へ", "戸籍の全員", "次へ")
    assert hand.events == [
        e.ScopeChosen(Scope.HOLDER, EVERYBODY[:1]),
        e.ScopeChosen(Scope.WHOLE, EVERYBODY[:3]),
    ]


def test_one_of_six_choices_is_told(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["ChooseOptions_six"])
    hand.touch("証明書の使用目的 その他", "証明書の使用目的 住宅・融資の申込み")
    assert_rules(window)
    hand.touch("次へ")
    assert hand.events == [e.Answered({"purpose": "purpose_3"})]


def test_another_page_of_questions_is_another_thing_under_the_finger(qtbot: QtBot) -> None:
    """The second press of a double tap on 「次へ」 must not answer a page that nobody has read."""
    clock = Clock(MOMENT)
    clock.freeze()
    at = [0]
    window = KioskWindow(clock, TouchGuard(lambda: at[0]))
    qtbot.addWidget(window)
    window.show()
    told: list[e.Event] = []
    window.emitted.connect(told.append)
    pages = samples()
    window.show_view(pages["ChooseOptions_year"])
    at[0] = 10 * SETTLING_NS
    for name, due in (("ChooseOptions_then_one", 0), ("ChooseOptions_six", 0), ("ChooseOptions_six", 1)):
        window.show_view(pages[name])
        at[0] += due * SETTLING_NS
        qtbot.mouseClick(touchables(window)["次へ"], Qt.MouseButton.LeftButton)
        assert len(told) == due, name


def test_options_are_told_as_chosen(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["ChooseOptions"])
    hand.touch("続柄 記載しない", "個人番号 記載する", "本籍・筆頭者 記載する", "本籍・筆頭者 記載しない")
    assert_rules(window)
    hand.touch("次へ")
    assert hand.events == [e.Answered(dict.fromkeys(SHOWN, "omitted") | {"number": "shown"})]


def test_copies_show_their_sum_and_are_told(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["ChooseCopies"])
    hand.touch("10部")
    assert "2,500円" in texts_shown(window)
    hand.touch("次へ")
    assert hand.events == [e.CopiesChosen(10)]


def test_many_copies_are_on_further_pages(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["ChooseCopies_many"])
    hand.touch(*["次のページ"] * 9)
    assert "次のページ" not in touchables(window)
    hand.touch("99部")
    assert_rules(window)
    hand.touch("次へ")
    assert hand.events == [e.CopiesChosen(99)]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_long_list_goes_by_prefecture(window: KioskWindow, hand: Hand, language: str) -> None:
    window.show_view(in_language(samples()["ChooseMunicipality_many"], language))
    further, prefecture, town = ("次のページ", "新潟県", "西見本村")
    if language == "en":
        further, prefecture, town = ("Next page", "Niigata", "Nishi-Mihon Village")
    hand.touch(further)
    assert_rules(window)
    hand.touch(prefecture)
    assert_rules(window)
    hand.touch(further)
    assert_rules(window)
    hand.touch(town)
    assert hand.events == [e.MunicipalityChosen("15214")]


def test_a_long_list_goes_by_kana_and_names_that_occur_twice_carry_their_prefecture(
    window: KioskWindow, hand: Hand
) -> None:
    some = tuple(m for m in many_municipalities() if m.kana.startswith(("みほ", "わ")))
    window.show_view(v.ChooseMunicipality(municipalities=some, can_go_back=True))
    hand.touch("五十音から選ぶ")
    assert_rules(window)
    assert {name for name in touchables(window) if name.endswith("行")} == {"ま行", "わ行"}
    hand.touch("ま行")
    assert_rules(window)
    hand.touch("見本市（青森県）")
    assert hand.events == [e.MunicipalityChosen("02200")]


def test_back_leaves_the_group_before_it_leaves_the_screen(window: KioskWindow, hand: Hand) -> None:
    window.show_view(samples()["ChooseMunicipality_many"])
    hand.touch("栃木県", "戻る")
    assert "栃木県" in touchables(window)
    assert hand.events == []
    hand.touch("戻る")
    assert hand.events == [e.BackTouched()]


def test_what_was_begun_survives_a_change_of_language_and_nothing_else(
    window: KioskWindow, hand: Hand
) -> None:
    view = samples()["ChooseScope"]
    window.show_view(view)
    hand.touch("見本　花子")
    window.show_view(in_language(view, "en"))
    assert touchables(window)["見本　花子"].isChecked()
    window.show_view(samples()["TopMenu"])
    window.show_view(view)
    assert not touchables(window)["見本　花子"].isChecked()


def test_the_screen_is_named_after_its_view(window: KioskWindow) -> None:
    assert window.screen_name() == ""
    for view in samples().values():
        window.show_view(view)
        assert window.screen_name() == type(view).__name__
        assert page_of(window).objectName() == type(view).__name__


def test_every_view_of_the_flow_has_a_screen_and_a_sample() -> None:
    views = {one for one in vars(v).values() if isinstance(one, type) and issubclass(one, v.View)} - {v.View}
    assert {type(view) for view in samples().values()} == views
    reasons = {view.reason for view in samples().values() if isinstance(view, v.PleaseWait)}
    assert reasons == set(v.WaitReason)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1024, 768), (800, 1280), (640, 400)])
def test_touches_hit_on_a_panel_of_any_size(
    qtbot: QtBot, window: KioskWindow, hand: Hand, width: int, height: int
) -> None:
    window.show_view(samples()["ChooseOptions"])
    before = [text.lines for text in page_of(window).findChildren(QWidget) if hasattr(text, "lines")]
    window.resize(width, height)
    page = page_of(window)
    assert page.width() / page.height() == pytest.approx(1.6, abs=0.01)
    assert abs(page.geometry().center().x() - window.rect().center().x()) <= 1
    assert abs(page.geometry().center().y() - window.rect().center().y()) <= 1
    assert [text.lines for text in page.findChildren(QWidget) if hasattr(text, "lines")] == before
    # at the place on the panel, not at the widget, as a finger does
    target = touchables(window)["個人番号 記載する"]
    place = target.mapTo(window, target.rect().center())
    assert window.childAt(place) is target
    hand.touch("個人番号 記載する", "次へ")
    assert hand.events == [e.Answered(SHOWN | {"number": "shown"})]


def test_a_touch_beside_the_page_tells_nothing(qtbot: QtBot, window: KioskWindow, hand: Hand) -> None:
    window.resize(1920, 800)
    window.show_view(samples()["TopMenu"])
    qtbot.mouseClick(window, Qt.MouseButton.LeftButton, pos=QPoint(10, 400))
    assert hand.events == []


def test_an_unknown_failure_of_a_foreign_server_is_refused_politely(window: KioskWindow) -> None:
    window.show_view(samples()["Refusal_unknown_name"])
    shown = texts_shown(window)
    assert "ただいま、このサービスをご利用いただけません。" in shown
    assert "コード Somebody_Elses_Failure" in shown


def test_the_office_to_ask_is_the_municipality_where_it_is_known(window: KioskWindow) -> None:
    office = {"ja": "神戸市 000-000-0000", "en": "Kobe City 000-000-0000"}
    window.show_view(v.Refusal(failure="Holder_Restricted", contact=office))
    assert "神戸市 000-000-0000" in texts_shown(window)
    window.show_view(v.Refusal(failure="Card_Removed", contact=office))
    assert "神戸市 000-000-0000" not in texts_shown(window), "the office knows nothing of the reader"


def test_old_screens_are_gone(qtbot: QtBot, window: KioskWindow) -> None:
    for _ in range(3):
        window.show_view(samples()["ChooseScope"])
        window.show_view(samples()["TopMenu"])
    qtbot.waitUntil(
        lambda: len(window.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)) == 1
    )


def test_confirm_counts_the_people_it_has_no_room_for(window: KioskWindow) -> None:
    names = tuple(f"見本　{number}郎" for number in "一二三四五六七八九十")
    view = samples()["Confirm"]
    assert isinstance(view, v.Confirm)
    window.show_view(replace(view, names=names))
    shown = texts_shown(window)
    written = [name for name in names if name in shown]
    assert f"ほか{len(names) - len(written)}人" in shown
    assert len(written) >= 6


def test_the_municipality_is_named_in_the_language_of_the_page(window: KioskWindow) -> None:
    view = samples()["ChooseCertificate"]
    window.show_view(in_language(view, "en"))
    assert f"Certificates of {KOBE.name_en}" in texts_shown(window)
    assert not any("神戸" in text for text in texts_shown(window))
