"""The tours of the demo: each comes to its end by itself with a picture of every step; hands and buttons lead on alike, and back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageStat
from PySide6.QtWidgets import QApplication

from kiosk_app.flow import views
from scenarios.stage import Stage
from scenarios.steps.sentences import find
from scenarios.steps.slots import speak_of
from scenarios.tours import OFF, TOURS, TOWNS, Tour, tours_for
from scenarios.tours.guide import Guide
from scenarios.tours.unattended import INDEX, run_tours
from scenarios.towns import load_towns, shipped_town

RESIDENT = TOURS[0]
EVERYBODY = [shipped_town(name) for name in TOWNS]

pytestmark = pytest.mark.xdist_group("tours")  # one stage serves them


@pytest.fixture(scope="module")
def stage(qapp: QApplication) -> Iterator[Stage]:
    """With everybody for all tours, in the order of the demo: the terminal stands in the first town."""
    with Stage(towns=load_towns(EVERYBODY)) as own:
        yield own
    speak_of(load_towns())


@pytest.fixture
def all_towns() -> Iterator[None]:
    speak_of(load_towns(EVERYBODY))
    yield
    speak_of(load_towns())


@pytest.fixture
def guide(stage: Stage) -> Guide:
    return guide_of(stage)


def guide_of(stage: Stage, *, separate: bool = False) -> Guide:
    def begin() -> None:
        stage.reset("見学")
        stage.start_kiosk(separate=separate)

    return Guide(stage, begin)


# --- as they are written ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.name)
def test_a_tour_says_only_sentences_of_the_features(tour: Tour, all_towns: None) -> None:
    for kind, text in tour.sentences():
        found = find(kind, text)
        assert found is not None and not found.unknown(text), text


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.name)
def test_a_tour_can_be_read_aloud_in_both_languages_and_followed(tour: Tour) -> None:
    screens = {one.__name__ for one in views.View.__subclasses__()} | {OFF}
    for number, step in enumerate(tour.steps, start=1):
        last = number == len(tour.steps)
        assert step.says.ja.endswith(("。", "？", "……")) and step.says.en.endswith((".", "?", "…")), number
        assert not any(letter > "⺀" for letter in step.says.en), "English only"
        assert bool(step.does) is not last
        assert set(step.leads_to) <= screens
        assert last or step.leads_to or step.hand, "nobody could know what to do"


def test_tours_are_only_offered_where_everybody_in_them_has_a_card() -> None:
    cards = [{card.name for card in town.cards} for town in load_towns(EVERYBODY)]
    assert tours_for(set().union(*cards)) == TOURS
    assert [tour for tour in TOURS if tour not in tours_for(cards[0])] == [TOURS[2]], "who lives elsewhere"
    assert tours_for(set()) == ()


# --- as they are gone ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tour", TOURS, ids=lambda tour: tour.name)
def test_a_tour_comes_to_its_end_unattended_with_a_picture_of_every_step(
    stage: Stage, tmp_path: Path, tour: Tour
) -> None:
    told: list[str] = []
    guide = guide_of(stage, separate=any(OFF in step.leads_to for step in tour.steps))
    kept = run_tours([tour], guide, stage, tmp_path, told.append)
    assert guide.ended and len(kept) == len(tour.steps)
    for path, step in zip(kept, tour.steps, strict=True):
        assert any(step.says.ja in line for line in told)
        with Image.open(path) as picture:
            assert picture.size == (1280, 800)
            dark = ImageStat.Stat(picture.convert("L")).mean[0] < 1
    assert not dark, "the last picture shows a terminal that has power"
    page = (tmp_path / INDEX).read_text(encoding="utf-8")
    assert all(f"{tour.name}/{path.name}" in page for path in kept)


def test_hands_and_the_button_lead_on_alike_and_back_is_where_the_step_began(
    stage: Stage, guide: Guide
) -> None:
    guide.start(RESIDENT)
    assert stage.clock.setting.frozen, "no screen runs out while somebody explains it"
    guide.next()
    assert guide.at == 1 and stage.kiosk.terminal.screen() == "PlaceCard"

    stage.lay_card(RESIDENT.card)  # by hand
    stage.kiosk.terminal.wait_for("ChoosePlace")
    assert not guide.notice("PleaseWait", stage.laid) and guide.at == 1
    assert guide.notice("ChoosePlace", stage.laid) and guide.at == 2

    guide.next()
    for digit in "12":  # somebody has begun to type
        stage.kiosk.terminal.touch(digit)
    guide.next()
    assert guide.at == 4 and stage.kiosk.terminal.screen() == "TakeCard", "the PIN was entered as it is"

    guide.back()
    assert guide.at == 3 and stage.kiosk.terminal.screen() == "EnterPin"
    guide.again()
    assert guide.at == 0 and stage.kiosk.terminal.screen() == "TopMenu" and stage.laid == ""


def test_next_finds_back_from_wherever_somebody_has_gone(stage: Stage, guide: Guide) -> None:
    guide.start(RESIDENT)
    guide.next()
    stage.kiosk.terminal.touch("中止する")
    stage.kiosk.terminal.wait_for("TopMenu")
    guide.next()
    assert guide.at == 2 and stage.kiosk.terminal.screen() == "ChoosePlace"
    guide.leave()
    assert guide.tour is None and not stage.clock.setting.frozen


def test_what_is_done_at_the_panel_is_noticed_though_no_screen_shows_it(stage: Stage, guide: Guide) -> None:
    lost = next(tour for tour in TOURS if tour.name == "lost-card")
    guide.start(lost)
    assert not guide.notice("TopMenu", "")
    stage.hold_certificates("六甲翠")
    guide.tell("held")
    assert guide.notice("TopMenu", "") and guide.at == 1
