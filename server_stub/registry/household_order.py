"""The order of a household's members on paper (住民記録システム標準仕様書 5.2)."""

from __future__ import annotations

from collections.abc import Iterable

from .records import Person

_SPOUSES = ("夫", "妻", "夫（未届）", "妻（未届）")
_CHILDREN = ("子", "子（子の夫）", "子（子の妻）")
_SIBLINGS = ("兄", "姉", "弟", "妹")


def in_order(members: Iterable[Person]) -> tuple[Person, ...]:
    """Put members into their order: the register's own where it has one; whoever came later and has none stands behind.

    Without one: head, spouse, children; the children's families; parents, siblings, grandparents; everybody else, each by birth and
    宛名番号. No delivery says whose wife a 子の妻 is: families of several children come one rank after the other, the partners, then
    their children; a register that knows better delivers an order. Days of birth are compared by their inner date.
    """
    return tuple(sorted(members, key=lambda one: (one.order == 0, one.order, *_rank(one))))


def _rank(person: Person) -> tuple[object, ...]:
    steps = person.relationship.split("の") if person.relationship else []
    born = (person.birth.inner, person.key)
    if person.relationship == "世帯主":
        return (0, 0, *born)
    if person.relationship in _SPOUSES:
        return (1, 0, *born)
    if person.relationship in _CHILDREN:
        return (2, 0, *born)
    if steps[:1] == ["子"]:
        # 子の妻, 子の子, 子の子の妻, 子の子の子
        return (3, 2 * len(steps) - (steps[-1] in _SPOUSES), *born)
    if person.relationship in ("父", "母"):
        same_register = person.domicile_head == person.name and person.domicile_head != ""
        return (4, 0 if same_register else 1, *born)
    if person.relationship in _SIBLINGS:
        return (5, 0, *born)
    if len(steps) > 1 and all(step in ("父", "母") for step in steps):
        return (6, len(steps), *born)
    return (7, 0, *born)
