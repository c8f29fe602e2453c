from __future__ import annotations

from typing import Any

from scenarios.evidence.wording import (
    LONGEST,
    counted,
    details,
    further,
    headline,
    raw,
    result_word,
    shown,
)
from server_stub.interface.clock import STAGE_START, Clock
from server_stub.interface.trace import Event, Source, Trace


def event(source: Source, kind: str, **data: Any) -> Event:
    return Trace(Clock(STAGE_START)).emit(source, kind, **data)


def test_a_command_names_its_file_and_its_answer() -> None:
    command = event(
        "card",
        "command",
        name="VERIFY",
        application="公的個人認証AP",
        file="0018",
        sw="63C2",
        status="不一致",
    )
    assert headline(command) == "暗証番号の照合　VERIFY（公的個人認証AP 0018）"
    assert details(command) == further(command) == [("応答", "63C2 不一致")]


def test_a_command_without_a_name_of_its_own_is_a_command_all_the_same() -> None:
    assert headline(event("card", "command", name="80 99", sw="6D00")) == "カードへの指示　80 99"


def test_an_unparsable_command_is_shown_as_it_is() -> None:
    parted = event("card", "command", length=3)
    assert (headline(parted), details(parted)) == ("カードへの指示", [("バイト数", "3")])


def test_a_refusal_is_told_in_words_and_by_its_name() -> None:
    refused = event("centre", "refused", failure="Certificate_On_Hold", facts={})
    assert headline(refused) == "拒否：電子証明書は一時停止中です。"
    assert ("名称", "Certificate_On_Hold") in details(refused)
    assert headline(event("centre", "refused", failure="From_Elsewhere")) == "拒否：From_Elsewhere"


def test_an_answer_is_one_line() -> None:
    answered = event("centre", "answered", method="POST", path="/v1/sessions", status=200)
    assert (headline(answered), further(answered)) == ("要求に応答した：POST /v1/sessions → 200", [])


def test_what_nobody_has_words_for_stands_under_its_own_name() -> None:
    odd = event("money", "something_new", speed=3, empty="")
    assert (headline(odd), raw(odd)) == ("something_new", "")
    assert details(odd) == [("speed", "3")]


def test_the_name_for_engineers_stands_beside_the_words_and_no_fact_is_told_twice() -> None:
    paid = event("money", "coin_accepted", denomination=100, inserted=250)
    assert (headline(paid), raw(paid)) == ("100円が入った（投入 250円）", "coin_accepted")
    assert further(paid) == []
    assert further(event("screen", "screen", name="Pay", state="Pay")) == []
    assert further(event("screen", "screen", name="Pay", state="TakingMoney")) == [("状態", "手数料の収納")]
    assert details(paid) == [("金種", "100"), ("投入金額", "250")]


def test_a_failure_among_the_facts_is_told_with_its_cause() -> None:
    waiting = event("network", "reports_wait", failure="Centre_Unreachable")
    ((name, told),) = further(waiting)
    assert name == "名称" and told.endswith("（Centre_Unreachable）") and len(told) > 25


def test_long_and_invisible_text_stays_readable() -> None:
    assert shown("あ" * (LONGEST + 1)).endswith(f"…（全{LONGEST + 1}文字）")
    assert shown("\x00\u202e") == "\\u0000\\u202e"
    assert shown("辻\U000e0101\u3000𠮷") == "辻\U000e0101\u3000𠮷"


def test_the_folded_line_counts_by_source_in_order() -> None:
    assert counted([event("card", "a"), event("money", "b"), event("card", "c")]) == "カード 2・現金 1"


def test_every_result_has_a_word() -> None:
    assert [result_word(s) for s in ("passed", "failed", "skipped", "unreached", "", "xfailed")] == [
        "完了",
        "不成立",
        "未実施",
        "未到達",
        "中断",
        "xfailed",
    ]
