"""What the console is set up with: its municipalities, the doors of the other nodes, and how passwords and sessions are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

SHORTEST_KEY = 16


@dataclass(frozen=True, slots=True)
class DoorAddress:
    """The door for officials at another node, and the key to show there."""

    base_url: str
    key: Secret


@dataclass(frozen=True, slots=True)
class Hosted:
    """A municipality whose officials work here. `site`: where its issuing server stands; who runs that site may be let in."""

    code: str
    name: str
    prefecture: str
    site: str


@dataclass(frozen=True, slots=True)
class IssuingDoor:
    """The doors of a site: its issuing server, and its ICカード標準システム if there is one."""

    municipalities: tuple[str, ...]
    issuing: DoorAddress
    card_registry: DoorAddress | None = None
    by_ordinance: tuple[str, ...] = ()
    """Those of the municipalities that use the ICカード標準システム."""


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """Of argon2id (OWASP's first choice for a server): memory in KiB, passes, lanes."""

    memory: int = 19456
    passes: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    """`secret_key`: the operation log is chained, and keys of the second factor are sealed, under keys made of it; it lies outside the
    database. `idle`, `longest`: when a session ends. `most_failures`: wrong passwords after which an operator is locked for `locked_for`.
    `secure`: the console is reached over HTTPS (the cookie goes over nothing else).

    Raises Failed(Settings_Wrong).
    """

    database_url: str
    secret_key: Secret
    center: DoorAddress
    sites: tuple[IssuingDoor, ...]
    municipalities: tuple[Hosted, ...]
    idle: timedelta = timedelta(minutes=30)
    longest: timedelta = timedelta(hours=12)
    most_failures: int = 5
    locked_for: timedelta = timedelta(minutes=30)
    secure: bool = False
    password_cost: PasswordCost = PasswordCost()
    door_seconds: float = 15.0
    """Real seconds that another node has for its answer."""

    def __post_init__(self) -> None:
        if len(self.secret_key) < SHORTEST_KEY:
            raise Failed("Settings_Wrong", item="secret_key", at_least=SHORTEST_KEY)
        if not self.municipalities:
            raise Failed("Settings_Wrong", item="municipalities", detail="none")
        hosted = {one.code for one in self.municipalities}
        reached = [code for site in self.sites for code in site.municipalities]
        if len(set(reached)) != len(reached) or set(reached) != hosted:
            raise Failed("Settings_Wrong", item="sites", detail="each municipality has one issuing server")
        if min(self.most_failures, *(span // timedelta(seconds=1) for span in (self.idle, self.longest))) < 1:
            raise Failed("Settings_Wrong", item="idle, longest, most_failures", detail="more than none")
