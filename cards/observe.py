"""What this room is given from outside and tells to the outside: the types of secrets and of observers."""

from __future__ import annotations

from typing import Any, Protocol


class Revealable(Protocol):
    """A secret that shows itself only on demand."""

    def reveal(self) -> str: ...


class Observer(Protocol):
    """Is told what happens, as a kind and plain data without secrets; on the thread where it happens."""

    def __call__(self, kind: str, /, **data: Any) -> object: ...


def nobody(kind: str, /, **data: Any) -> None:
    """The observer of those who do not listen."""
