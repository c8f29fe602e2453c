"""発行通知.csv: the authority's issue notices, as agreed in `server_stub.interface.notices` (columns and meaning there).

Kept are those of authentication certificates (利用者証明用) of this municipality; every row is checked.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Container, Iterator
from pathlib import Path

from server_stub.interface import notices
from server_stub.interface.binding import holder_ref
from server_stub.registry.records import IssueNotice

from .csv_file import Row, read_rows

KINDS = {kind.value: kind for kind in notices.NoticeKind}


def read_notices(path: Path, municipality: str, persons: Container[str]) -> Iterator[tuple[Row, IssueNotice]]:
    """The notices of `municipality` in the order of the file: oldest first."""
    seen: set[str] = set()
    for row in read_rows(path, notices.HEADER):
        issue_number = row.match(notices.ISSUE_NUMBER, r"[!-~]+", "英数字の発行番号")
        serial = int(row.match(notices.SERIAL, r"[0-9A-F]{1,40}", "16進数のシリアル番号"), 16)
        reference = holder_ref(_issuer(row), serial)
        person = row.text(notices.PERSON, limit=40)
        code = row.match(notices.MUNICIPALITY, r"[0-9]{5}", "数字5桁")
        kind = row.code(notices.KIND, KINDS)
        issued, expires = row.moment(notices.ISSUED_AT), row.moment(notices.EXPIRES_AT)
        if expires <= issued:
            raise row.broken(notices.EXPIRES_AT, f"{notices.ISSUED_AT}より後の日時")
        if reference in seen:
            raise row.broken(notices.SERIAL, "重複しないシリアル番号")
        seen.add(reference)
        if code != municipality or kind is not notices.NoticeKind.AUTHENTICATION:
            continue
        if person not in persons:
            raise row.broken(notices.PERSON, "住民記録にある宛名番号")
        yield row, IssueNotice(reference, issue_number, serial, person, code)


def _issuer(row: Row) -> bytes:
    try:
        der = base64.b64decode(row.text(notices.ISSUER, limit=2000), validate=True)
    except (binascii.Error, ValueError):
        der = b""
    # a DER Name is a SEQUENCE (0x30); more is the authority's business
    if der[:1] != b"\x30":
        raise row.broken(notices.ISSUER, "Base64 の DER")
    return der
