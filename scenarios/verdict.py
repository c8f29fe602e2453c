"""What became of a scenario: one value, made once from the runner's final report.

The evidence page, the index, JUnit, the command line and the exit code read it; nothing else says 合格.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from server_stub.interface.failures import Failed

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
WORDS = {PASSED: "合格", FAILED: "不合格", SKIPPED: "未実施"}
MARKS = {PASSED: "○", FAILED: "×", SKIPPED: "－"}
LAST_PAPER = "last"
AS_IT_SAYS = "この文のとおりになること"
_LINES = 4
"""Lines of an error's text that are told as what was found."""


class ScenarioFailure(AssertionError):
    """What a step of a scenario, or a check after it, raises when something is not as it must be.

    `expected` and `found` are Japanese, for whoever signs the evidence. `paper`: the id of the sheet that shows it, LAST_PAPER
    for the one that came out last, '' where the screen shows it. `details` is for engineers.
    """

    def __init__(self, expected: str, found: str, *, paper: str = "", details: str = "") -> None:
        super().__init__(f"期待: {expected}　実際: {found}" + (f"\n{details}" if details else ""))
        self.expected, self.found, self.paper, self.details = expected, found, paper, details


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for a failure. `step`: its number from 1; 0 for what belongs to none (preparation, checks afterwards), which
    `sentence` then names. `line` of the feature file. `paper`: see ScenarioFailure. `details`: the error as it was raised."""

    sentence: str
    expected: str
    found: str
    step: int = 0
    line: int = 0
    paper: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One scenario, or one row of an outline's examples (`example`: its values in words, '' for none).

    `file` and `line`: where the scenario stands. `page`: the path of its evidence, '' for none. `steps` are those of the
    scenario, `sheets` what was printed. `warnings` do not decide. `skipped`: why it was not run. `tags`, `sentences` (of its steps)
    and `failures` (names of the catalogue by which something was refused): what it is found by. `about`: what its author says of it.
    """

    feature: str
    scenario: str
    example: str
    file: str
    line: int
    outcome: str
    seconds: float = 0.0
    whys: tuple[Why, ...] = ()
    skipped: str = ""
    warnings: tuple[str, ...] = ()
    page: str = ""
    steps: int = 0
    sheets: int = 0
    run: str = ""
    tags: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    about: str = ""

    @property
    def title(self) -> str:
        return self.scenario + (f"（{self.example}）" if self.example else "")

    @property
    def word(self) -> str:
        return WORDS[self.outcome]

    @property
    def why(self) -> Why | None:
        """The first reason: the others followed from it, or stand beside it."""
        return self.whys[0] if self.whys else None

    @property
    def place(self) -> str:
        """File and line of the sentence that failed, else of the scenario."""
        return f"{self.file}:{(self.why.line if self.why else 0) or self.line}"

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Verdict:
        whys = tuple(Why(**why) for why in told["whys"])
        lists = {name: tuple(told[name]) for name in ("warnings", "tags", "sentences", "failures")}
        return cls(**{**told, **lists, "whys": whys})


def why_of(error: BaseException | None, details: str, *, seen: str = "", otherwise: str = AS_IT_SAYS) -> Why:
    """The reason that `error` gives; of one that names neither what was expected nor what was found, as well as can be.

    An error may have the attributes of ScenarioFailure without being one (the readers of papers share no code with the
    scenarios). `details`: its text for engineers. `seen`: what the screen showed at that moment. `otherwise`: what was
    expected, where the error does not say.
    """
    expected = str(getattr(error, "expected", "") or "")
    found = str(getattr(error, "found", "") or "")
    if isinstance(error, Failed):
        found = f"{error.entry.cause}（{error.failure}）"
    if not found:
        lines = [line.strip() for line in str(error or details).splitlines() if line.strip()]
        # what pytest adds to an assertion's own words is for engineers
        first = lines[0] if lines and isinstance(error, AssertionError) else " ".join(lines[:_LINES])
        found = (first or type(error).__name__) + (f"（{seen}）" if seen and seen not in first else "")
    return Why(
        "",
        expected or otherwise,
        found,
        paper=str(getattr(error, "paper", "") or ""),
        details=details,
    )


def shown_path(path: Path) -> str:
    """As a person at this folder would name it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)
