"""The commands `konbini card …`: virtual cards, and the tester's own reader and test card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .menu import Menu
from .options import JsonOption, TownOption, TrustOption, print_json, print_table, terminal_columns

card_app = Menu(no_args_is_help=True, help="仮想カードと、つないだリーダ")


ProfilesOption = Annotated[
    list[str] | None,
    typer.Option("--profile", help="名前の代わりに、カードの型（一覧は card list --profiles）。二枚まで"),
]
PersonsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--person",
        help="その型のカードを持つ見本の住民（どの市区町村でもよい）の呼び名か宛名番号。なければ六甲翠",
    ),
]
KeepOption = Annotated[
    Path | None,
    typer.Option("--keep", help="変えた暗証番号と残り回数を残し、次に引き継ぐファイル", dir_okay=False),
]
TraceOption = Annotated[
    bool,
    typer.Option("--trace", help="コマンドを一つずつ、名前と結果のことばで表示する（暗証番号は出さない）"),
]
TimingOption = Annotated[
    str,
    typer.Option(
        "--timing", help="実物のように時間をかける：contactless（非接触、106 kbit/s）か contact（接触）"
    ),
]
NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(help="カードの名前（「のカード」は省ける。例：六甲翠）か番号。二枚まで"),
]


@card_app.command("list")
def card_list(
    profiles: Annotated[
        bool, typer.Option("--profiles", help="カードの型（card insert --profile）の一覧")
    ] = False,
    town: TownOption = None,
    as_json: JsonOption = False,
) -> None:
    """仮想カードの一覧（どのキーボードでも打てる番号を添える）。"""
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

    from .card_choice import card_ids, chosen_towns

    cards = load_cards(template_with_own_cards(chosen_towns(town or ())))
    ids = card_ids(cards)
    if not as_json:
        print_table([(card.name, ids[card.name], card.purpose) for card in cards.values()])
        return
    print_json(
        [
            {
                "id": ids[c.name],
                "name": c.name,
                "purpose": c.purpose,
                "profile": c.profile,
                "state": c.state,
                "linked": c.linked,
            }
            for c in cards.values()
        ]
    )


@card_app.command("show")
def card_show(
    name: Annotated[str, typer.Argument(help="カードの名前（「のカード」は省ける。例：六甲翠）か番号")],
    secrets: Annotated[
        bool, typer.Option("--secrets", help="試験用の暗証番号・パスワード・照合番号も表示する")
    ] = False,
    town: TownOption = None,
    as_json: JsonOption = False,
) -> None:
    """仮想カード一枚の中身（鍵は表示しない。暗証番号は --secrets を付けたときだけ）。"""
    from .card_pages import card_json, describe_card

    if as_json:
        print_json(card_json(name, secrets=secrets, towns=town or ()))
    else:
        print(describe_card(name, secrets=secrets, columns=terminal_columns(), towns=town or ()))


@card_app.command("insert")
def card_insert(
    names: NamesArgument = None,
    profile: ProfilesOption = None,
    person: PersonsOption = None,
    town: TownOption = None,
    keep: KeepOption = None,
    trace: TraceOption = False,
    timing: TimingOption = "",
    vpcd: Annotated[
        str, typer.Option("--vpcd", help="vpcd リーダの HOST:PORT（二枚目は次のポート）")
    ] = "127.0.0.1:35963",
) -> None:
    """仮想カードを vpcd リーダに置き、その試験用の暗証番号を示す（どの PC/SC プログラムからも見える）。Ctrl-C で取り除く。"""
    from .card_insert import Laying, insert_cards

    laying = Laying(names or (), profile or (), person or (), town or (), keep, trace, timing)
    raise typer.Exit(insert_cards(laying, vpcd))


@card_app.command("reader")
def card_reader(
    names: NamesArgument = None,
    profile: ProfilesOption = None,
    person: PersonsOption = None,
    town: TownOption = None,
    keep: KeepOption = None,
    trace: TraceOption = False,
    timing: TimingOption = "",
) -> None:
    """この利用者だけの PC/SC サービスと仮想リーダを動かし、仮想カードを置く（管理者権限は要らない）。Ctrl-C で終わる。"""
    from .card_insert import Laying, run_reader

    laying = Laying(names or (), profile or (), person or (), town or (), keep, trace, timing)
    raise typer.Exit(run_reader(laying))


@card_app.command("diagnose")
def card_diagnose(
    reader: Annotated[str, typer.Option("--reader", help="リーダ名の一部")] = "", as_json: JsonOption = False
) -> None:
    """つないだリーダとカードを調べる（暗証番号は使わず、回数も減らさない）。"""
    from .card_commands import diagnose_reader

    raise typer.Exit(diagnose_reader(as_json, reader, terminal_columns()))


@card_app.command("compare")
def card_compare(
    reader: Annotated[str, typer.Option("--reader", help="リーダ名の一部")] = "",
    profile: Annotated[
        str, typer.Option("--profile", help="比べる型（card list --profiles）。なければ最も近い型")
    ] = "",
    file: Annotated[
        Path | None, typer.Option("--file", help="カードの代わりに、保存した調査を比べる", dir_okay=False)
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option("--save", help="調査を保存するファイル（個人の情報は入らない）", dir_okay=False),
    ] = None,
    pin: Annotated[
        bool,
        typer.Option(
            "--pin", help="試験用カードだけ：人が入力した暗証番号で開く部分も比べる（一度だけ送る）"
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """手元のカードと仮想カードの型の違いを、一行ずつ示す（暗証番号は要らず、残り回数も減らさない）。"""
    from .card_compare import Comparing, compare_card

    raise typer.Exit(compare_card(Comparing(reader, profile, file, save, pin, as_json)))


@card_app.command("enrol")
def card_enrol(
    person: Annotated[str, typer.Option("--as", help="成り代わる架空の人の呼び名（例：六甲翠）")],
    reader: Annotated[str, typer.Option("--reader", help="pcsc または pcsc:リーダ名")] = "pcsc",
    trust: TrustOption = False,
) -> None:
    """手元の試験用カード（O=JPKI-TEST）を、架空の人のカードとして登録する。暗証番号は使わない。"""
    from .card_commands import enrol_card

    raise typer.Exit(enrol_card(person, reader, trust=trust))
