"""Issue notices come in whole or not at all; what is broken is named by file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from server_stub.center.database import Database
from server_stub.center.holders import Holders, take_issue_notices
from server_stub.db import sqlite_url
from server_stub.interface import notices
from server_stub.interface.binding import holder_ref
from server_stub.interface.failures import Failed

HEADER = ",".join(notices.HEADER)
ISSUER = b"\x30\x00"
GOOD = "N1,0A1B,MAA=,P-1,28100,利用者証明用,2026-01-01T00:00:00+09:00,2030-01-01T00:00:00+09:00"
REF = holder_ref(ISSUER, 0x0A1B)


def test_a_delivery_replaces_the_one_before(tmp_path: Path) -> None:
    url, path = sqlite_url(tmp_path / "center.db"), tmp_path / notices.FILE_NAME
    other = GOOD.replace("0A1B", "0C").replace("28100", "09202")
    path.write_text(f"{HEADER}\r\n{GOOD}\r\n", encoding="utf-8")
    assert take_issue_notices(url, path) == 1
    database = Database(url)
    holders = Holders(database)
    assert holders.municipality(REF) == "28100"
    path.write_text(f"{HEADER}\n{other}\n", encoding="utf-8")
    assert holders.take(path) == 1
    assert holders.municipality(holder_ref(ISSUER, 0x0C)) == "09202"
    with pytest.raises(Failed, match="Holder_Not_Linked"):
        holders.municipality(REF)
    database.dispose()


def test_signature_certificates_link_nobody(tmp_path: Path) -> None:
    path = tmp_path / "n.csv"
    path.write_text(f"{HEADER}\n{GOOD.replace('利用者証明用', '署名用')}\n", encoding="utf-8")
    assert take_issue_notices(sqlite_url(tmp_path / "center.db"), path) == 0


BROKEN = {
    "serial": (GOOD.replace("0A1B", "0a1g"), notices.SERIAL),
    "no serial": (GOOD.replace("0A1B", ""), notices.SERIAL),
    "issuer": (GOOD.replace("MAA=", "MAA"), notices.ISSUER),
    "no issuer": (GOOD.replace("MAA=", ""), notices.ISSUER),
    "municipality": (GOOD.replace("28100", "2810"), notices.MUNICIPALITY),
    "wide digits": (GOOD.replace("28100", "２８１００"), notices.MUNICIPALITY),
    "kind": (GOOD.replace("利用者証明用", "利用者"), notices.KIND),
    "twice": (GOOD.replace("0A1B", "A1B"), notices.SERIAL),
    "too few": ("N1,0A", notices.ISSUER),
    "too many": (GOOD + ",x", notices.EXPIRES_AT),
    "quote": ('"N1' + GOOD[2:], ""),
    "not utf-8": ("N1,\udcff", ""),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_row_is_named_and_nothing_of_the_delivery_is_applied(tmp_path: Path, case: str) -> None:
    row, column = BROKEN[case]
    path = tmp_path / "broken.csv"
    several_lines = GOOD.replace("N1", '"N\n1"').replace("0A1B", "FF")
    path.write_text(
        "\n".join([HEADER, GOOD, several_lines, row, ""]), encoding="utf-8", errors="surrogateescape"
    )
    database = Database(sqlite_url(tmp_path / "center.db"))
    with pytest.raises(Failed) as caught:
        Holders(database).take(path)
    assert caught.value.failure == "Delivery_Row_Broken"
    assert (caught.value.facts["file"], caught.value.facts["line"]) == ("broken.csv", 5)
    assert caught.value.facts["column"] == column
    with pytest.raises(Failed, match="Holder_Not_Linked"):
        Holders(database).municipality(REF)
    database.dispose()


def test_a_missing_file_and_a_wrong_header_are_named(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path / "center.db"))
    with pytest.raises(Failed, match="Delivery_File_Missing"):
        Holders(database).take(tmp_path / "none.csv")
    for text in ("", "a,b\n", "\ufeff" + HEADER + "\n" + GOOD):
        path = tmp_path / "header.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(Failed, match="Delivery_Header_Wrong"):
            Holders(database).take(path)
    database.dispose()
