"""What is written of a whole run: the index and JUnit, from its verdicts and nothing else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from scenarios.evidence import is_ours, remove_pages, write_evidence, write_overview
from scenarios.evidence.between import ROOM
from scenarios.evidence.junit import junit_xml
from scenarios.verdict import FAILED, PASSED, SKIPPED, Verdict, Why
from tests.evidence.helper import verdict

WHY = Why("もし　何かする", "<1>枚", "0枚\x0b", step=2, line=7, details="AssertionError")
GOOD = verdict("住民票を受け取る", page="/somewhere/住民票 #1.html", sheets=1, seconds=1.5)
BAD = verdict(
    "失敗", feature="断り", outcome=FAILED, whys=(WHY,), page="/somewhere/失敗.html", example="港太一"
)
SKIP = verdict("省略", feature="断り", outcome=SKIPPED, skipped="リーダがない")


def test_a_verdict_is_the_same_after_its_way_between_processes() -> None:
    assert [Verdict.from_json(one.to_json()) for one in (GOOD, BAD, SKIP)] == [GOOD, BAD, SKIP]


def test_the_overview_counts_and_links_the_verdicts(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("<p>not ours</p>", encoding="utf-8")
    page = write_overview(tmp_path, [GOOD, BAD, SKIP]).read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert sorted(links) == ["%E4%BD%8F%E6%B0%91%E7%A5%A8%20%231.html", "%E5%A4%B1%E6%95%97.html"]
    assert re.search(r"シナリオ<b>3</b>", page) and re.search(r'class="passed">合格<b>1</b>', page)
    assert "不合格あり" in page and "2. もし　何かする" in page and "失敗（港太一）" in page
    assert re.search(r"印刷された用紙<b>1</b>", page) and "リーダがない" in page


def test_only_a_run_that_passed_whole_is_said_to_have(tmp_path: Path) -> None:
    def stamp(*verdicts: Verdict, problems: tuple[str, ...] = ()) -> str:
        page = write_overview(tmp_path, verdicts, problems=problems).read_text(encoding="utf-8")
        found = re.search(r'<div class="stamp [a-z]+">(.*)</div>', page)
        assert found is not None
        return found[1]

    assert stamp(GOOD) == "全件合格"
    assert stamp(GOOD, SKIP) == "不合格なし"
    assert stamp(SKIP) == "合格なし"
    assert stamp(GOOD, BAD) == "不合格あり"
    assert stamp() == "記録なし"
    assert stamp(GOOD, problems=("途中で終わりました",)) == "実行できず"


def test_pages_of_an_earlier_run_go_and_nothing_else_does(tmp_path: Path) -> None:
    earlier = write_evidence(tmp_path / "no-trace", tmp_path / "earlier.html", GOOD)
    index = write_overview(tmp_path, [GOOD])
    kept = earlier.with_name("保存版.html")
    kept.write_bytes(earlier.read_bytes())
    foreign = tmp_path / "foreign.html"
    foreign.write_text("<p>konbini-page</p>", encoding="utf-8")
    assert is_ours(earlier) and is_ours(index) and not is_ours(kept) and not is_ours(foreign)
    assert remove_pages(tmp_path) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["foreign.html", "保存版.html"]


def test_junit_names_features_and_scenarios_and_tells_why() -> None:
    root = ElementTree.fromstring(junit_xml([GOOD, BAD, SKIP], ["途中で終わりました\n続き"]))
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert [suite.get("name") for suite in root] == ["住民票の写し", "断り", "konbini run"]
    told = [root.get(name) for name in ("tests", "failures", "errors", "skipped")]
    assert told == ["4", "1", "1", "1"]
    good, bad, skipped = cases["住民票を受け取る"], cases["失敗（港太一）"], cases["省略"]
    assert (good.get("classname"), good.get("file"), good.get("line")) == (
        "住民票の写し",
        "features/a.feature",
        "3",
    )
    assert list(good) == [] and good.get("time") == "1.500"
    failure, skip = bad.find("failure"), skipped.find("skipped")
    assert failure is not None and failure.text is not None and skip is not None
    assert failure.get("message") == "もし　何かする　期待: <1>枚　実際: 0枚\\x0b"
    assert failure.text.startswith("features/a.feature:7\n") and "/somewhere/失敗.html" in failure.text
    assert skip.get("message") == "リーダがない" and GOOD.outcome == PASSED


def row(number: int, **told: Any) -> Verdict:
    return verdict(f"話{number}", page=f"/somewhere/話{number}.html", line=number, **told)


def links(page: Path) -> dict[str, tuple[str, str]]:
    """Kind of the link -> where it leads, and what it says."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(
        r'<a class="([\w-]+)"(?: rel="\w+")? href="([^"]+)">([^<]*)</a>', text[: text.index("<main>")]
    )
    return {kind: (unquote(target), unescape(word)) for kind, target, word in found}


def test_each_page_leads_to_the_one_before_and_behind_it_and_back_to_the_index(tmp_path: Path) -> None:
    rows = [row(1), row(2), row(3, outcome=SKIPPED), row(4, outcome=FAILED, whys=(WHY,))]
    pages = [tmp_path / f"話{number}.html" for number in (1, 2, 3, 4)]
    for page, one in zip(pages, rows, strict=True):
        write_evidence(tmp_path / "no-trace", page, one)
    before = [page.read_bytes() for page in pages]
    write_overview(tmp_path, rows)
    assert links(pages[0]) == {
        "all": ("index.html", "一覧へ戻る"),
        "next": ("話2.html", "次のシナリオ：話2"),
        "next-failed": ("話4.html", "次の不合格：話4"),
    }
    assert links(pages[2]) == {
        "all": ("index.html", "一覧へ戻る"),
        "before": ("話2.html", "前のシナリオ：話2"),
        "next": ("話4.html", "次のシナリオ：話4"),
    }
    assert "next" not in links(pages[3]) and links(pages[3])["before"][0] == "話3.html"
    for page, body in zip(pages, before, strict=True):
        now, start = page.read_bytes(), body.index(ROOM.encode())
        end = start + len(ROOM.encode())
        assert (now[:start], now[end:]) == (body[:start], body[end:]), "only the room's own bytes"
        assert now[start:end] != body[start:end]


def test_a_page_is_led_to_only_if_it_is_there_and_ours(tmp_path: Path) -> None:
    rows = [row(1), row(2), row(3)]
    for number in (1, 3):
        write_evidence(tmp_path / "no-trace", tmp_path / f"話{number}.html", rows[number - 1])
    foreign = tmp_path / "話2.html"
    foreign.write_text(f"<p>{ROOM}</p>", encoding="utf-8")
    write_overview(tmp_path, rows)
    assert foreign.read_text(encoding="utf-8") == f"<p>{ROOM}</p>"
    assert links(tmp_path / "話1.html")["next"][0] == "話3.html"


def test_the_longest_titles_have_room(tmp_path: Path) -> None:
    """A page's name has 60 characters and a digest; a title any number."""
    names = [f"{kanji * 60}-01234567.html" for kanji in "一二三四"]
    rows = [
        verdict("題" * 300, page=f"/somewhere/{name}", line=number, outcome=FAILED if number == 3 else PASSED)
        for number, name in enumerate(names)
    ]
    for name, one in zip(names, rows, strict=True):
        write_evidence(tmp_path / "no-trace", tmp_path / name, one)
    write_overview(tmp_path, rows)
    assert [sorted(links(tmp_path / name)) for name in names] == [
        ["all", "next", "next-failed"], ["all", "before", "next", "next-failed"], ["all", "before", "next"], ["all", "before"],
    ]  # fmt: skip


def test_the_index_of_a_large_run_stays_small(tmp_path: Path) -> None:
    """600 scenarios of our own features' length: under a megabyte, which a browser reads in half a second."""
    rows = [
        row(
            number,
            tags=("要件-住記-5.1-02", "要件-約束-人-01", "見本市"),
            sentences=("「港太一のカード」で本人確認を済ませる",) * 12,
        )
        for number in range(600)
    ]
    assert write_overview(tmp_path, rows).stat().st_size < 1_000_000
