"""発行番号: one for every copy, never used twice, read aloud by people."""

from __future__ import annotations

import secrets
from datetime import date

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0/O, 1/I/L, U/V mix-ups when a number is read over the telephone."""


def new_issue_number(municipality: str, day: date) -> str:
    """`28100-20260603-7K3M-Q9TX-2HRD`: municipality code, day of issue, 12 random characters (58 bits).

    The random part alone makes it unique, so that two servers of one municipality need no common counter and two
    applications of one second never meet (the cause of the Kawasaki case); the ledger refuses a number twice.
    """
    groups = ("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join((municipality, day.strftime("%Y%m%d"), *groups))
