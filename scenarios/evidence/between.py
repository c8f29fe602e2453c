"""From one page to the next: room that each page keeps, filled when a run has ended and it is known which pages there are."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from scenarios.verdict import FAILED, Verdict

_OPENS, _CLOSES = "<!--konbini-between", "-->"
_BYTES = 6_000
ROOM = _OPENS + " " * (_BYTES - len(_OPENS) - len(_CLOSES)) + _CLOSES
"""What a page is written with: a comment of so many bytes. A page that belongs to no run keeps it."""
_WITHIN = 64_000
"""Bytes from the beginning of a page within which the room lies."""
_LONGEST = 40
"""Characters of a title in a link."""


def lead(rows: Sequence[Verdict], folder: Path, index: str) -> None:
    """Write into the page of each row, in `folder`, the way back to `index` and to the pages before and behind it; only the room's own
    bytes are changed. A page without room is left as it is."""
    for number, row in enumerate(rows):
        failed = next((one for one in rows[number + 1 :] if one.outcome == FAILED), None)
        links = [("一覧へ戻る", index, "", "all")]
        if number:
            links.append(("前のシナリオ", *_to(rows[number - 1]), "before"))
        if number + 1 < len(rows):
            links.append(("次のシナリオ", *_to(rows[number + 1]), "next"))
        if failed is not None and failed is not rows[number + 1]:
            links.append((f"次の{failed.word}", *_to(failed), "next-failed"))
        _fill(folder / Path(row.page).name, _nav(links))


def _to(row: Verdict) -> tuple[str, str]:
    title = row.title if len(row.title) <= _LONGEST else f"{row.title[:_LONGEST]}…"
    return Path(row.page).name, title


def _nav(links: Sequence[tuple[str, str, str, str]]) -> str:
    made = []
    for word, target, title, kind in links:
        rel = {"before": ' rel="prev"', "next": ' rel="next"'}.get(kind, "")
        told = f"{word}：{title}" if title else word
        made.append(f'<a class="{kind}"{rel} href="{quote(target)}">{html.escape(told)}</a>')
    return f'<nav class="between" aria-label="ほかの試験記録">{"".join(made)}</nav>'


def _fill(page: Path, nav: str) -> None:
    body = nav.encode()
    if len(body) > _BYTES:  # a name of a page and three titles are shorter than that
        return
    with page.open("r+b") as file:
        found = file.read(_WITHIN).find(ROOM.encode())
        if found >= 0:
            file.seek(found)
            file.write(body.ljust(_BYTES))
