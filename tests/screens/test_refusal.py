"""A refusal says whom to ask and by which number; one's own cancel is told calmly."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kiosk_app.flow import effects as f
from kiosk_app.flow import events as e
from kiosk_app.flow import views as v
from kiosk_app.flow.presenter import view_of
from kiosk_app.screens import theme
from kiosk_app.screens.gallery import sample_states, samples
from kiosk_app.screens.parts import Drawing, Panel
from kiosk_app.screens.texts import Words
from kiosk_app.screens.window import KioskWindow, texts_shown
from server_stub.interface.failures import CATALOGUE
from server_stub.interface.values import CallCenter
from tests.flow.helper import KOBE, TO_PIN, Walk
from tests.screens.pages import page_of

IN_THE_MACHINE = re.compile(
    "Printer_|Paper_Forgotten|Money_Change_Short|Coin_Unit_|Escrow_|Application_Left_Open|Application_State_Conflict|Books_|"
    "Report_Refused|Journal_|Outbox_|Terminal_Folder_|Visit_Interrupted"
)
"""Failures after which money or paper may be in the machine, or staff must put something into it."""


def test_staff_of_the_shop_are_asked_about_paper_and_money_alone() -> None:
    words = Words("ja")
    staff = {name for name in CATALOGUE if words(f"{name}.ask") == words("ask.staff")}
    assert staff == {name for name in CATALOGUE if IN_THE_MACHINE.match(name)}
    for name in set(CATALOGUE) - staff:
        for part in ("what", "do"):
            for language, staff_word in (("ja", "係員"), ("en", "staff")):
                assert staff_word not in Words(language)(f"{name}.{part}"), f"{name}.{part}"


@pytest.mark.parametrize(("language", "told"), [("ja", "番号 2063"), ("en", "Number 2063")])
def test_a_refusal_shows_its_number(window: KioskWindow, language: str, told: str) -> None:
    window.show_view(v.Refusal(failure="Certificate_Expired", language=language))
    assert any(text.startswith(told) for text in texts_shown(window))


def test_jam_and_rest_show_their_numbers_too(window: KioskWindow) -> None:
    for sample, number in (("Jammed", "7039"), ("OutOfService_card", "7112")):
        window.show_view(samples()[sample])
        assert any(number in text for text in texts_shown(window)), sample


def test_a_call_centre_is_asked_that_the_terminal_is_set_to(window: KioskWindow) -> None:
    window.show_view(v.Refusal(failure="Centre_Unreachable"))
    assert Words("ja")("ask.center") in texts_shown(window)
    for name, shown in (
        ("Centre_Unreachable", True),
        ("Printer_Failed", False),
        ("Holder_Under_Fifteen", False),
    ):
        window.show_view(v.Refusal(failure=name, call_center="見本案内センター 0120-111-111"))
        assert ("見本案内センター 0120-111-111" in texts_shown(window)) is shown, name


def test_what_staff_must_settle_is_asked_of_staff_whatever_failed(window: KioskWindow) -> None:
    window.show_view(v.Refusal(failure="Centre_Unreachable", doubt=True))
    assert Words("ja")("ask.staff") in texts_shown(window)


def test_a_municipality_with_a_call_centre_is_asked_there() -> None:
    asked = CallCenter(
        name="神戸市総合案内（見本）", name_en="Kobe information (sample)", telephone="078-000-0001"
    )
    from dataclasses import replace

    from kiosk_app.flow.ending import refusal
    from kiosk_app.flow.state import Visit

    visit = Visit(chosen_municipality=KOBE.model_copy(update={"call_center": asked}))
    told = refusal(replace(visit, language="en"), "Holder_Under_Fifteen").contact
    assert told == {
        "ja": "神戸市総合案内（見本） 078-000-0001",
        "en": "Kobe information (sample) 078-000-0001",
    }


# --- one's own cancel -------------------------------------------------------------------------------------------------------------


def test_ones_own_cancel_is_no_alarm(window: KioskWindow) -> None:
    walk = Walk().do(*TO_PIN, e.CancelTouched())
    ended = view_of(walk.state)
    assert isinstance(ended, v.Refusal) and ended.failure == "Visit_Cancelled" and ended.calm
    assert [one.cue for one in walk.asked(f.Say)] == ["attention"]
    window.show_view(samples()["Refusal_cancelled"])
    page = page_of(window)
    assert not [one for one in page.findChildren(Drawing) if one.name == "attention"]
    assert theme.INK not in {panel.fill for panel in page.findChildren(Panel)}
    told = texts_shown(window)
    assert "手続きを終了しました" in told and not [one for one in told if "問い合わせ" in one]


def test_another_refusal_is_an_alarm(window: KioskWindow) -> None:
    window.show_view(samples()["Refusal_expired"])
    assert [one for one in page_of(window).findChildren(Drawing) if one.name == "attention"]


def test_a_cancel_that_leaves_a_doubt_is_no_calm_matter() -> None:
    from dataclasses import replace

    state = sample_states()["Refusal_cancelled"]
    assert view_of(state).calm  # type: ignore[attr-defined]
    doubtful = replace(state, visit=replace(state.visit, doubt=True))
    assert not view_of(doubtful).calm  # type: ignore[attr-defined]


# --- money -------------------------------------------------------------------------------------------------------------------------


def test_the_change_is_shown_as_money_goes_in(window: KioskWindow) -> None:
    for inserted, rest, change in ((0, "250円", "0円"), (100, "150円", "0円"), (500, "0円", "250円")):
        window.show_view(v.Pay(due=250, inserted=inserted, step=v.Step.PAY))
        told = texts_shown(window)
        assert told[told.index("おつり") + 1] == change
        assert told[told.index("残り") + 1] == rest


@pytest.mark.parametrize(
    "sample", ["Thanks", "TakePaper_forgotten", "TakeCard_forgotten", "Refusal_closed", "TakeCard_left"]
)
def test_nothing_is_offered_to_be_continued_where_nothing_can_be(window: KioskWindow, sample: str) -> None:
    from dataclasses import replace
    from datetime import timedelta

    from kiosk_app.screens.gallery import MOMENT

    window.show_view(replace(samples()[sample], deadline=MOMENT + timedelta(seconds=9)))
    told = texts_shown(window)
    assert "あと9秒で終了します" in told
    assert "操作を続ける" not in told


# --- one wording -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["お釣り", "釣銭", "釣り銭"])
def test_change_has_one_word(word: str) -> None:
    root = Path(__file__).parents[2]
    found = [
        str(path.relative_to(root))
        for folder in ("kiosk_app", "scenarios", "server_stub")
        for suffix in ("py", "csv", "toml", "feature", "html")
        for path in (root / folder).rglob(f"*.{suffix}")
        if word in path.read_text(encoding="utf-8", errors="replace")
    ]
    assert found == [], "it is おつり everywhere"
