"""住基カード交付.csv: the cards that a municipality under 条例利用方式 has handed over (`server_stub.interface.notices`). It lies beside the
issue notices, or does not: most municipalities have none. A row that is not as agreed, or names somebody whom no record names, is
set aside, as in the issue notices: nobody is known by that card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from server_stub.interface import notices
from server_stub.interface.binding import ordinance_ref
from server_stub.registry.records import IssueNotice

from .containers import read_rows
from .format_file import FileFormat
from .issue_notices import with_look_up
from .row_function import Misread, RowFunction
from .set_aside import SetAside

REGISTER = "notice"
FORMAT = FileFormat.model_validate(
    {
        "record": REGISTER,
        "name": notices.CARDS_FILE_NAME,
        "columns": list(notices.CARDS_HEADER),
        "to": {
            "number": {
                "column": notices.CARD_NUMBER,
                "match": "[0-9]{15}",
                "expected": "数字15桁のカード番号",
            },
            "person": {"column": notices.PERSON, "limit": 40},
            "municipality": {"column": notices.MUNICIPALITY, "match": "[0-9]{5}", "expected": "数字5桁"},
            "issued_at": {"column": notices.ISSUED_AT, "date": "moment"},
            "expires_at": {"column": notices.EXPIRES_AT, "date": "moment"},
        },
    }
)
_ONCE = "重複しないカード番号"


def are_beside(issue_notices: Path) -> bool:
    """Tell whether a list of cards lies beside the file `issue_notices`."""
    return _path(issue_notices).is_file()


def _path(issue_notices: Path) -> Path:
    return issue_notices.with_name(notices.CARDS_FILE_NAME)


def read_cards(
    issue_notices: Path,
    municipality: str,
    allows: Callable[[str], bool],
    set_aside: Callable[[SetAside, str], bool],
    twice: set[str],
    look_up: Callable[[Iterable[str]], None],
) -> Iterator[tuple[int, IssueNotice]]:
    """Read the cards of `municipality` from the list beside the file `issue_notices`, if there is one. Arguments and failures are those of
    `issue_notices.read_notices`; a card of another municipality opens nothing here."""
    if not are_beside(issue_notices):
        return
    path = _path(issue_notices)
    decode = RowFunction(FORMAT, {}, path.parent)
    seen: set[str] = set()
    for line, cells, misfit in with_look_up(
        read_rows(path, FORMAT), lambda cells: decode.item(cells, "person") or "", look_up
    ):
        try:
            if misfit is not None:
                raise misfit
            found = decode(cells)
            for target, item in found.items():
                if not item:
                    raise Misread(FORMAT.to[target].column or "", "必須項目")
            if found["municipality"] != municipality:
                continue
            reference = ordinance_ref(found["municipality"], found["number"])
            if reference in seen:
                twice.add(reference)
                raise Misread(notices.CARD_NUMBER, _ONCE)
            seen.add(reference)
            person = found["person"]
            if not allows(person):
                unknown = SetAside(REGISTER, path.name, line, notices.PERSON, "連携された記録にある宛名番号")
                if not set_aside(unknown, person):
                    continue
        except Misread as bad:
            set_aside(SetAside(REGISTER, path.name, line, bad.column, bad.expected), "")
            continue
        number = found["number"]
        yield line, IssueNotice(reference, number, int(number), person, municipality, found["issued_at"])
