"""What a person calls one letter: a character together with the variation selector behind it (IVS)."""

from __future__ import annotations


def is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def letters(text: str) -> tuple[str, ...]:
    """`text` letter by letter; joined they are `text`. A selector with nothing before it is a letter of its own."""
    found: list[str] = []
    for character in text:
        if is_selector(character) and found and not is_selector(found[-1][-1]):
            found[-1] += character
        else:
            found.append(character)
    return tuple(found)
