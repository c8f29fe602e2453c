"""The commands `konbini card …`: virtual cards, and the tester's own reader and test card."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import JsonOption, TrustOption, print_json, stop

card_app = typer.Typer(no_args_is_help=True, help="仮想カードと、つないだリーダ")


@card_app.command("list")
def card_list(as_json: JsonOption = False) -> None:
    """仮想カードの一覧。"""
    from scenarios.template import load_cards, template_folder

    cards = load_cards(template_folder())
    if as_json:
        print_json(
            [
                {
                    "name": c.name,
                    "purpose": c.purpose,
                    "profile": c.profile,
                    "state": c.state,
                    "linked": c.linked,
                }
                for c in cards.values()
            ]
        )
        return
    for card in cards.values():
        print(f"{card.name}\t{card.purpose}")


@card_app.command("show")
def card_show(name: str) -> None:
    """仮想カード一枚の中身（暗証番号と鍵は表示しない）。"""
    from .card_pages import describe_card

    try:
        print(describe_card(name))
    except LookupError as error:
        stop(str(error))


@card_app.command("insert")
def card_insert(
    name: str,
    vpcd: Annotated[str, typer.Option("--vpcd", help="vpcd リーダの HOST:PORT")] = "127.0.0.1:35963",
) -> None:
    """仮想カードを vpcd リーダに置く（どの PC/SC プログラムからも見える）。Ctrl-C で取り除く。"""
    from .card_commands import insert_card

    raise typer.Exit(insert_card(name, vpcd))


@card_app.command("diagnose")
def card_diagnose(
    reader: Annotated[str, typer.Option("--reader", help="リーダ名の一部")] = "", as_json: JsonOption = False
) -> None:
    """つないだリーダとカードを調べる（暗証番号は使わず、回数も減らさない）。"""
    from .card_commands import diagnose_reader

    raise typer.Exit(diagnose_reader(as_json, reader))


@card_app.command("enrol")
def card_enrol(
    person: Annotated[str, typer.Option("--as", help="成り代わる架空の人の呼び名（例：六甲翠）")],
    reader: Annotated[str, typer.Option("--reader", help="pcsc または pcsc:リーダ名")] = "pcsc",
    trust: TrustOption = False,
) -> None:
    """手元の試験用カード（O=JPKI-TEST）を、架空の人のカードとして登録する。暗証番号は使わない。"""
    from .enrol import enrol_card

    raise typer.Exit(enrol_card(person, reader, trust=trust))
