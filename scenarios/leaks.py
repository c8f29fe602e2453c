"""The search for secrets: nothing that a scenario leaves behind may hold a PIN, a password, a 個人番号 or a key.

What counts. A secret of five characters and more counts wherever it stands: in full width, parted by spaces or hyphens,
spelled in entities, percents, hex or Base64, packed or in the text of a PDF (`unpacking`). A PIN has four digits, and those
stand in many a digest, size or number by chance. It counts as a word of its own, that is with no letter or digit beside it
and not as a part of a decimal number, of an 発行番号, of an address's port, or as a quantity with its unit. In the trace, where
every value has a name, it counts as the whole of any number but those that measure something (MEASURES), and as digits told
one by one in a list.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from server_stub.interface.secret import MASK

from .stage_secrets import StageSecret
from .trace_labels import SOURCES
from .unpacking import Part, parts_of_bytes, parts_of_page, parts_of_text

DIGITS = 4
"""Secrets up to this length are PINs."""
MEASURES = frozenset({
    "ms", "seconds", "bytes", "length", "size", "seq", "port", "pid", "count", "number", "width", "height", "x", "y",
})  # fmt: skip
"""Names of facts in the trace whose numbers say how much, and may be any."""
_OTHERWISE = re.compile(
    r"\d{5}-\d{8}(?:-[0-9a-z]{4}){3}"  # 発行番号
    r"|(?<=://)[^/\s:]+:\d+"  # a port
    r"|(?<![0-9a-z.])\d+ ?(?:ms|ミリ秒|秒|円|バイト|bytes?|dpi|px)(?![0-9a-z])",  # a quantity
)
_BETWEEN = r"[\s\-‐－]"
"""By these a number may be parted."""


class LeakSearch:
    """Looks for `secrets`. A finding tells what was found and the first place, in Japanese, and never the secret itself."""

    def __init__(self, secrets: Iterable[StageSecret]) -> None:
        self._values = {secret.value.reveal().casefold(): secret.what for secret in secrets}
        self._clean: set[str] = set()
        """Texts of traces in which there was nothing: most come again in each scenario."""

    def and_also(self, secrets: Iterable[StageSecret]) -> LeakSearch:
        """The same, with more secrets."""
        found = LeakSearch(secrets)
        if not found._values.keys() - self._values.keys():
            return self
        found._values |= self._values
        return found

    def in_page(self, page: str) -> list[str]:
        """In a page with everything it carries."""
        return self._in_parts(parts_of_page(page))

    def in_text(self, where: str, text: str) -> list[str]:
        return self._in_parts(parts_of_text(where, text))

    def in_trace(self, folder: Path) -> list[str]:
        """In the files and bodies of a trace that is closed. About 5 ms for a visit without pictures."""
        found = []
        for file in sorted(folder.glob("*.jsonl")):
            found += self._in_events(file)
        for file in sorted(path for path in folder.glob("blobs/*") if path.is_file()):
            found += self._in_parts(parts_of_bytes(f"記録に添えた {file.suffix} ファイル", file.read_bytes()))
        return found

    def mask(self, text: str) -> str:
        """`text` with what is spelled out in it masked."""
        squeezed = re.sub(_BETWEEN, "", text.casefold())
        for value in self._values:
            # a pattern for each of hundreds of secrets is slow to make, and hardly any is ever needed
            if re.sub(_BETWEEN, "", value) in squeezed:
                spelled = _word(value) if len(value) <= DIGITS else _parted(value)
                text = spelled.sub(MASK, text)
        return text

    # --- inside ----------------------------------------------------------------------------------------------------------

    def _in_events(self, file: Path) -> list[str]:
        known: dict[str, str] = {}
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                told = json.loads(line)
                where = f"記録の「{SOURCES.get(told['source'], told['source'])}」（{told['kind']}）"
                leaves = [*_leaves(told["data"]), told["scenario"], told["step"]]
            except (ValueError, TypeError, KeyError):  # cut off by a power cut
                where, leaves = "記録の読めない行", [line]
            known.update((leaf, where) for leaf in leaves if leaf not in self._clean)
        # all at once: a leak is rare, and only then each is looked at
        if self._in_parts(parts_of_text("", "\n".join(known))):
            return [one for leaf, where in known.items() for one in self.in_text(where, leaf)]
        self._clean.update(known)
        return []

    def _in_parts(self, parts: Iterable[Part]) -> list[str]:
        found: dict[str, str] = {}
        for where, text in parts:
            plain, squeezed = _forms(text)
            for value, what in self._values.items():
                if len(value) > DIGITS:
                    there = value in squeezed
                else:
                    there = value in plain and bool(_word(value).search(_OTHERWISE.sub(" ", plain)))
                if there:
                    found.setdefault(what, where)
        return [f"{what}（場所: {where}）" for what, where in found.items()]


def leaks(page: str, secrets: Iterable[StageSecret]) -> list[str]:
    """What of `secrets` is in `page`, and where; never the secret itself."""
    return LeakSearch(secrets).in_page(page)


def _leaves(told: Any, name: str = "") -> Iterator[str]:
    """Every text in the data of an event, names and all; numbers that measure nothing too, and what a list spells."""
    if isinstance(told, dict):
        for key, one in told.items():
            yield key
            yield from _leaves(one, key)
    elif isinstance(told, list):
        for one in told:
            yield from _leaves(one, name)
        if told and all(len(str(one)) == 1 for one in told):
            yield "".join(map(str, told))
    elif isinstance(told, str):
        yield told
    elif isinstance(told, int) and not isinstance(told, bool) and name not in MEASURES:
        yield str(told)


def _word(value: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9a-z])(?<!\d\.){re.escape(value)}(?![0-9a-z])(?!\.\d)", re.IGNORECASE)


def _parted(value: str) -> re.Pattern[str]:
    return re.compile(f"{_BETWEEN}?".join(map(re.escape, value)), re.IGNORECASE)


def _forms(text: str) -> tuple[str, str]:
    """Full-width digits as plain ones; and without the blanks and hyphens by which a number may be parted."""
    plain = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    return plain, re.sub(_BETWEEN, "", plain)
