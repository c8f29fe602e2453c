"""Read what another node answers over HTTP, never more of it than was agreed on: not packed, not longer, not for ever.

For every client between the nodes. An answer of 2.6 kB can unpack to 3.2 GB, so that none is asked for or taken packed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .clock import real_monotonic_ns
from .failures import Failed

NOT_PACKED = {"Accept-Encoding": "identity"}
"""The header of every request."""


class AnswerLate(Exception):
    """It did not come to its end in time."""


def read_answer(headers: Mapping[str, str], pieces: Iterable[bytes], longest: int, seconds: float) -> bytes:
    """The body that comes in `pieces`, as they were sent: at most `longest` bytes, within `seconds` of real time from now.

    Raises Failed(Answer_Malformed) for more bytes or a packed body, AnswerLate, and what reading raises.
    """
    limit = real_monotonic_ns() + seconds * 1e9
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Failed("Answer_Malformed", detail="packed")
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > longest:
            raise Failed("Answer_Malformed", detail="too long")
        if real_monotonic_ns() > limit:
            raise AnswerLate
    return bytes(body)
