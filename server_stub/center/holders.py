"""Whose certificate belongs to which municipality, from the authority's issue notices. The person key is not kept here."""

from __future__ import annotations

import base64
import binascii
import csv
import io
from pathlib import Path

from sqlalchemy import delete, insert

from server_stub.interface import notices
from server_stub.interface.binding import holder_ref
from server_stub.interface.failures import Failed

from . import tables
from .database import Database
from .tables import holders

_DIGITS = frozenset("0123456789")
_HEX = frozenset("0123456789ABCDEF")


def take_issue_notices(database_url: str, path: Path) -> int:
    """Take a complete delivery in where no centre runs on the database (yet); see `Holders.take`."""
    database = Database(database_url)
    try:
        return Holders(database).take(path)
    finally:
        database.dispose()


class Holders:
    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, path: Path) -> int:
        """Take in a complete delivery; it replaces the one before. Returns the number of authentication certificates.

        Raises Failed, with nothing of the delivery applied: Delivery_File_Missing(file), Delivery_Header_Wrong(file),
        Delivery_Row_Broken(file, line, column).
        """
        found = _read(path)
        rows = [{"holder_ref": ref, "municipality": code} for ref, code in found.items()]
        with self._database.write() as connection:
            connection.execute(delete(holders))
            if rows:
                connection.execute(insert(holders), rows)
        return len(rows)

    def municipality(self, ref: str) -> str:
        """Where the holder's certificate was issued. Raises Failed(Holder_Not_Linked)."""
        with self._database.read() as connection:
            code = connection.execute(tables.MUNICIPALITY_OF_HOLDER, {"holder": ref}).scalar()
        if code is None:
            raise Failed("Holder_Not_Linked")
        return str(code)


def _read(path: Path) -> dict[str, str]:
    """holder_ref -> municipality of every authentication certificate in the file."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise Failed("Delivery_File_Missing", file=path.name) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise Failed(
            "Delivery_Row_Broken", file=path.name, line=line, column="", detail="not UTF-8"
        ) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: dict[str, str] = {}
    try:
        if tuple(next(reader, ())) != notices.HEADER:
            raise Failed("Delivery_Header_Wrong", file=path.name, expected=list(notices.HEADER))
        before = reader.line_num
        for row in reader:
            if len(row) != len(notices.HEADER):
                raise _broken(
                    path,
                    before + 1,
                    notices.HEADER[min(len(row), len(notices.HEADER) - 1)],
                    "number of fields",
                )
            _take_row(path, before + 1, dict(zip(notices.HEADER, row, strict=True)), found)
            before = reader.line_num
    except csv.Error as error:
        raise _broken(path, reader.line_num, "", str(error)) from error
    return found


def _take_row(path: Path, line: int, row: dict[str, str], found: dict[str, str]) -> None:
    serial, code, kind = row[notices.SERIAL], row[notices.MUNICIPALITY], row[notices.KIND]
    if not serial or set(serial) - _HEX or len(serial) > 40:
        raise _broken(path, line, notices.SERIAL, "upper-case hex")
    try:
        issuer = base64.b64decode(row[notices.ISSUER], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _broken(path, line, notices.ISSUER, "Base64") from error
    if not issuer:
        raise _broken(path, line, notices.ISSUER, "empty")
    if len(code) != 5 or set(code) - _DIGITS:
        raise _broken(path, line, notices.MUNICIPALITY, "5 digits")
    if kind not in set(notices.NoticeKind):
        raise _broken(path, line, notices.KIND, "unknown")
    if kind != notices.NoticeKind.AUTHENTICATION:
        return
    ref = holder_ref(issuer, int(serial, 16))
    if ref in found:
        raise _broken(path, line, notices.SERIAL, "stands twice")
    found[ref] = code


def _broken(path: Path, line: int, column: str, detail: str) -> Failed:
    return Failed("Delivery_Row_Broken", file=path.name, line=line, column=column, detail=detail)
