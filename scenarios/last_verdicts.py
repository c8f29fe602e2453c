"""What became of each scenario when it was run last: kept in one file of the checkout (`.konbini/verdicts.json`), over all runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from scenarios import paths
from scenarios.requirements import Case, cases
from scenarios.verdict import SKIPPED, Verdict
from server_stub.interface.clock import Clock

NAME = "verdicts.json"


@dataclass(frozen=True, slots=True)
class Last:
    """`outcome` as in scenarios.verdict; `at` the machine's time (ISO 8601), `run` the number of the run, `digest` that of the
    text that was run (`Case.digest`)."""

    outcome: str
    at: str
    run: str
    digest: str


def remember(verdicts: Iterable[Verdict]) -> None:
    """Keep the verdicts of a run in place of earlier ones of the same scenarios; one that was skipped replaces none of the same
    text. Those of files that are gone are dropped.

    Raises OSError when nothing can be kept."""
    known = {key: last for key, last in _read().items() if Path(_file_of(key)).is_file()}
    at = Clock().now().isoformat(timespec="seconds")
    by_file: dict[Path, dict[tuple[int, str], Case]] = {}
    for verdict in verdicts:
        file = Path(verdict.file).resolve()
        if not verdict.file or not file.is_file():  # its process has ended: nobody knows what it was
            continue
        if file not in by_file:
            by_file[file] = {(case.line, case.example): case for case in cases([file])}
        case = by_file[file].get((verdict.line, verdict.example))
        if case is None:
            continue
        last = known.get(_key(case))
        if verdict.outcome == SKIPPED and last is not None and last.digest == case.digest:
            continue  # what it became with another reader still stands
        known[_key(case)] = Last(verdict.outcome, at, verdict.run, case.digest)
    file = paths.home() / NAME
    part = file.with_suffix(".part")
    part.write_text(
        json.dumps({key: asdict(last) for key, last in known.items()}, ensure_ascii=False, indent=1),
        encoding="utf-8",
    )
    part.replace(file)


def last_verdicts(wanted: Iterable[Case]) -> Mapping[Case, Last]:
    """Get the last verdict of each of `wanted` that was run as its text is now."""
    known = _read()
    found = ((case, known.get(_key(case))) for case in wanted)
    return {case: last for case, last in found if last is not None and last.digest == case.digest}


def _read() -> dict[str, Last]:
    """Empty where nothing was kept, or nothing that can be read: then the scenarios are simply not known to have been run."""
    try:
        told = json.loads((paths.home() / NAME).read_text(encoding="utf-8"))
        return {str(key): Last(**value) for key, value in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


_BETWEEN = "\n"


def _key(case: Case) -> str:
    return _BETWEEN.join((str(case.file.resolve()), case.scenario, case.example))


def _file_of(key: str) -> str:
    return key.split(_BETWEEN, 1)[0]
