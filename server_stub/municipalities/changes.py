"""What a municipality changes from a day on: the tables [[change]] of its settings, and the states that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from server_stub.certificates.terms import INSTEAD
from server_stub.interface.failures import Failed
from server_stub.settings_file import Settings, SettingsText, settings_wrong


class Change(Settings):
    """A table [[change]]: what is otherwise from the day `from` on, `until` included or for good. The rest of it is written as in
    the file itself; tables are merged, lists and values take the place of what was there. `date_unknown`: it is known that
    this will come, and not when: it is checked, and never in force. `note`: for whoever reads the file."""

    begins: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None
    date_unknown: bool = False
    note: SettingsText | None = None
    certifier: dict[str, Any] = {}
    ward: dict[str, dict[str, Any]] = {}
    service: dict[str, dict[str, Any]] = {}
    holder: dict[str, Any] = {}
    existing_system: dict[str, Any] = {}
    registration: dict[str, Any] = {}
    closed: list[dict[str, Any]] | None = None
    minimum_age: int | None = None
    issue_number: str | None = None

    @model_validator(mode="after")
    def _has_its_day(self) -> Self:
        if (self.begins is None) != self.date_unknown:
            raise ValueError("from（この日から）か date_unknown = true（実施日不明）のどちらか一方")
        if self.until is not None and (self.begins is None or self.until < self.begins):
            raise ValueError("until は from と同じ日か、より後の日")
        if not self.settings:
            raise ValueError("変わるもの（service・certifier など）を一つ以上")
        return self

    def in_force(self, day: date) -> bool:
        return self.begins is not None and self.begins <= day and (self.until is None or day <= self.until)

    @property
    def settings(self) -> dict[str, Any]:
        """What it changes, as it stands in the file."""
        own = {"begins", "until", "date_unknown", "note"}
        return {
            name: value for name, value in self.model_dump(exclude=own).items() if value not in (None, {})
        }


@dataclass(frozen=True)
class ChangedState:
    """What is in force from the day `first` on: each change with its number in the file. `first` None: never, it is only checked."""

    first: date | None
    changes: tuple[tuple[int, Change], ...]

    def merged_with(self, base: Mapping[str, Any]) -> dict[str, Any]:
        merged = dict(base)
        for _, change in self.changes:
            merged = _merged(_without_replaced(merged, change.service), change.settings)
        return merged

    def told(self, failed: Failed) -> Failed:
        """Tell of `failed` the change that made it so, and from when."""
        field = str(failed.facts.get("field", ""))
        number = next((n for n, change in reversed(self.changes) if _has(change.settings, field)), None)
        if number is None and self.changes:
            number = self.changes[-1][0]
        since = f"（{self.first}からの状態）" if self.first is not None else "（実施日不明の状態）"
        return settings_wrong(
            str(failed.facts.get("file", "")),
            f"change[{number}].{field}" if number is not None else field,
            f"{failed.facts.get('expected', '')}{since}",
        )


def states_of(changes: Iterable[Change]) -> Iterator[ChangedState]:
    """List the states after that of before all changes, in the order of their days: one from each day at which a change begins, and
    from each day after one that has ended. Where two change the same, the later one counts."""
    numbered = sorted(
        ((number, change) for number, change in enumerate(changes, start=1)),
        key=lambda one: (one[1].begins or date.max, one[0]),
    )
    days = {change.begins for _, change in numbered if change.begins is not None}
    ends = {change.until for _, change in numbered if change.until is not None}
    days |= {end + timedelta(days=1) for end in ends if end < date.max}
    for day in sorted(days):
        yield ChangedState(day, tuple((n, change) for n, change in numbered if change.in_force(day)))
    for number, change in numbered:
        if change.date_unknown:
            lasting = tuple((n, one) for n, one in numbered if one.begins is not None and one.until is None)
            yield ChangedState(None, (*lasting, (number, change)))


def _without_replaced(values: dict[str, Any], changed: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Leave out of the tables of the kinds what `changed` says in another way (`INSTEAD`)."""
    services = values.get("service")
    if not isinstance(services, dict):
        return values
    left = dict(services)
    for code, table in changed.items():
        gone = {a for one in INSTEAD for a, b in (one, one[::-1]) if b in table and a not in table}
        if isinstance(services.get(code), dict):
            left[code] = {name: value for name, value in services[code].items() if name not in gone}
    return {**values, "service": left}


def _merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for name, value in change.items():
        before = merged.get(name)
        merged[name] = (
            _merged(before, value) if isinstance(value, dict) and isinstance(before, dict) else value
        )
    return merged


def _has(settings: Mapping[str, Any], place: str) -> bool:
    """Tell whether `settings` says something about `place`, such as service.KIND.fee."""
    here: Any = settings
    for name in place.split("."):
        if not isinstance(here, dict) or name.partition("[")[0] not in here:
            return False
        here = here[name.partition("[")[0]]
    return True
