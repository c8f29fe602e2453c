"""How long each state waits, in seconds of the one clock. Exact figures of the real machines are not public (docs/facts.md),
so every one is a setting."""

from __future__ import annotations

from dataclasses import dataclass, fields

from .state import StateName as S
from .state import Visit


@dataclass(frozen=True, slots=True)
class TimeOuts:
    """Named waits in seconds, all greater than 0.

    `answer` ends a wait for the centre, whatever the network's own time-outs are. `card_take` and `paper_take` pass
    twice: first a warning, then (after `card_forgotten` / `paper_forgotten`) the end.
    """

    screen: float = 60
    card_place: float = 60
    pin: float = 60
    answer: float = 120
    card_take: float = 20
    card_forgotten: float = 30
    coins: float = 120
    paper_take: float = 40
    paper_forgotten: float = 60
    receipt: float = 20
    thanks: float = 10
    refusal: float = 30

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"time-out {field.name} must be greater than 0 seconds")

    def of(self, state: S, visit: Visit) -> float | None:
        """Seconds until DeadlinePassed; None for no deadline."""
        match state:
            case S.TOP_MENU | S.OUT_OF_SERVICE:
                # only so that another resident's language does not stay
                return None if visit.language == DEFAULT_LANGUAGE else self.screen
            case S.READING_CARD | S.TAKING_MONEY | S.RETURNING_MONEY | S.REFUNDING:
                return None
            case S.PRINTING | S.JAMMED | S.PRINTING_RECEIPT:
                return None
            case S.FETCHING_MUNICIPALITIES | S.OPENING_SESSION | S.AUTHENTICATING | S.PREPARING:
                return self.answer
            case S.TAKE_CARD:
                return self.card_forgotten if visit.forgotten else self.card_take
            case S.LIFT_CARD | S.CARD_LEFT:
                return self.card_forgotten
            case S.TAKE_PAPER:
                return self.paper_forgotten if visit.forgotten else self.paper_take
            case _:
                return {
                    S.PLACE_CARD: self.card_place,
                    S.CONFIRM_LAST_TRY: self.pin,
                    S.ENTER_PIN: self.pin,
                    S.PAY: self.coins,
                    S.ASK_RECEIPT: self.receipt,
                    S.THANKS: self.thanks,
                    S.REFUSAL: self.refusal,
                }.get(state, self.screen)


DEFAULT_LANGUAGE = "ja"
