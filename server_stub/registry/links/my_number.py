"""The check digit of 個人番号, so that a number that could be somebody's is never taken in."""

from __future__ import annotations


def right_check_digit(first_eleven: str) -> int:
    """The digit that the ministerial ordinance (2014, MIC no. 85, art. 5) puts after the first eleven.

    With P(n) the n-th digit from the right and Q(n) = n + 1 up to n = 6, n - 5 from n = 7: 11 - (sum of P*Q mod 11),
    or 0 where that remainder is 0 or 1.
    """
    total = sum(
        int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(first_eleven), start=1)
    )
    remainder = total % 11
    return 0 if remainder <= 1 else 11 - remainder


def could_be_real(number: str) -> bool:
    """Whether these 12 digits have the right check digit."""
    return right_check_digit(number[:11]) == int(number[11])
