"""Hold what an applicant typed, and what the signature certificate says, against a member of a family register (利用登録).

Both who decides it under データ連携 (the issuing server) and under PDF連携 (the 戸籍 system) compare by this.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from server_stub.interface.letter_forms import related
from server_stub.interface.registration_operations import LetterIs, LetterPair

from .certificate import MemberFacts

_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
ANY = "1"
"""The flag of a character for which the certificate has a substitute."""


def differences(
    facts: MemberFacts, *, name: str, name_flags: str, birth: date, sex: str, domicile: str, head: str
) -> tuple[str, ...]:
    """List the items that differ: name, birth, sex, domicile, head. What the register does not say differs from nothing.

    Width, blanks and variation selectors do not count; a flagged character of the name stands for any one.
    """
    found = []
    if not _same_name(name, name_flags, facts.name):
        found.append("name")
    if facts.born is not None and not facts.born[0] <= birth <= facts.born[1]:
        found.append("birth")
    if facts.sex and facts.sex != sex:
        found.append("sex")
    if _plain(domicile) != _plain(facts.domicile):
        found.append("domicile")
    if _plain(head) != _plain(facts.head):
        found.append("head")
    return tuple(found)


def letters(certified: str, flags: str, registered: str) -> tuple[LetterPair, ...]:
    """Hold two names against each other letter by letter, without blanks and variation selectors."""
    told = _flagged(certified, flags)
    wanted = [char for char in _SELECTOR.sub("", registered) if not char.isspace()]
    longest = max(len(told), len(wanted))
    told += [("", "")] * (longest - len(told))
    wanted += [""] * (longest - len(wanted))
    return tuple(
        LetterPair(certified=char, registered=other, relation=_relation(char, flag, other))
        for (char, flag), other in zip(told, wanted, strict=True)
    )


def _relation(char: str, flag: str, other: str) -> LetterIs:
    if not char or not other:
        return LetterIs.DIFFERENT
    if flag == ANY:
        return LetterIs.SUBSTITUTE
    if _plain(char) == _plain(other):
        return LetterIs.SAME
    return LetterIs.VARIANT if other in related(char) else LetterIs.DIFFERENT


def _flagged(certified: str, flags: str) -> list[tuple[str, str]]:
    return [
        (char, flag)
        for char, flag in zip(certified, flags.ljust(len(certified), "0"), strict=False)
        if not char.isspace() and not _SELECTOR.match(char)
    ]


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", _SELECTOR.sub("", text)))


def _same_name(certified: str, flags: str, registered: str) -> bool:
    told = _flagged(certified, flags)
    wanted = [char for char in _SELECTOR.sub("", registered) if not char.isspace()]
    return len(told) == len(wanted) and all(
        flag == ANY or _plain(char) == _plain(other) for (char, flag), other in zip(told, wanted, strict=True)
    )
