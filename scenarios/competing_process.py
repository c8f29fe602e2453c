"""Another program on the same PC/SC service, as a process of its own: `python -m scenarios.competing_process WHAT`.

`hold`: keep the card to itself until standard input ends. `verify`: verify the authentication PIN (a line of standard
input) and go away without a word, as a careless program does. `sign`: try to sign with the authentication key without
any PIN, in whatever state the card is; the status word is printed. Tells what it has done in one line.
"""

from __future__ import annotations

import sys

from cards.readers.interface import CardConnection
from cards.readers.pcsc import PcscReader

SELECT_JPKI = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_PIN = bytes.fromhex("00A4020C020018")
SELECT_KEY = bytes.fromhex("00A4020C020017")
SIGN = bytes.fromhex("802A0080020102") + b"\x00"


def main() -> int:
    what = sys.argv[1]
    connection = PcscReader().connect(exclusive=what == "hold")
    if what == "hold":
        print("held", flush=True)  # noqa: T201
        sys.stdin.read()
        connection.close()
        return 0
    answer = _verify(connection) if what == "verify" else _sign(connection)
    connection.close(power_down=False)
    print(answer[-2:].hex().upper(), flush=True)  # noqa: T201
    return 0


def _verify(connection: CardConnection) -> bytes:
    connection.transmit(SELECT_JPKI)
    connection.transmit(SELECT_PIN)
    pin = sys.stdin.readline().strip().encode("ascii")
    return connection.transmit(bytes((0x00, 0x20, 0x00, 0x80, len(pin))) + pin)


def _sign(connection: CardConnection) -> bytes:
    """Without selecting the application: that alone would end what was verified."""
    connection.transmit(SELECT_KEY)
    return connection.transmit(SIGN)


if __name__ == "__main__":
    raise SystemExit(main())
