"""The commands `konbini card …`: virtual cards, and the tester's own reader and test card."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import JsonOption, TrustOption, print_json, print_table, terminal_columns

card_app = typer.Typer(no_args_is_help=True, help="仮想カードと、つないだリーダ")


@card_app.command("list")
def card_list(
    profiles: Annotated[
        bool, typer.Option("--profiles", help="カードの型（card insert --profile）の一覧")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """神戸市の仮想カードの一覧。"""
    if profiles:
        from cards.profiles import load_profile, profile_names

        rows = [(name, load_profile(name).purpose) for name in profile_names()]
        if as_json:
            print_json([{"name": name, "purpose": purpose} for name, purpose in rows])
        else:
            print_table(rows)
        return
    from scenarios.profile_cards import template_with_own_cards
    from scenarios.template import load_cards

    cards = load_cards(template_with_own_cards()).values()
    if not as_json:
        print_table([(card.name, card.purpose) for card in cards])
        return
    print_json(
        [
            {
                "name": c.name,
                "purpose": c.purpose,
                "profile": c.profile,
                "state": c.state,
                "linked": c.linked,
            }
            for c in cards
        ]
    )


@card_app.command("show")
def card_show(
    name: Annotated[str, typer.Argument(help="カードの名前（「のカード」は省ける。例：六甲翠）")],
    secrets: Annotated[
        bool, typer.Option("--secrets", help="試験用の暗証番号・パスワード・照合番号も表示する")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """仮想カード一枚の中身（鍵は表示しない。暗証番号は --secrets を付けたときだけ）。"""
    from .card_pages import card_json, describe_card

    if as_json:
        print_json(card_json(name, secrets=secrets))
    else:
        print(describe_card(name, secrets=secrets, columns=terminal_columns()))


@card_app.command("insert")
def card_insert(
    name: Annotated[str, typer.Argument(help="カードの名前（「のカード」は省ける。例：六甲翠）")] = "",
    profile: Annotated[
        str, typer.Option("--profile", help="名前の代わりに、カードの型（一覧は card list --profiles）")
    ] = "",
    person: Annotated[
        str, typer.Option("--person", help="その型のカードを持つ見本の住民の呼び名。なければ六甲翠")
    ] = "",
    vpcd: Annotated[str, typer.Option("--vpcd", help="vpcd リーダの HOST:PORT")] = "127.0.0.1:35963",
) -> None:
    """仮想カードを vpcd リーダに置き、その試験用の暗証番号を示す（どの PC/SC プログラムからも見える）。Ctrl-C で取り除く。"""
    from .card_commands import insert_card

    raise typer.Exit(insert_card(name, vpcd, profile=profile, person=person))


@card_app.command("diagnose")
def card_diagnose(
    reader: Annotated[str, typer.Option("--reader", help="リーダ名の一部")] = "", as_json: JsonOption = False
) -> None:
    """つないだリーダとカードを調べる（暗証番号は使わず、回数も減らさない）。"""
    from .card_commands import diagnose_reader

    raise typer.Exit(diagnose_reader(as_json, reader, terminal_columns()))


@card_app.command("enrol")
def card_enrol(
    person: Annotated[str, typer.Option("--as", help="成り代わる架空の人の呼び名（例：六甲翠）")],
    reader: Annotated[str, typer.Option("--reader", help="pcsc または pcsc:リーダ名")] = "pcsc",
    trust: TrustOption = False,
) -> None:
    """手元の試験用カード（O=JPKI-TEST）を、架空の人のカードとして登録する。暗証番号は使わない。"""
    from .card_commands import enrol_card

    raise typer.Exit(enrol_card(person, reader, trust=trust))
