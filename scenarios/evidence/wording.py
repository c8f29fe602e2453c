"""How evidence says an event: one phrase, and the facts that the phrase leaves out. The words are those of `trace_labels`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from scenarios import trace_labels
from scenarios.trace_labels import SOURCES
from server_stub.interface.trace import Event

from .reading import UNREACHED

__all__ = ["LONGEST", "SOURCES", "counted", "details", "further", "headline", "raw", "result_word", "shown"]

BROKEN_OFF = "中断"
NEVER_BEGUN = "未到達"

LONGEST = 400
"""Characters of one value that are shown; evidence is read by people, the trace keeps the whole."""


def result_word(status: str) -> str:
    """Of a step; whether the scenario has passed, its verdict alone says."""
    return NEVER_BEGUN if status == UNREACHED else trace_labels.value("status", status) or BROKEN_OFF


def counted(events: Iterable[Event]) -> str:
    """For the folded line: how many of what, in the order in which they first came."""
    counts = Counter(SOURCES.get(event.source, event.source) for event in events)
    return "・".join(f"{word} {count}" for word, count in counts.items())


def headline(event: Event) -> str:
    """What happened, in one phrase; its own name for what nobody has words for."""
    if not _is_command(event):
        return trace_labels.phrase(event) or event.kind
    name = str(event.data["name"])
    said = trace_labels.values("command").get(name, trace_labels.phrase(event) or "")
    about = " ".join(str(event.data[key]) for key in ("application", "file") if event.data.get(key))
    return f"{said}　{name}" + (f"（{about}）" if about else "")


def raw(event: Event) -> str:
    """The kind's own name, for engineers; '' where the headline has nothing else."""
    return "" if _is_command(event) or headline(event) == event.kind else event.kind


def details(event: Event) -> list[tuple[str, str]]:
    """Names and values of the event's data; of a command, without what the headline says."""
    return _told(event, frozenset())


def further(event: Event) -> list[tuple[str, str]]:
    """The details that the headline does not already say."""
    return _told(
        event, trace_labels.facts_in(event) if trace_labels.phrase(event) is not None else frozenset()
    )


def _told(event: Event, said: frozenset[str]) -> list[tuple[str, str]]:
    data = dict(event.data)
    told: list[tuple[str, str]] = []
    if _is_command(event):
        answer = f"{data.pop('sw', '')} {data.pop('status', '')}".strip()
        told = [(trace_labels.field("answer"), answer)] if answer else []
        said |= {"name", "application", "file"}
    elif (event.source, event.kind) == ("paper", "sheet_printed"):
        said |= {"front_boxes"}
    elif (event.source, event.kind) == ("screen", "screen") and data.get("state") == data.get("name"):
        said |= {"state"}
    elif event.kind == "refused" and (failure := str(data.pop("failure", ""))):
        told = [(trace_labels.field("failure"), failure)]  # the cause is the headline
    for key, one in data.items():
        if key not in said and _says(one):
            told.append((trace_labels.field(key), shown(trace_labels.value(key, one))))
    return told


def _says(told: Any) -> bool:
    return told is not None and told not in ("", [], {}, ())


def _is_command(event: Event) -> bool:
    return event.source == "card" and event.kind == "command" and bool(event.data.get("name"))


def shown(text: str) -> str:
    """`text` of bounded length, control characters made visible."""
    text = "".join(
        c if c.isprintable() or c in " \n\u3000" or ord(c) >= 0xFE00 else f"\\u{ord(c):04x}" for c in text
    )
    if len(text) > LONGEST:
        return f"{text[:LONGEST]}…（全{len(text)}文字）"
    return text
