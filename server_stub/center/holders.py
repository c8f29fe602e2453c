"""Whose certificate belongs to which municipality, and which certificates are of one person, from the authority's issue notices. The
person key is not kept here: a person is a number within one delivery."""

from __future__ import annotations

import base64
import binascii
import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import delete, insert, select

from server_stub.interface import notices
from server_stub.interface.binding import holder_ref
from server_stub.interface.failures import Failed
from server_stub.interface.issuing import MOST_EARLIER

from . import tables
from .database import Database
from .tables import holders, signers

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
        rows = [
            {"holder_ref": ref, "municipality": code, "person": person}
            for ref, (code, person) in found.holders.items()
        ]
        of_signers = [{"signer_ref": ref, "person": person} for ref, person in found.signers.items()]
        with self._database.write() as connection:
            connection.execute(delete(holders))
            connection.execute(delete(signers))
            if rows:
                connection.execute(insert(holders), rows)
            if of_signers:
                connection.execute(insert(signers), of_signers)
        return len(rows)

    def complete(self, path: Path) -> bool:
        """Take in again the delivery of kept data of before it was known which certificates are of one person, if it names the same
        certificates; tell whether it was."""
        with self._database.read() as connection:
            known = set(connection.execute(select(holders.c.holder_ref)).scalars())
            unknown = connection.execute(select(holders.c.holder_ref).where(holders.c.person.is_(None)))
            missing = unknown.first() is not None
        if not missing or known != set(_read(path).holders):
            return False
        self.take(path)
        return True

    def municipality(self, ref: str) -> str:
        """Where the holder's certificate was issued. Raises Failed(Holder_Not_Linked)."""
        with self._database.read() as connection:
            code = connection.execute(tables.MUNICIPALITY_OF_HOLDER, {"holder": ref}).scalar()
        if code is None:
            raise Failed("Holder_Not_Linked")
        return str(code)

    def is_signer(self, holder: str, signer: str) -> bool:
        """Tell whether an authentication and a signature certificate (references) are of one person by the same delivery."""
        with self._database.read() as connection:
            found = connection.execute(
                select(holders.c.holder_ref)
                .join(signers, signers.c.person == holders.c.person)
                .where(holders.c.holder_ref == holder, signers.c.signer_ref == signer)
            ).first()
        return found is not None

    def others(self, holder: str) -> tuple[str, ...]:
        """List the references of the same person's other authentication certificates."""
        own = select(holders.c.person).where(holders.c.holder_ref == holder).scalar_subquery()
        with self._database.read() as connection:
            found = connection.execute(
                select(holders.c.holder_ref).where(holders.c.person == own, holders.c.holder_ref != holder)
            ).scalars()
            return tuple(sorted(found))[:MOST_EARLIER]


@dataclass
class _Notices:
    """`holders`: reference -> municipality and person; `signers`: reference -> person; `persons`: the numbers given so far."""

    holders: dict[str, tuple[str, int]] = field(default_factory=dict)
    signers: dict[str, int] = field(default_factory=dict)
    persons: dict[tuple[str, str], int] = field(default_factory=dict)


def _read(path: Path) -> _Notices:
    """Read every certificate of the file."""
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
    found = _Notices()
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


def _take_row(path: Path, line: int, row: dict[str, str], found: _Notices) -> None:
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
    person = found.persons.setdefault((code, row[notices.PERSON]), len(found.persons) + 1)
    ref = holder_ref(issuer, int(serial, 16))
    if ref in found.holders or ref in found.signers:
        raise _broken(path, line, notices.SERIAL, "stands twice")
    if kind == notices.NoticeKind.AUTHENTICATION:
        found.holders[ref] = (code, person)
    else:
        found.signers[ref] = person


def _broken(path: Path, line: int, column: str, detail: str) -> Failed:
    return Failed("Delivery_Row_Broken", file=path.name, line=line, column=column, detail=detail)
