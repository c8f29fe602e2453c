"""What a model expected of a delivered value, in Japanese: pydantic's own words are English and may be of its making."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_EXPECTED = {
    "missing": "この項目（ありません）",
    "extra_forbidden": "取決めにある名前の項目だけ",
    "string_type": "文字列",
    "string_too_short": "{min_length}文字以上",
    "string_pattern_mismatch": "取決めの書き方の文字列",
    "string_too_long": "{max_length}文字以内",
    "bool_type": "true か false",
    "int_type": "整数",
    "int_parsing": "整数",
    "float_type": "数",
    "float_parsing": "数",
    "date_type": "日付",
    "date_from_datetime_parsing": "西暦の年-月-日 の日付（例 2026-06-03）",
    "list_type": "配列",
    "dict_type": "オブジェクト",
    "int_from_float": "整数",
    "greater_than_equal": "{ge}以上の数",
    "less_than_equal": "{le}以下の数",
    "greater_than": "{gt}より大きい数",
    "less_than": "{lt}より小さい数",
    "tuple_type": "配列",
    "too_short": "{min_length}個以上の並び",
    "too_long": "{max_length}個以内の並び",
    "model_type": "オブジェクト",
    "literal_error": "取決めにある値",
}
"""By pydantic's type of an error; the braces are of its context."""


def in_words(kind: str, context: Mapping[str, Any]) -> str:
    """Tell what was expected where pydantic found an error of the type `kind`."""
    return _EXPECTED.get(kind, "取決めの形").format(**context)
