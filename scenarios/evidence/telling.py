"""What became of a scenario in sentences: for who reads the page first, and for who is asked about a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scenarios import trace_labels
from scenarios.verdict import FAILED, SKIPPED, Verdict

from .reading import UNREACHED, Step, Story, sheets_of
from .wording import shown


def happened(verdict: Verdict, steps: Sequence[Step]) -> str:
    """How far it came, in one or two sentences."""
    numbered = [step for step in steps if step.number]
    unreached = [step for step in numbered if step.status == UNREACHED]
    if verdict.outcome == SKIPPED:
        return "実施していません。"
    if verdict.outcome != FAILED:
        return f"{len(numbered)} 手順のすべてが、期待したとおりに終わりました。"
    why = verdict.why
    if why is None:
        return "期待したとおりに終わりませんでした。"
    if not why.step:
        told = f"「{why.sentence}」で、期待と異なる結果になりました。"
    else:
        before = f"手順 {why.step - 1} までは期待したとおりに進み、" if why.step > 1 else ""
        told = f"{before}手順 {why.step} で、期待と異なる結果になりました。"
    if unreached:
        first, last = unreached[0].number, unreached[-1].number
        told += f"手順 {first}" + (f" から {last} まで" if last > first else "") + "は実施していません。"
    return told


def asked(
    verdict: Verdict,
    story: Story | None,
    steps: Sequence[Step],
    versions: Mapping[str, str],
    refusals: Sequence[str],
) -> str:
    """What to send to whoever made the system that failed: a line for each thing they will ask for."""
    lines = [("試験", verdict.title), ("シナリオ", f"{verdict.file}:{verdict.line}")]
    if run := verdict.run or (story.run if story else ""):
        lines.append(("実行番号", run))
    if story:
        lines.append(
            ("環境の時刻", f"{story.clock_from[:19]} から {story.clock_to[:19]} まで".replace("T", " "))
        )
    for why in verdict.whys:
        lines.append(("場所", f"手順 {why.step}　{why.sentence}" if why.step else why.sentence))
        lines += [("期待", why.expected), ("実際", why.found)]
    if refusals:
        lines.append(("断り・お知らせ", "、".join(refusals)))
    happenings = [event for step in steps for event in step.events]
    applications = dict.fromkeys(
        str(event.data["application_id"]) for event in happenings if event.data.get("application_id")
    )
    if applications:
        lines.append((trace_labels.field("application_id"), "、".join(applications)))
    if sheets := [str(sheet.get("sheet_id", "")) for step in steps for sheet in sheets_of(step)]:
        lines.append((trace_labels.field("sheet_id"), "、".join(sheets)))
    lines.append(("版", "、".join(f"{name} {number}" for name, number in versions.items())))
    return "\n".join(f"{name}：{shown(told)}" for name, told in lines)
