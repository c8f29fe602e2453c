"""Who listens on a port: read from the tables of the kernel, checked against sockets of our own."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from cards.ports import listener_on, listeners, open_to_network

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")
HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"


def tables(folder: Path, tcp: str = "", tcp6: str = "") -> Path:
    (folder / "net").mkdir()
    (folder / "net" / "tcp").write_text(HEAD + tcp, encoding="ascii")
    (folder / "net" / "tcp6").write_text(HEAD + tcp6, encoding="ascii")
    return folder


def row(place: str, state: str = "0A", user: int = 0, inode: int = 77) -> str:
    return (
        f"   0: {place} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 {user} 0 {inode} 1 0\n"
    )


@pytest.mark.parametrize(("address", "reachable"), [("127.0.0.1", False), ("0.0.0.0", True)])  # noqa: S104
def test_a_socket_of_our_own_is_found_with_its_program(address: str, reachable: bool) -> None:
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        found = listener_on(port)
        assert found is not None
        assert (found.address, found.port, found.user) == (address, port, os.getuid())
        assert found.program == Path("/proc/self/comm").read_text(encoding="utf-8").strip()
        assert found.open_to_network is reachable
        assert open_to_network(port) is reachable
    assert listener_on(port) is None


def test_addresses_of_both_families_are_read(tmp_path: Path) -> None:
    proc = tables(
        tmp_path,
        row("0100007F:8C7B") + row("0E01A8C0:8C7C", user=1000),
        row("00000000000000000000000001000000:8C7B") + row("00000000000000000000000000000000:8C7C"),
    )
    assert [(one.address, one.port, one.open_to_network) for one in listeners(proc=proc)] == [
        ("127.0.0.1", 35963, False),
        ("::1", 35963, False),
        ("192.168.1.14", 35964, True),
        ("::", 35964, True),
    ]


def test_only_who_listens_counts_and_broken_rows_are_left_out(tmp_path: Path) -> None:
    broken = "rubbish\n   0: zz:8C7B x 0A\n\n   0: 0100007F:8C7B 0 0A 0 0 0 x\n"
    proc = tables(tmp_path, row("00000000:8C7B", state="01") + broken + row("0100007F:8C7C"))
    assert [one.port for one in listeners(proc=proc)] == [35964]


def test_a_system_without_such_tables_tells_of_nobody(tmp_path: Path) -> None:
    assert listeners(proc=tmp_path) == []
    assert not open_to_network(35963, tmp_path)
