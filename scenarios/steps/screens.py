"""What the screen says: texts, refusals, warnings, and what can be chosen."""

from __future__ import annotations

from kiosk_app.screens.texts import LANGUAGES, RefusalWords, Words

from .sentences import then
from .slots import digits, plain, written_as
from .world import World, expect, stands_in


@then("確認画面に「{text}」と表示される")
def confirmation_shows(world: World, text: str) -> None:
    """A whole field of the confirmation."""
    world.terminal.wait_for("Confirm")
    fields = world.terminal.texts()
    expect(digits(text) in map(digits, fields), f"確認画面に「{text}」", world.refusal())


@then("画面に「{text}」と表示される", "画面に「あと2回」と表示される")
def shows(world: World, text: str) -> None:
    """One whole word or more: never a piece of a number, a name or a word."""
    world.says(text)


@then("画面に「{text}」と表示されない", "画面に「あと2回」と表示されない")
def does_not_show(world: World, text: str) -> None:
    """Not even as a part of something else."""
    found = [one for one in world.terminal.texts() if digits(text) in digits(one).replace("\n", "")]
    expect(not found, f"画面に「{text}」がない", f"画面に「{'」「'.join(found)}」")


@then("「{failure}」で断られる")
def refused(world: World, failure: str) -> None:
    """The refusal screen, with exactly this name and the words that belong to it."""
    world.until(lambda: world.terminal.screen() == "Refusal", f"「{failure}」で断られる", world.refusal)
    world.terminal.wait_for("Refusal")
    # 「コード Holder_Deceased」: the name is the last word of that line, whole
    codes = [text.split()[-1] for text in world.terminal.texts() if text.strip()]
    expect(failure in codes, f"断り {failure}", world.refusal())
    _says_one_of(world, *(_in_words(failure, language) for language in LANGUAGES))


@then("「{failure}」と知らされる")
def told(world: World, failure: str) -> None:
    """A failure on a screen that is no refusal, by the resident's own words for it."""
    world.waits_to_say(_in_words(failure))


@then(
    "「{what:choice}」は「{failure}」のため選べない",
    "「印鑑登録証明書」は「Seal_Not_Registered」のため選べない",
)
def not_choosable_because(world: World, what: str, failure: str) -> None:
    """A certificate in the menu, or a member of the household; with the words that belong to the failure."""
    _not_choosable(world, what)
    world.says(Words("ja").find(f"{failure}.choice") or _in_words(failure))


@then(
    "「{what:choice}」は「{reason:text}」の理由で選べない", "「印鑑登録証明書」は「印鑑登録」の理由で選べない"
)
def not_choosable_for(world: World, what: str, reason: str) -> None:
    """`reason`: whole words of what stands beside it."""
    _not_choosable(world, what)
    world.says(reason)


@then("「{what:choice}」は選べる")
def choosable(world: World, what: str) -> None:
    there = _choices(world)
    expect(_on_screen(what) in there, f"「{what}」を選べる", f"選べるもの {'、'.join(there)}")


@then("{whole}は選べない")
def whole_not_choosable(world: World, whole: str) -> None:
    """The members are asked for one by one, and the whole is not among what can be touched."""
    world.terminal.wait_for("ChooseScope")
    there = world.terminal.call("touchables")
    expect(whole not in there, f"{whole}は選べない", f"選べるもの {'、'.join(there)}")


@then("カードの取り忘れが知らされる")
def card_forgotten(world: World) -> None:
    world.waits_to_say("カードが置かれたままです。")


def _choices(world: World) -> list[str]:
    """What can be touched on the screen where certificates or people are chosen."""
    world.terminal.wait_for("ChooseCertificate", "ChooseScope")
    return [plain(name) for name in world.terminal.call("touchables")]


def _not_choosable(world: World, what: str) -> None:
    shown, there = _on_screen(what), _choices(world)
    expect(
        shown in {plain(text) for text in world.terminal.texts()}, f"画面に「{what}」がある", world.refusal()
    )
    expect(shown not in there, f"「{what}」は選べない", f"選べるもの {'、'.join(there)}")


def _on_screen(what: str) -> str:
    """A certificate, or somebody by 呼び名, as `_choices` has them."""
    return plain(written_as(what))


def _in_words(failure: str, language: str = "ja") -> str:
    return RefusalWords(Words(language), failure, {}).happened


def _says_one_of(world: World, *texts: str) -> None:
    found = any(stands_in(text, shown) for text in texts for shown in world.terminal.texts())
    expect(found, f"画面に「{texts[0]}」", world.refusal())
