from __future__ import annotations

import re
from pathlib import Path

from scenarios.evidence import write_evidence, write_overview
from tests.evidence.helper import Written, whole_visit


def make(folder: Path, name: str, feature: str, status: str) -> None:
    trace = Written(folder / f"trace-{name}")
    trace.begin(name, feature)
    trace.step(0, "もし", "何かする")
    trace.end_step(0, status, "違った" if status == "failed" else "")
    trace.end(status)
    trace.close()
    write_evidence(folder / f"trace-{name}", folder / f"{name}.html")


def test_the_overview_counts_and_links_every_page(tmp_path: Path) -> None:
    whole_visit(tmp_path / "trace", name="住民票を受け取る")
    write_evidence(tmp_path / "trace", tmp_path / "住民票 #1.html")
    make(tmp_path, "失敗", "断り", "failed")
    make(tmp_path, "省略", "断り", "skipped")
    page = write_overview(tmp_path).read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', page)
    assert sorted(links) == [
        "%E4%BD%8F%E6%B0%91%E7%A5%A8%20%231.html",
        "%E5%A4%B1%E6%95%97.html",
        "%E7%9C%81%E7%95%A5.html",
    ]
    assert re.search(r"シナリオ<b>3</b>", page) and re.search(r'class="passed">合格<b>1</b>', page)
    assert "不合格あり" in page and "1. もし　何かする" in page
    assert re.search(r"印刷された用紙<b>1</b>", page)


def test_the_overview_can_be_written_again_and_does_not_list_itself(tmp_path: Path) -> None:
    make(tmp_path, "合格するもの", "発行", "passed")
    first = write_overview(tmp_path)
    (tmp_path / "other.html").write_text("<p>not ours</p>", encoding="utf-8")
    page = write_overview(tmp_path).read_text(encoding="utf-8")
    assert first == tmp_path / "index.html"
    assert page.count("<a href=") == 1 and "全件合格" in page


def test_an_empty_folder_gives_an_honest_overview(tmp_path: Path) -> None:
    page = write_overview(tmp_path).read_text(encoding="utf-8")
    assert "記録なし" in page and "全件合格" not in page
