"""The log: where a developer reads why a program failed. (What happened to a visit stands in the trace.)

Every module has its own logger, `logging.getLogger(__name__)`; each process calls `log_to` once, at its entry. Warnings and
errors go to standard error and to a rotating file.

Never personal data: texts of exceptions may carry whatever a program had in its hands (pydantic's tell the rejected input,
a ValueError the value), so no text of an exception is ever written: its type, its chain and the lines of code it passed
through are. Of libraries only the template of a message is written, and runs of four digits and more are blacked out in all
messages.
"""

from __future__ import annotations

import errno
import logging
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from .secret import MASK

ROOMS = ("kiosk_app", "server_stub", "scenarios", "cards")
FILE_BYTES, FILES_KEPT = 1_000_000, 3
_ROOT = Path(__file__).resolve().parents[2]
_DIGITS = re.compile(r"\d{4,}")
_log = logging.getLogger(__name__)
_listeners: list[Callable[[BaseException], object]] = []


# --- what is written ------------------------------------------------------------------------------------------------------


def place_of(error: BaseException) -> dict[str, str]:
    """The facts that the trace may tell of an unexpected error: `error`, its type, and `where`, the innermost line of ours
    that it came through. Never its text."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _in_a_room(frame.filename)] or frames
    where = f"{_short(ours[-1].filename)}:{ours[-1].lineno} {ours[-1].name}" if ours else ""
    return {"error": type(error).__name__, "where": where}


def stack_of(error: BaseException) -> str:
    """Types and lines of code of `error` and of what led to it, oldest first, as Python prints them but without any text."""
    return "\n".join(_stack(error, set()))


def _stack(error: BaseException, known: set[int]) -> Iterator[str]:
    known.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in known:
        yield from _stack(before, known)
        yield "-- which led to --" if error.__cause__ is before else "-- during which came --"
    if error.__traceback__ is not None:
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip("\n")
    yield f"{_name_of(type(error))}{_known_detail(error)}"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            if id(part) not in known:
                yield "-- one of the group --"
                yield from _stack(part, known)


def _known_detail(error: BaseException) -> str:
    """What an error tells besides its text and that comes from a closed list: the system's number, a catalogue name."""
    if isinstance(error, OSError) and error.errno is not None:
        return f" [{errno.errorcode.get(error.errno, error.errno)}]"
    if type(error).__module__.startswith(ROOMS) and hasattr(error, "failure"):
        return f" [{error.failure}]"
    return ""


def _name_of(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _in_a_room(file: str) -> bool:
    return any(Path(file).is_relative_to(_ROOT / room) for room in ROOMS)


def _short(file: str) -> str:
    return Path(file).relative_to(_ROOT).as_posix() if _in_a_room(file) else Path(file).name


def lines_of(record: logging.LogRecord) -> str:
    """Logger, message and stack without personal data. A message of ours is told whole, of a library's the first line of
    its template."""
    ours = record.name.split(".")[0] in ROOMS
    message = record.getMessage() if ours else str(record.msg).split("\n")[0]
    line = f"{record.name}: {_DIGITS.sub(MASK, message)}"
    error = record.exc_info[1] if record.exc_info else None
    return line if error is None else f"{line}\n{stack_of(error)}"


class PrivateFormatter(logging.Formatter):
    """`lines_of`, with when and where they were logged."""

    def format(self, record: logging.LogRecord) -> str:
        process = f"{record.processName}[{record.process}] {record.threadName}"
        return f"{self.formatTime(record)} {record.levelname} {process} {lines_of(record)}"


# --- where it is written --------------------------------------------------------------------------------------------------


class _StandardError(logging.Handler):
    """Whatever standard error is at the moment."""

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError, AttributeError):  # there may be none
            sys.stderr.write(self.format(record) + "\n")
            sys.stderr.flush()


class _RotatingFile(logging.Handler):
    """Opened with the first line: a program that meets nothing leaves no file. A log that cannot be written stops nobody."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._file: logging.Handler | None = None

    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):
            if self._file is None:
                from logging.handlers import RotatingFileHandler

                class Quiet(RotatingFileHandler):
                    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
                        """Standard error has the line; Python would print its arguments there."""

                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._file = Quiet(
                    self._path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8",
                    errors="backslashreplace",
                )  # fmt: skip
                self._file.setFormatter(self.formatter)
            self._file.handle(record)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        super().close()


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Inside, warnings, errors and whatever nobody caught (in this process's threads, and in slots of Qt, which end in
    `sys.excepthook`) go to standard error and to `path`, which is made when it is needed."""
    formatter = PrivateFormatter()
    handlers: list[logging.Handler] = [_StandardError(logging.WARNING), _RotatingFile(path)]
    root = logging.getLogger()
    for handler in handlers:
        handler.setLevel(logging.WARNING)
        handler.setFormatter(formatter)
        root.addHandler(handler)
    before = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = before
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


def on_uncaught(listener: Callable[[BaseException], object]) -> Callable[[], None]:
    """`listener` hears of every error that nobody caught, on the thread that met it, while `log_to` holds. Returns the way
    to stop."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    _tell("nobody caught an error", error)


def _uncaught_in_thread(args: Any) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        _tell("an error ended the thread", args.exc_value)


def _unraisable(args: Any) -> None:
    if args.exc_value is not None:
        _tell("an error could not be raised", args.exc_value)


def _tell(what: str, error: BaseException) -> None:
    _log.critical(what, exc_info=error)
    for listener in list(_listeners):
        with suppress(Exception):
            listener(error)
