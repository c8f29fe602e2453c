"""A failure that is told on a screen which is no refusal: by the resident's own words for it."""

from __future__ import annotations

from pytest_bdd import parsers, then

from kiosk_app.screens.refusal_words import RefusalWords
from kiosk_app.screens.texts import Words

from .world import World, plain


def in_words(failure: str) -> str:
    return RefusalWords(Words("ja"), failure, {}).happened


def on_the_choice(failure: str) -> str:
    """Shorter words, where there are such, for the thing itself that cannot be chosen."""
    return Words("ja").find(f"{failure}.choice") or in_words(failure)


@then(parsers.re(r"「(?P<failure>[A-Z]\w+)」と知らされる"))
def told(world: World, failure: str) -> None:
    words = in_words(failure)
    world.eventually(lambda: world.terminal.shows(words), f"「{words}」 is not told")


@then(parsers.re(r"「(?P<what>[^「」]+)」は「(?P<failure>[A-Z]\w+)」のため選べない"))
def not_choosable(world: World, what: str, failure: str) -> None:
    assert what not in {plain(name) for name in world.terminal.call("touchables")}
    assert world.terminal.shows(on_the_choice(failure)), world.refusal()
