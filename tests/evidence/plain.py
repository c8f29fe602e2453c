"""What of an evidence page is English: the words that a reader sees, without what is no language."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from scenarios import trace_labels
from server_stub.interface.failures import CATALOGUE

_UNSEEN = {"style", "script"}


class _Seen(HTMLParser):
    """The text of a page as it is shown, a line for each piece; with what stands for a picture. A title is shown to nobody
    who does not ask for it, and is meant for engineers."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._within: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNSEEN:
            self._within.append(tag)
        self.lines += [value for name, value in attrs if name == "alt" and value]

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._within.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self._within and data.strip():
            self.lines.append(data.strip())


def _any(names: list[str]) -> str:
    """Whole names; the longest first, since one may begin another."""
    spelled = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return rf"(?<![A-Za-z_])(?:{spelled})(?![A-Za-z_])"


NO_LANGUAGE = [
    r"\b(?:GET|POST|PUT|DELETE) /[\w./-]*",  # a request to a server
    r"\S+\.feature(?::\d+)?",  # where a scenario stands
    r"\b[0-9A-HJKMNP-TV-Z]{26}\b(?:-\d\d-\d\dof\d\d)?",  # a ULID, with the number of a sheet
    r"\bKIOSK-[A-Z]+-\d\d\b",  # a terminal
    r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b",  # serial numbers, runs
    r"\b(?:[0-9A-F]{2} ?)*[0-9A-F]{2}\b",  # a file of the card, a status word, bytes
    r"\b(?:CN|OU|O|L|C)=[^,、]+",  # the names in a certificate
    r"(?<=\d )ms\b",  # the unit
    r"(?<=認証)AP\b",  # the proper name of the card's application
    _any(list(trace_labels.values("command"))),  # ISO/IEC 7816-4 and the card's own
    _any(list(CATALOGUE)),  # by these names a refusal is looked up
]


def seen(page: str) -> list[str]:
    """What is shown, a line for each piece of text."""
    reader = _Seen()
    reader.feed(page)
    return reader.lines


def english(page: str) -> list[str]:
    """Lines of `page` in which a Latin word of two letters or more is left, as they are read. What tells the versions of
    programs is not looked at."""
    body = re.sub(r"<tr><th[^>]*>版</th>.*?</tr>|^版：[^\n]*", "", page, flags=re.DOTALL | re.MULTILINE)
    return [line for line in seen(body) if re.search("[A-Za-z]{2,}", _language(line))]


def _language(line: str) -> str:
    for pattern in NO_LANGUAGE:
        line = re.sub(pattern, "", line, flags=re.ASCII)
    return line
