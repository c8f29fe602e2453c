"""An official stops a person's certificates, and ends it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .tour import Both, Step, Tour

if TYPE_CHECKING:
    from scenarios.steps.world import World


def _restrictions(world: World) -> int:
    from scenarios.steps.offices import ask_municipality

    code = world.stage.towns[0].code
    return len(ask_municipality(world, code, f"restrictions?municipality={code}")["restrictions"])


def is_restricted(world: World) -> bool:
    """Whether an official has stopped somebody."""
    return _restrictions(world) > 0


def is_free(world: World) -> bool:
    """Whether nobody is stopped any more."""
    return _restrictions(world) == 0


TOUR = Tour(
    name="stopped-person",
    title=Both("職員が交付を止める", "An official stops a person's certificates"),
    about=Both("運用管理システムでの発行制限が、次の手続から効く", "A restriction set at the console works from the next visit on"),
    card="六甲翠のカード",
    steps=(
        Step(
            Both(
                "六甲さん本人から「だれにも証明書を出さないでほしい」と申出がありました。職員が運用管理システムで発行制限にします。",
                "The holder has asked that no certificates be issued. An official sets a restriction at the console.",
            ),
            ("もし 運用管理システムで、職員が「六甲翠」を発行制限にする",),
            hand=Both(
                "運用管理システムの「発行制限」で六甲翠を制限するか、「次へ」を押します",
                "Set the restriction at the console, or press “次へ”",
            ),
            press="next",
            seen=is_restricted,
        ),
        Step(
            Both("まもなく、六甲さんのカードを持った人がお店の端末に来ます。", "Soon somebody comes to a shop with that card."),
            ("もし 「六甲翠のカード」を置いて住所地の証明書を選ぶ",),
            ("EnterPin",),
        ),
        Step(
            Both(
                "カードも電子証明書も有効で、暗証番号も合っています。",
                "The card is good, so is its certificate, and the PIN is right.",
            ),
            (
                "もし 正しい暗証番号を入力する",
                "ならば 「Holder_Restricted」で断られる",
                "ならば お金も用紙も動いていない",
            ),
            ("Refusal",),
        ),
        Step(
            Both(
                "それでも証明書は出ません。画面の文は理由を言わず、問い合わせ先だけを案内します（右下の小さなコードは、試験のためのものです）。",
                "Still nothing is issued. The words on the screen give no reason, only whom to ask (the small code below is for testers).",
            ),
            ("もし 断りの画面を終え、カードを取る",),
            ("TopMenu",),
        ),
        Step(
            Both(
                "後日、申出が取り下げられました。職員が発行制限を解除します。",
                "Later the request is withdrawn, and the official ends the restriction.",
            ),
            ("もし 運用管理システムで、職員がその発行制限を解除する",),
            hand=Both(
                "運用管理システムの「発行制限」で解除するか、「次へ」を押します",
                "End the restriction at the console, or press “次へ”",
            ),
            press="next",
            seen=is_free,
        ),
        Step(
            Both("ご本人が、もう一度端末に来ます。", "The holder comes to the terminal again."),
            ("もし 「六甲翠のカード」で本人確認を済ませる",),
            ("ChooseCertificate",),
        ),
        Step(
            Both(
                "いつもどおり証明書を選べます。職員の操作は、次の手続から効きます。",
                "Certificates can be chosen as usual: what an official decides works from the next visit on.",
            )
        ),
    ),
)  # fmt: skip
