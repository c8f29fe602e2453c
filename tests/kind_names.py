"""Find the names of kinds of certificates that stand outside their own folders; `make lint` fails for any.

A kind's code may stand in its folder and in data (settings, features, deliveries) only; its words besides in pictures of screens
and in the examples of sentences. Whoever names a kind in code has to be changed for the next one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from server_stub.certificates import HERE, load_kinds

ROOT = HERE.parent.parent
ROOMS = ("kiosk_app", "server_stub", "cards", "scenarios")
WITH_EXAMPLES = ("kiosk_app/screens/gallery.py", "scenarios/steps/", "scenarios/tours/")
"""Where the words of a kind may stand, as an example of what is shown or said."""


def named_outside(root: Path = ROOT) -> Iterator[str]:
    """Tell each place as FILE:LINE: NAME."""
    kinds = load_kinds().values()
    codes = re.compile("|".join(rf"\b{kind.code}\b" for kind in kinds))
    words = re.compile(
        "|".join(re.escape(word) for kind in kinds for word in (*kind.words.values(), kind.title))
    )
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        place = path.relative_to(root).as_posix()
        if re.match(r"server_stub/certificates/\w+/", place):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found = codes.search(line) or (None if place.startswith(WITH_EXAMPLES) else words.search(line))
            if found is not None:
                yield f"{place}:{number}: {found[0]}"


if __name__ == "__main__":
    sys.exit("\n".join(named_outside()) or None)
