"""What officials do at the console (運用管理システム): by its own pages, while residents stand at the terminal."""

from __future__ import annotations

import re
from datetime import timedelta

from scenarios.officials import Official
from server_stub.interface.card_registry import Act
from server_stub.interface.registration import municipality_of
from server_stub.operations.rights import Role

from .sentences import when
from .world import World, expect

ONE = re.compile(r'href="(/restrictions/one/[0-9A-Z]{26})"')
APPLICANT = re.compile(r'href="(/registrations/[0-9A-Z]{26})"')
BORN = re.compile(r'name="birth"[^>]*value="([0-9-]+)"')
RELEASE = re.compile(r'action="(/stops/[0-9A-Z]{26}/ask)"')


def _official(world: World, *roles: Role) -> Official:
    return Official(world.stage, world.stage.towns[0].code, *roles)


def _kind(world: World, words: str) -> str:
    """The code of a kind of the first municipality."""
    kinds = world.stage.towns[0].municipality.every_kind
    return next(code for code, one in kinds.items() if one.words["ja"] == words)


# --- 発行制限 -----------------------------------------------------------------------------------------------------------------


@when("運用管理システムで、職員が「{person}」を発行制限にする")
def restrict(world: World, person: str) -> None:
    """The person is looked at by name, and only then stopped."""
    key = world.stage.person_key(person)
    with _official(world, Role.COUNTER) as official:
        official.open("/restrictions/new")
        fields = {"target": "person", "target_key": key, "reason": "本人からの申出"}
        shown = official.press("/restrictions/check", **fields, since=_day(world))
        expect(plain(person) in plain(shown), f"確認の画面に「{person}」", "ほかの人か、だれもいない")
        official.press("/restrictions/set")


@when("運用管理システムで、職員がその発行制限を解除する")
def end_restriction(world: World) -> None:
    with _official(world, Role.COUNTER) as official:
        found = ONE.search(official.open("/restrictions"))
        expect(found is not None, "設定中の発行制限がある", "ない")
        assert found is not None
        official.open(found[1])
        official.press(f"{found[1]}/end", end_reason="申出の取下げ", sure="yes")


def plain(text: str) -> str:
    return "".join(text.split())


def _day(world: World, ahead: int = 0) -> str:
    return (world.stage.clock.now().date() + timedelta(days=ahead)).isoformat()


# --- 管理 ---------------------------------------------------------------------------------------------------------------------


@when(
    "運用管理システムで、職員が「{kind}」の手数料を明日から{amount:yen}円に変える",
    "運用管理システムで、職員が「住民票の写し」の手数料を明日から400円に変える",
)
def change_fee(world: World, kind: str, amount: int) -> None:
    with _official(world, Role.ADMINISTRATOR) as official:
        official.open("/management/new/fee")
        official.press(
            "/management/check/fee", kind=_kind(world, kind), fee=str(amount), begins=_day(world, 1), reason="条例の改正"
        )  # fmt: skip
        official.press("/management/add/fee")


# --- 緊急停止 -----------------------------------------------------------------------------------------------------------------


@when("運用管理システムで、職員が「{kind}」を緊急停止する")
def stop(world: World, kind: str) -> None:
    """In two steps."""
    with _official(world, Role.NIGHT) as official:
        official.open("/stops")
        official.press("/stops/ask", kind=_kind(world, kind))
        official.press("/stops/set", sure="yes")


@when("運用管理システムで、職員が緊急停止を解除する")
def release(world: World) -> None:
    with _official(world, Role.NIGHT) as official:
        found = RELEASE.search(official.open("/stops"))
        expect(found is not None, "緊急停止がある", "ない")
        assert found is not None
        official.press(found[1])
        official.press(found[1].removesuffix("/ask") + "/release", sure="yes")


# --- 住登外戸籍 ---------------------------------------------------------------------------------------------------------------


@when("運用管理システムで、本籍地の職員が申請者を戸籍で検索し、紐付ける")
def link_applicant(world: World) -> None:
    """The only applicant on the list: searched by 生年月日, compared, linked."""
    assert world.number is not None
    with Official(world.stage, municipality_of(world.number), Role.REGISTRATION) as official:
        found = APPLICANT.search(official.open("/registrations"))
        expect(found is not None, "申請者が一覧にいる", "一覧にいない")
        assert found is not None
        born = BORN.search(official.open(found[1]))
        assert born is not None
        official.press(f"{found[1]}/search", birth=born[1])
        shown = official.press(f"{found[1]}/compare")
        expect("不一致" not in shown, "申請と戸籍が一致する", "一致しない項目がある")
        official.press(f"{found[1]}/link")


# --- 条例利用 -----------------------------------------------------------------------------------------------------------------


@when("運用管理システムで、職員が「{card}」の「{kind}」の利用を停止する")
def stop_use(world: World, card: str, kind: str) -> None:
    _registration_act(world, card, kind, Act.STOP)


@when("運用管理システムで、職員が「{card}」の「{kind}」の利用を再開する")
def resume_use(world: World, card: str, kind: str) -> None:
    _registration_act(world, card, kind, Act.RESUME)


def _registration_act(world: World, card: str, kind: str, act: Act) -> None:
    """The card is found by its number; then one act for one kind."""
    with _official(world, Role.COUNTER) as official:
        official.open("/ordinance")
        official.press("/ordinance/card", card=world.stage.card(card).number)
        official.press("/ordinance/act", act=act.value, kind=_kind(world, kind))
