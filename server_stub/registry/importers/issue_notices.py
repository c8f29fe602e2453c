"""発行通知.csv: the authority's issue notices, as agreed in `server_stub.interface.notices` (columns and meaning there).

Kept are those of authentication certificates (利用者証明用) of this municipality. A row that is not as agreed, or names somebody whom
no record names, is set aside: nobody is known by that certificate.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from server_stub.interface import notices
from server_stub.interface.binding import holder_ref
from server_stub.registry.records import IssueNotice

from .containers import RawRow, read_rows
from .format_file import FileFormat
from .generation import batches
from .row_function import Misread, RowFunction
from .set_aside import SetAside

REGISTER = "notice"
FORMAT = FileFormat.model_validate(
    {
        "record": REGISTER,
        "name": notices.FILE_NAME,
        "columns": list(notices.HEADER),
        "to": {
            "issue_number": {
                "column": notices.ISSUE_NUMBER,
                "match": "[!-~]+",
                "expected": "英数字の発行番号",
            },
            "serial": {
                "column": notices.SERIAL,
                "match": "[0-9A-F]{1,40}",
                "expected": "16進数のシリアル番号",
            },
            "issuer": {"column": notices.ISSUER, "limit": 2000},
            "person": {"column": notices.PERSON, "limit": 40},
            "municipality": {"column": notices.MUNICIPALITY, "match": "[0-9]{5}", "expected": "数字5桁"},
            "kind": {"column": notices.KIND, "code": "kind"},
            "issued_at": {"column": notices.ISSUED_AT, "date": "moment"},
            "expires_at": {"column": notices.EXPIRES_AT, "date": "moment"},
        },
    }
)
"""The one format that is no municipality's to choose."""
_ONCE = "重複しないシリアル番号"
_CODE = {"kind": {kind.value: kind.value for kind in notices.NoticeKind}}


def read_notices(
    path: Path,
    municipality: str,
    allows: Callable[[str], bool],
    set_aside: Callable[[SetAside, str], bool],
    twice: set[str],
    look_up: Callable[[Iterable[str]], None] = lambda people: None,
    after: int = 0,
) -> Iterator[tuple[int, IssueNotice]]:
    """Read the notices of `municipality` with their lines, in the order of the file: oldest first.

    `allows`: whether a notice may name that person. Who lives elsewhere is a person CODE:宛名番号 here, by that municipality's
    code and number, and is kept if `allows` says so: a record names who has something at the 本籍地. `set_aside` is told each row
    that cannot be used, but for one that says it is another municipality's, with the person who is named and not found, and says
    whether that person's notice is kept. `twice` is filled with the certificates that two
    rows name: whose they are nobody knows. Raises as `read_rows`.
    """
    decode = RowFunction(FORMAT, _CODE, path.parent)
    seen: set[str] = set()

    def named(cells: Any) -> str:
        return _person(decode.item(cells, "municipality"), decode.item(cells, "person"), municipality)

    for line, cells, misfit in with_look_up(_after(read_rows(path, FORMAT), after), named, look_up):
        try:
            if misfit is not None:
                raise misfit
            found = decode(cells)
            _check(found)
            serial = int(found["serial"], 16)
            reference = holder_ref(_issuer(found["issuer"]), serial)
            if reference in seen:
                twice.add(reference)
                raise Misread(notices.SERIAL, _ONCE)
            seen.add(reference)
            if found["kind"] != notices.NoticeKind.AUTHENTICATION:
                continue
            own = found["municipality"] == municipality
            person = _person(found["municipality"], found["person"], municipality)
            if not allows(person):
                unknown = SetAside(REGISTER, path.name, line, notices.PERSON, "連携された記録にある宛名番号")
                if not own or not set_aside(unknown, person):
                    continue
        except Misread as bad:
            told = decode.item(cells, "municipality") if misfit is None else None
            if told in (None, municipality) or bad.expected == _ONCE:
                set_aside(SetAside(REGISTER, path.name, line, bad.column, bad.expected), "")
            continue
        yield (
            line,
            IssueNotice(
                reference,
                found["issue_number"],
                serial,
                person,
                found["municipality"],
                found["issued_at"],
            ),
        )


def _after(rows: Iterator[RawRow], line: int) -> Iterator[RawRow]:
    return (row for row in rows if row[0] > line)


def with_look_up(
    rows: Iterator[RawRow], named: Callable[[Any], str], look_up: Callable[[Iterable[str]], None]
) -> Iterator[RawRow]:
    """Hand on `rows`, after `look_up` was told whom the next of them name."""
    for batch in batches(rows):
        look_up({named(row[1]) for row in batch})
        yield from batch


def _person(of: str | None, person: str | None, municipality: str) -> str:
    """CODE:宛名番号 of whoever lives elsewhere."""
    return person or "" if of == municipality else f"{of}:{person}"


def _check(found: dict[str, Any]) -> None:
    for target, item in found.items():
        if not item:
            source = FORMAT.to[target]
            assert source.column is not None
            raise Misread(source.column, "必須項目")
    if found["expires_at"] <= found["issued_at"]:
        raise Misread(notices.EXPIRES_AT, f"{notices.ISSUED_AT}より後の日時")


def _issuer(text: str) -> bytes:
    try:
        der = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        der = b""
    # a DER Name is a SEQUENCE (0x30); more is the authority's business
    if der[:1] != b"\x30":
        raise Misread(notices.ISSUER, "Base64 の DER")
    return der
