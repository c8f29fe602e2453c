"""The index of a run of 600 scenarios, each with a page that is told of its neighbours; against the same texts set and written plainly."""

from __future__ import annotations

import tempfile
from pathlib import Path

import jinja2

from scenarios.evidence import write_evidence, write_overview
from scenarios.verdict import PASSED, Verdict

from .measure import Measurement, in_turn

SCENARIOS = 600
_PLAIN = (
    "{% for row in rows %}<tr><td>{{ row.title }}</td><td>{{ row.tags | join(' ') }}</td>"
    "<td>{{ row.sentences | join(' ') }}</td><td>{{ row.file }}</td><td>{{ row.page }}</td></tr>{% endfor %}"
)


def measure(rounds: int = 7) -> dict[str, Measurement]:
    with tempfile.TemporaryDirectory(prefix="konbini-bench-evidence-") as name:
        folder = Path(name)
        rows = [_row(folder, number) for number in range(SCENARIOS)]
        first = write_evidence(folder / "no-trace", Path(rows[0].page), rows[0]).read_text(encoding="utf-8")
        for row in rows[1:]:
            page = first.replace(Path(rows[0].page).name, Path(row.page).name, 1)
            Path(row.page).write_text(page, encoding="utf-8")
        plain = jinja2.Environment(autoescape=True).from_string(_PLAIN)

        def written() -> None:
            (folder / "plain.html").write_text(plain.render(rows=rows), encoding="utf-8")
            for row in rows:
                with Path(row.page).open("r+b") as file:
                    file.write(file.read(1))

        return {
            "index_of_600_scenarios": in_turn(
                lambda: write_overview(folder, rows), written, rounds=rounds, reach=8
            )
        }


def _row(folder: Path, number: int) -> Verdict:
    return Verdict(
        feature=f"機能{number // 20}",
        scenario=f"世帯全員の写しを一度に受け取る（{number}）",
        example="",
        file=f"scenarios/features/{number // 20:02}.feature",
        line=number,
        outcome=PASSED,
        page=str(folder / f"{number}.html"),
        steps=12,
        tags=("要件-住記-5.1-02", "要件-約束-人-01"),
        sentences=("「港太一のカード」で本人確認を済ませる",) * 12,
    )
