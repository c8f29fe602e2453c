"""Reed-Solomon codes over bytes: what a scanner misreads of a scrambled image is put right, block by block.

Shortened to nothing: blocks of 255 bytes, 191 of a message and 64 of redundancy, so that 32 wrong bytes of a block are found and
mended. The field is GF(2^8) modulo x^8+x^4+x^3+x^2+1 with the roots 2^0 … 2^63, as in a QR code (ISO/IEC 18004, Annex A). The message
of many blocks is a table of one lookup a byte, since a resident waits for it.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

BLOCK, REDUNDANT = 255, 64
MESSAGE = BLOCK - REDUNDANT
MOST_WRONG = REDUNDANT // 2
"""Bytes of a block."""
_POLYNOMIAL = 0x11D
Bytes = NDArray[np.uint8]


def _powers() -> tuple[list[int], list[int]]:
    power, logarithm, value = [0] * 512, [0] * 256, 1
    for exponent in range(255):
        power[exponent] = power[exponent + 255] = value
        logarithm[value] = exponent
        value <<= 1
        if value > 255:
            value ^= _POLYNOMIAL
    return power, logarithm


_POWER, _LOGARITHM = _powers()


def _times(one: int, other: int) -> int:
    return _POWER[_LOGARITHM[one] + _LOGARITHM[other]] if one and other else 0


@functools.cache
def _products() -> Bytes:
    """The product of every two bytes."""
    power, logarithm = np.array(_POWER, dtype=np.uint8), np.array(_LOGARITHM)
    products: Bytes = power[logarithm[:, None] + logarithm[None, :]]
    products[0, :] = products[:, 0] = 0
    return products


def generator(redundant: int) -> list[int]:
    """The polynomial whose roots are 2^0 … 2^(redundant - 1), the highest power first."""
    made = [1]
    for exponent in range(redundant):
        root = _POWER[exponent]
        made = [high ^ _times(root, low) for high, low in zip([*made, 0], [0, *made], strict=True)]
    return made


@functools.cache
def _remainders(message: int, redundant: int) -> NDArray[np.uint64]:
    """Of each place of a message and each value of its byte: what it adds to the redundancy, eight bytes a word."""
    low = np.array(generator(redundant)[1:], dtype=np.uint8)
    products = _products()
    rows = np.zeros((message, redundant), dtype=np.uint8)
    row = low
    for place in range(message - 1, -1, -1):
        rows[place] = row
        row = np.append(row[1:], np.uint8(0)) ^ products[row[0], low]
    table = products[np.arange(256)[None, :, None], rows[:, None, :]]
    return np.ascontiguousarray(table).view(np.uint64)


def with_redundancy(message: Bytes) -> Bytes:
    """Blocks of `BLOCK` bytes from `message`, one block's `MESSAGE` bytes a row."""
    table = _remainders(MESSAGE, REDUNDANT)
    added = np.bitwise_xor.reduce(table[np.arange(MESSAGE), message], axis=1)
    return np.concatenate([message, added.view(np.uint8)], axis=1)


def warm_up() -> None:
    """Make the tables: some 40 ms."""
    _remainders(MESSAGE, REDUNDANT)


def mended(blocks: Bytes) -> tuple[Bytes, NDArray[np.bool_], int]:
    """Put right what was misread of `blocks` (a row each): the blocks, where a byte was wrong, and how many blocks stay wrong."""
    evaluated = np.array(
        [[_POWER[root * (BLOCK - 1 - place) % 255] for place in range(BLOCK)] for root in range(REDUNDANT)],
        dtype=np.uint8,
    )
    products = _products()
    right, wrong, lost = blocks.copy(), np.zeros(blocks.shape, dtype=np.bool_), 0
    for number, block in enumerate(blocks):
        signs = np.bitwise_xor.reduce(products[block[None, :], evaluated], axis=1)
        if not signs.any():
            continue
        faults = _faults([int(sign) for sign in signs])
        for place, value in (faults or {}).items():
            right[number, place] ^= value
        if faults is None or np.bitwise_xor.reduce(products[right[number][None, :], evaluated], axis=1).any():
            right[number], lost = block, lost + 1
            continue
        wrong[number, list(faults)] = True
    return right, wrong, lost


def _faults(signs: list[int]) -> dict[int, int] | None:
    """Place and value of each wrong byte by the syndromes (Berlekamp-Massey, Chien, Forney); None: too many."""
    locator, before, gap, last = [1], [1], 1, 1
    length = 0
    for step in range(len(signs)):
        difference = signs[step]
        for power in range(1, min(length, len(locator) - 1) + 1):
            difference ^= _times(locator[power], signs[step - power])
        if difference == 0:
            gap += 1
            continue
        ratio = _times(difference, _POWER[255 - _LOGARITHM[last]])
        moved = [0] * gap + [_times(ratio, one) for one in before]
        size = max(len(locator), len(moved))
        changed = [
            (locator[i] if i < len(locator) else 0) ^ (moved[i] if i < len(moved) else 0) for i in range(size)
        ]
        if 2 * length <= step:
            length, before, last, gap = step + 1 - length, locator, difference, 1
        else:
            gap += 1
        locator = changed
    locator = locator[: length + 1]
    if length > len(signs) // 2:
        return None
    value = [0] * len(signs)
    for one, factor in enumerate(locator):
        for other in range(len(signs) - one):
            value[one + other] ^= _times(factor, signs[other])
    found: dict[int, int] = {}
    for exponent in range(255):  # 2^exponent names the byte at the place 254 - exponent
        inverse = (255 - exponent) % 255
        if _at(locator, inverse):
            continue
        slope = 0
        for power in range(1, len(locator), 2):
            slope ^= _times(locator[power], _POWER[inverse * (power - 1) % 255])
        if slope == 0:
            return None
        quotient = _times(_at(value, inverse), _POWER[255 - _LOGARITHM[slope]])
        found[BLOCK - 1 - exponent] = _times(quotient, _POWER[exponent])
    return found if len(found) == length else None


def _at(polynomial: list[int], exponent: int) -> int:
    """Its value for 2^exponent, the lowest power first."""
    total = 0
    for power, factor in enumerate(polynomial):
        total ^= _times(factor, _POWER[exponent * power % 255])
    return total
