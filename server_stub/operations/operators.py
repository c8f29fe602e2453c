"""Operators (操作者): who may log in, with which rights from which day on, and who is locked out.

Every change of rights has a day from which it counts; the latest that counts today is what an operator may. An operator belongs to one
owner: a municipality, or who runs a site (`site:NAME`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, RowMapping, insert, select, update

from server_stub.interface.clock import Clock
from server_stub.interface.failures import Failed
from server_stub.interface.secret import Secret

from .passwords import SecondFactor, hash_password, is_password, one_time_password, step_of_code
from .rights import MUNICIPAL_ROLES, SEES, VENDOR_ROLES, PersonalField, Role
from .settings import OperationsSettings
from .store import moment
from .tables import operators, rights, sessions

SITE = "site:"
"""How the owner of a vendor's operators begins."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What an operator may from `from_day` on. No role: stopped. `until_day`: the last day, None for no end."""

    number: int
    from_day: date
    until_day: date | None
    roles: frozenset[Role]
    fields: frozenset[PersonalField]
    made_at: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator as today is. `grant`: what counts today; `coming`: what has been decided for later, by its day."""

    number: int
    login: str
    owner: str
    name: str
    department: str
    must_change: bool
    failures: int
    locked_until: datetime | None
    has_second_factor: bool
    made_at: str
    made_by: str
    grant: Grant | None
    coming: tuple[Grant, ...]

    @property
    def roles(self) -> frozenset[Role]:
        return self.grant.roles if self.grant is not None else frozenset()

    @property
    def fields(self) -> frozenset[PersonalField]:
        return self.grant.fields if self.grant is not None else frozenset()

    @property
    def is_vendor(self) -> bool:
        return self.owner.startswith(SITE)


@dataclass(frozen=True, slots=True)
class FirstOperator:
    """Who was made because an owner had nobody: to be told once."""

    owner: str
    owner_name: str
    login: str
    password: Secret


@dataclass(frozen=True, slots=True)
class Refused:
    """Why somebody was not let in: `wrong`, `locked`, `stopped`. `login` and `owner`: '' where nobody is called so."""

    why: str
    owner: str = ""
    login: str = ""
    name: str = ""


class Operators:
    """Safe from any thread."""

    def __init__(self, engine: Engine, settings: OperationsSettings, clock: Clock) -> None:
        self._engine, self._settings, self._clock = engine, settings, clock
        self.second_factor = SecondFactor(settings.secret_key)
        self._nobody: str | None = None

    # --- finding ----------------------------------------------------------------------------------------------------------

    def by_login(self, login: str, owner: str) -> Operator:
        """Find an operator of the owner. Raises Failed(Console_Record_Unknown), for another owner's too."""
        with self._engine.connect() as connection:
            row = (
                connection.execute(
                    select(operators).where(operators.c.login == login, operators.c.owner == owner)
                )
                .mappings()
                .first()
            )
            if row is None:
                raise Failed("Console_Record_Unknown")
            return self._operator(connection, row)

    def by_any_login(self, login: str) -> Operator | None:
        """Find an operator of whatever owner: for whoever has the machine itself."""
        with self._engine.connect() as connection:
            row = connection.execute(select(operators).where(operators.c.login == login)).mappings().first()
            return None if row is None else self._operator(connection, row)

    def by_number(self, number: int) -> Operator | None:
        with self._engine.connect() as connection:
            row = connection.execute(select(operators).where(operators.c.number == number)).mappings().first()
            return None if row is None else self._operator(connection, row)

    def grants(self, operator: Operator) -> list[RowMapping]:
        """List all that was ever decided about the operator's rights, the latest first."""
        with self._engine.connect() as connection:
            return list(
                connection.execute(
                    select(rights)
                    .where(rights.c.operator == operator.number)
                    .order_by(rights.c.number.desc())
                ).mappings()
            )

    def of(self, owner: str) -> list[Operator]:
        """List the owner's operators by their ids."""
        with self._engine.connect() as connection:
            rows = connection.execute(
                select(operators).where(operators.c.owner == owner).order_by(operators.c.login)
            ).mappings()
            return [self._operator(connection, row) for row in rows.all()]

    def _operator(self, connection: Connection, row: RowMapping) -> Operator:
        today = self._clock.now().date()
        grants = [
            _grant(one)
            for one in connection.execute(
                select(rights)
                .where(rights.c.operator == row["number"], rights.c.withdrawn_at.is_(None))
                .order_by(rights.c.from_day, rights.c.number)
            ).mappings()
        ]
        begun = [one for one in grants if one.from_day <= today]
        counts = begun[-1] if begun else None
        if counts is not None and counts.until_day is not None and counts.until_day < today:
            counts = None
        until = row["locked_until"]
        return Operator(
            row["number"],
            row["login"],
            row["owner"],
            row["name"],
            row["department"],
            row["must_change"],
            row["failures"],
            None if until is None else datetime.fromisoformat(until),
            row["totp_key"] is not None,
            row["made_at"],
            row["made_by"],
            counts,
            tuple(one for one in grants if one.from_day > today),
        )

    # --- making and changing ----------------------------------------------------------------------------------------------

    def first(self) -> list[FirstOperator]:
        """Make an operator with every role for each owner who has none yet, each with a one-time password. Told once, kept nowhere."""
        made = []
        for owner, name in self._owners():
            with self._engine.connect() as connection:
                held = connection.execute(
                    select(operators.c.number).where(operators.c.owner == owner).limit(1)
                ).first()
            if held is not None:
                continue
            roles = VENDOR_ROLES if owner.startswith(SITE) else MUNICIPAL_ROLES
            login = f"{self.prefix(owner)}kanri"
            password = self.add(
                owner,
                login,
                "最初の管理者",
                "",
                roles,
                usual_fields(roles),
                self._clock.now().date(),
                None,
                "system",
            )
            made.append(FirstOperator(owner, name, login, password))
        return made

    def _owners(self) -> list[tuple[str, str]]:
        """List the owners with their names: the municipalities, then who runs their sites."""
        hosted = self._settings.municipalities
        return [(one.code, one.name) for one in hosted] + [
            (f"{SITE}{site}", site) for site in dict.fromkeys(one.site for one in hosted)
        ]

    def prefix(self, owner: str) -> str:
        """Tell how the ids of an owner's operators begin, so that nobody learns whom another owner has: `28100-`, `jigyosha1-`."""
        owners = [one for one, _ in self._owners()]
        if not owner.startswith(SITE):
            return f"{owner}-"
        return f"jigyosha{owners.index(owner) - len(self._settings.municipalities) + 1}-"

    def add(
        self,
        owner: str,
        login: str,
        name: str,
        department: str,
        roles: Iterable[Role],
        fields: Iterable[PersonalField],
        from_day: date,
        until_day: date | None,
        by: str,
    ) -> Secret:
        """Register an operator; returns the one-time password. Raises Failed(Console_Operator_Taken) for an id that is somebody's."""
        check_roles(owner, roles)
        password = one_time_password()
        now = moment(self._clock.now())
        hashed = hash_password(password, self._settings.password_cost)
        with self._engine.begin() as connection:
            if connection.execute(select(operators.c.number).where(operators.c.login == login)).first():
                raise Failed("Console_Operator_Taken")
            number = connection.execute(
                insert(operators).values(
                    login=login, owner=owner, name=name, department=department, password=hashed,
                    must_change=True, made_at=now, made_by=by,
                )
            ).inserted_primary_key  # fmt: skip
            assert number is not None
            self._grant(connection, number[0], roles, fields, from_day, until_day, by)
        return password

    def grant(
        self,
        operator: Operator,
        roles: Iterable[Role],
        fields: Iterable[PersonalField],
        from_day: date,
        until_day: date | None,
        by: str,
    ) -> None:
        """Decide what the operator may from `from_day` on. Raises Failed(Console_Last_Administrator)."""
        check_roles(operator.owner, roles)
        with self._engine.begin() as connection:
            number = self._grant(connection, operator.number, roles, fields, from_day, until_day, by)
            self._check_administrators(connection, operator.owner)
            assert number

    def withdraw(self, operator: Operator, grant: int, by: str) -> None:
        """Withdraw a change that has not come yet. Raises Failed(Console_Record_Unknown)."""
        if grant not in {one.number for one in operator.coming}:
            raise Failed("Console_Record_Unknown")
        with self._engine.begin() as connection:
            connection.execute(
                update(rights)
                .where(rights.c.number == grant, rights.c.operator == operator.number)
                .values(withdrawn_at=moment(self._clock.now()), withdrawn_by=by)
            )
            self._check_administrators(connection, operator.owner)

    def rename(self, operator: Operator, name: str, department: str) -> None:
        self._set(operator.number, name=name, department=department)

    def unlock(self, operator: Operator) -> None:
        self._set(operator.number, failures=0, locked_until=None)

    def new_password(self, operator: Operator) -> Secret:
        """Give a new one-time password, and end the operator's sessions."""
        password = one_time_password()
        hashed = hash_password(password, self._settings.password_cost)
        self._set(operator.number, password=hashed, must_change=True, failures=0, locked_until=None)
        self.end_sessions(operator.number)
        return password

    def forget_second_factor(self, operator: Operator) -> None:
        """Take the key away (a lost phone), and end the operator's sessions."""
        self._set(operator.number, totp_key=None, totp_step=0)
        self.end_sessions(operator.number)

    def choose_password(self, number: int, password: Secret) -> None:
        self._set(number, password=hash_password(password, self._settings.password_cost), must_change=False)

    def set_second_factor(self, number: int, key: Secret, step: int) -> None:
        self._set(number, totp_key=self.second_factor.seal(key), totp_step=step)

    def end_sessions(self, number: int, but: str = "") -> None:
        with self._engine.begin() as connection:
            connection.execute(
                sessions.delete().where(sessions.c.operator == number, sessions.c.token != but)
            )

    def _set(self, number: int, **values: object) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(operators).where(operators.c.number == number).values(**values))

    def _grant(
        self,
        connection: Connection,
        operator: int,
        roles: Iterable[Role],
        fields: Iterable[PersonalField],
        from_day: date,
        until_day: date | None,
        by: str,
    ) -> int:
        made = connection.execute(
            insert(rights).values(
                operator=operator,
                from_day=from_day.isoformat(),
                until_day=None if until_day is None else until_day.isoformat(),
                roles=",".join(sorted(roles)),
                fields=",".join(sorted(fields)),
                made_at=moment(self._clock.now()),
                made_by=by,
            )
        ).inserted_primary_key
        assert made is not None
        return int(made[0])

    def _check_administrators(self, connection: Connection, owner: str) -> None:
        """Raises Failed(Console_Last_Administrator) where, on some day from today on, nobody of the owner could change rights."""
        leads = Role.VENDOR_ADMINISTRATOR if owner.startswith(SITE) else Role.ADMINISTRATOR
        found = connection.execute(
            select(rights)
            .join(operators, operators.c.number == rights.c.operator)
            .where(operators.c.owner == owner, rights.c.withdrawn_at.is_(None))
            .order_by(rights.c.from_day, rights.c.number)
        ).mappings()
        by_operator: dict[int, list[Grant]] = {}
        for row in found:
            by_operator.setdefault(row["operator"], []).append(_grant(row))
        today = self._clock.now().date()
        days = {today}
        for grants in by_operator.values():
            for one in grants:
                days.add(max(today, one.from_day))
                if one.until_day is not None:
                    days.add(max(today, one.until_day + timedelta(days=1)))
        for day in days:
            if not any(_leads(grants, leads, day) for grants in by_operator.values()):
                raise Failed("Console_Last_Administrator", day=day.isoformat())

    # --- being let in -----------------------------------------------------------------------------------------------------

    def let_in(self, login: str, password: Secret) -> Operator | Refused:
        """Compare id and password. A wrong one counts; after so many the operator is locked for a while. Who does not exist costs as
        much time as who does."""
        with self._engine.connect() as connection:
            row = connection.execute(select(operators).where(operators.c.login == login)).mappings().first()
        if row is None:
            if self._nobody is None:
                self._nobody = hash_password(one_time_password(), self._settings.password_cost)
            is_password(password, self._nobody)
            return Refused("wrong")
        now = self._clock.now()
        right = is_password(password, row["password"])
        whose = (row["owner"], row["login"], row["name"])
        if row["locked_until"] is not None and moment(now) < row["locked_until"]:
            return Refused("locked", *whose)
        if not right:
            return Refused("locked" if self._count_failure(row["number"], now) else "wrong", *whose)
        operator = self.by_number(row["number"])
        if operator is None or not operator.roles:
            return Refused("stopped", *whose)
        if row["failures"]:
            self._set(row["number"], failures=0, locked_until=None)
        return operator

    def is_password_of(self, number: int, password: Secret) -> bool:
        with self._engine.connect() as connection:
            kept = connection.execute(
                select(operators.c.password).where(operators.c.number == number)
            ).scalar_one()
        return is_password(password, kept)

    def _count_failure(self, number: int, now: datetime) -> bool:
        """Count a failure; True if it locks the operator."""
        with self._engine.begin() as connection:
            connection.execute(
                update(operators)
                .where(operators.c.number == number)
                .values(failures=operators.c.failures + 1)
            )
            count = connection.execute(
                select(operators.c.failures).where(operators.c.number == number)
            ).scalar_one()
            if count < self._settings.most_failures:
                return False
            connection.execute(
                update(operators)
                .where(operators.c.number == number)
                .values(failures=0, locked_until=moment(now + self._settings.locked_for))
            )
            return True

    def check_code(self, number: int, code: str) -> bool:
        """Compare a one-time code; one that was used is none. A wrong one counts as a wrong password does."""
        now = self._clock.now()
        with self._engine.connect() as connection:
            row = connection.execute(select(operators).where(operators.c.number == number)).mappings().one()
        if row["totp_key"] is None or (row["locked_until"] is not None and moment(now) < row["locked_until"]):
            return False
        key = self.second_factor.open(row["totp_key"])
        step = step_of_code(key, code, now.timestamp(), row["totp_step"])
        if step is None:
            self._count_failure(number, now)
            return False
        with self._engine.begin() as connection:
            taken = connection.execute(
                update(operators)
                .where(operators.c.number == number, operators.c.totp_step < step)
                .values(totp_step=step, failures=0)
            )
            return taken.rowcount == 1


def check_roles(owner: str, roles: Iterable[Role]) -> None:
    """Raises Failed(Console_Record_Unknown) for a role that nobody of this owner has."""
    if not set(roles) <= (VENDOR_ROLES if owner.startswith(SITE) else MUNICIPAL_ROLES):
        raise Failed("Console_Record_Unknown")


def usual_fields(roles: Iterable[Role]) -> frozenset[PersonalField]:
    """What these roles see of a person where nothing else is decided."""
    return frozenset[PersonalField]().union(*(SEES[role] for role in roles))


def _grant(row: RowMapping) -> Grant:
    return Grant(
        row["number"],
        date.fromisoformat(row["from_day"]),
        None if row["until_day"] is None else date.fromisoformat(row["until_day"]),
        frozenset(Role(one) for one in row["roles"].split(",") if one),
        frozenset(PersonalField(one) for one in row["fields"].split(",") if one),
        row["made_at"],
        row["made_by"],
    )


def _leads(grants: list[Grant], role: Role, day: date) -> bool:
    begun = [one for one in grants if one.from_day <= day]
    return (
        bool(begun)
        and role in begun[-1].roles
        and (begun[-1].until_day is None or begun[-1].until_day >= day)
    )
