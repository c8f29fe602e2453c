"""Rows of an XML file: each element of one name is a row, its children are the row's items.

Read with expat alone, which fetches nothing; a document type is refused, so that there are no entities but XML's own five. Text is
decoded before, by the encoding of the format file, whatever the document says of itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TextIO
from xml.parsers import expat

DEEPEST = 40
"""Elements within each other; a structure may be less deep than that by its own rule."""
_CHUNK = 1 << 16
_BROKEN = re.compile("[\ud800-\udfff]")
"""Bytes that the encoding does not know; no rule of a record accepts U+FFFD."""


class NotXml(ValueError):
    """Not a document of the agreed form. `line`: where that shows, counted from 1; 0 if nobody knows."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.line = line


class _Element:
    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.members: list[tuple[str, Any]] = [(f"@{key}", value) for key, value in attributes.items()]
        self.text: list[str] = []
        self.odd = False

    def value(self, lists: frozenset[str]) -> Any:
        """A text, an object, or for an element of `lists` the list of what its children hold. An object with a member twice, or
        with text beside its members, is none: None."""
        text = "".join(self.text).strip(" \t\r\n")
        if self.name in lists:
            return None if self.odd or text else [value for _, value in self.members]
        if not self.members:
            return None if self.odd else "".join(self.text) if text else ""
        found = dict(self.members)
        return None if self.odd or text or len(found) != len(self.members) else found


def xml_rows(
    text: TextIO, row: str, lists: frozenset[str]
) -> Iterator[tuple[int, dict[str, Any] | None, list[str]]]:
    """Line, members and texts of each element `row`; the members are None where they are none. `lists`: the elements whose children
    are a list. Raises NotXml."""
    found: list[tuple[int, dict[str, Any] | None, list[str]]] = []
    open_: list[_Element] = []
    texts: list[str] = []
    line = depth = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal line, depth
        depth += 1
        if depth > DEEPEST:
            raise NotXml("too deep")
        if open_ or name == row:
            if not open_:
                line = parser.CurrentLineNumber
                texts.clear()
            open_.append(_Element(name, attributes))

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if not open_:
            return
        done = open_.pop()
        value = done.value(lists)
        if isinstance(value, str):
            texts.append(value)
        if open_:
            open_[-1].odd |= value is None
            open_[-1].members.append((name, value))
            return
        if isinstance(value, str) and not value.strip():
            value = {}
        found.append((line, value if isinstance(value, dict) else None, list(texts)))

    def characters(told: str) -> None:
        if open_:
            open_[-1].text.append(told)

    def document_type(*_told: Any) -> None:
        raise NotXml("a document type")

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = document_type
    try:
        while chunk := text.read(_CHUNK):
            parser.Parse(_BROKEN.sub("\ufffd", chunk).encode(), False)
            yield from found
            found.clear()
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise NotXml(str(error), error.lineno) from None
    yield from found
