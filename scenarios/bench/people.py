"""Whom the benchmarks are about: somebody who lives alone, so that the paper is one sheet."""

from __future__ import annotations

PERSON = "0000100201"
CARD = "六甲翠のカード"
