"""Defects of rights and log that are planted in the console, each of which a named test of this folder must find. With `make fuzz`
(KONBINI_LONG=1)."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from server_stub.operations import operators, web
from server_stub.operations.functions import operators_pages, vendor_access
from server_stub.operations.operation_log import OperationLog
from server_stub.operations.operators import Operators
from server_stub.operations.rights import RIGHTS
from server_stub.operations.sessions import Sessions
from tests.long import LONG
from tests.operations import test_getting_in as getting_in
from tests.operations import test_operation_log as logs
from tests.operations import test_operators as people
from tests.operations import test_rights as rights
from tests.operations import test_vendor_access as vendors
from tests.operations.hall import Hall

pytestmark = pytest.mark.skipif(not LONG, reason="with make fuzz (KONBINI_LONG=1)")
Plant = Callable[[pytest.MonkeyPatch], object]


@dataclass(frozen=True)
class Planted:
    """`plant` puts the defect in; `caught_by` fails because of it, with `given` beside the hall."""

    plant: Plant
    caught_by: Callable[..., object]
    given: tuple[object, ...] = ()


def _everybody_may(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(web, "may", lambda roles, route: True)


def _any_key(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(web, "is_csrf", lambda session, shown: True)


def _any_origin(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(web, "_is_same_origin", lambda request: True)


def _any_owners_operator(patch: pytest.MonkeyPatch) -> None:
    def found(visit: web.Visit, login: str) -> Any:
        return visit.console.operators.by_any_login(login) or visit.console.operators.by_login(
            login, visit.owner
        )

    patch.setattr(operators_pages, "_found", found)


def _any_period(patch: pytest.MonkeyPatch) -> None:
    before = vendor_access.open_period
    later = timedelta(hours=1)
    patch.setattr(vendor_access, "open_period", lambda engine, code, now: before(engine, code, now + later))


def _any_site(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(vendor_access, "SITE", "")


def _unknown_routes_are_open(patch: pytest.MonkeyPatch) -> None:
    before = web.may
    patch.setattr(web, "may", lambda roles, route: route not in RIGHTS or before(roles, route))


def _never_locked(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Operators, "_count_failure", lambda self, number, now: False)


def _sessions_for_ever(patch: pytest.MonkeyPatch) -> None:
    before = Sessions.find

    def find(self: Sessions, token: str) -> Any:
        with pytest.MonkeyPatch.context() as own:
            for_ever = replace(self._settings, idle=timedelta(days=999), longest=timedelta(days=999))
            own.setattr(self, "_settings", for_ever)
            return before(self, token)

    patch.setattr(Sessions, "find", find)


def _codes_count_twice(patch: pytest.MonkeyPatch) -> None:
    before = operators.step_of_code
    patch.setattr(operators, "step_of_code", lambda key, code, now, after: before(key, code, now, 0))
    patch.setattr(
        Operators,
        "check_code",
        lambda self, number, code: (
            before(_key(self, number), code, self._clock.now().timestamp(), 0) is not None
        ),
    )


def _key(self: Operators, number: int) -> Any:
    with self._engine.connect() as connection:
        row = connection.execute(
            operators.select(operators.operators).where(operators.operators.c.number == number)
        )
        return self.second_factor.open(row.mappings().one()["totp_key"])


def _no_last_administrator(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Operators, "_check_administrators", lambda self, connection, owner: None)


def _changes_count_at_once(patch: pytest.MonkeyPatch) -> None:
    before = Operators._operator

    def now(self: Operators, connection: Any, row: Any) -> Any:
        found = before(self, connection, row)
        return replace(found, grant=found.coming[-1]) if found.coming else found

    patch.setattr(Operators, "_operator", now)


def _text_is_markup(patch: pytest.MonkeyPatch) -> None:
    before = web.Visit.rendered

    def raw(self: web.Visit, template: str, /, **facts: Any) -> str:
        self.console.templates.autoescape = False
        self.console.templates.cache.clear()  # type: ignore[union-attr]
        try:
            return before(self, template, **facts)
        finally:
            self.console.templates.autoescape = True
            self.console.templates.cache.clear()  # type: ignore[union-attr]

    patch.setattr(web.Visit, "rendered", raw)


def _uses_are_not_logged(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(web.AroundPages, "_log", staticmethod(lambda state, failure: None))


def _refusals_are_logged_as_good(patch: pytest.MonkeyPatch) -> None:
    before = web.Visit.write_log
    patch.setattr(web.Visit, "write_log", lambda self, failure: before(self, ""))


def _hash_without_the_one_before(patch: pytest.MonkeyPatch) -> None:
    before = OperationLog._mac
    patch.setattr(OperationLog, "_mac", lambda self, row, last: before(self, row, ""))


def _hash_of_less(field: str) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        before = OperationLog._mac
        patch.setattr(OperationLog, "_mac", lambda self, row, last: before(self, {**row, field: ""}, last))

    return plant


def _head_without_seal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OperationLog, "_seal", lambda self, *told: "0" * 64)


def _every_chain(patch: pytest.MonkeyPatch) -> None:
    before = OperationLog.entries
    other = {logs.KOBE: logs.ASHIKAGA}
    patch.setattr(
        OperationLog,
        "entries",
        lambda self, chain, **asked: (
            before(self, chain, **asked) + before(self, other.get(chain, chain), **asked)
        ),
    )


def _a_page_skips_one(patch: pytest.MonkeyPatch) -> None:
    every = OperationLog.entries
    patch.setattr(
        OperationLog,
        "entries",
        lambda self, chain, before=None, **asked: every(self, chain, before=before and before - 1, **asked),
    )


PLANTED: dict[str, Planted] = {
    "every role may everything": Planted(
        _everybody_may, rights.test_every_route_refuses_every_role_that_the_table_does_not_name
    ),
    "a form needs no key": Planted(_any_key, rights.test_a_form_without_the_key_of_its_session_is_refused),
    "a form may come from anywhere": Planted(_any_origin, rights.test_a_form_of_another_site_is_refused),
    "a route that is not in the table is open": Planted(
        _unknown_routes_are_open, rights.test_a_route_that_is_not_in_the_table_is_open_to_nobody
    ),
    "operators of every municipality are found": Planted(
        _any_owners_operator, people.test_an_operator_of_another_municipality_does_not_exist
    ),
    "the vendor is let in an hour early": Planted(
        _any_period, vendors.test_outside_its_period_the_vendor_sees_nothing
    ),
    "any site's vendor is let in": Planted(
        _any_site, vendors.test_what_the_vendor_does_stands_in_the_municipalitys_log
    ),
    "nobody is locked out": Planted(
        _never_locked,
        getting_in.test_an_operator_is_locked_after_five_wrong_passwords_and_let_in_after_half_an_hour,
    ),
    "a session never ends": Planted(
        _sessions_for_ever, getting_in.test_a_session_ends_when_nobody_uses_it_and_after_half_a_day
    ),
    "a code counts twice": Planted(
        _codes_count_twice, getting_in.test_the_second_factor_is_demanded_where_it_is_switched_on
    ),
    "nobody is left to change rights": Planted(
        _no_last_administrator, people.test_the_last_administrator_stays
    ),
    "a change counts before its day": Planted(
        _changes_count_at_once, people.test_rights_change_on_their_day_and_not_before
    ),
    "a name is taken for markup": Planted(
        _text_is_markup, getting_in.test_whatever_stands_in_a_name_stays_text
    ),
    "what is seen is not logged": Planted(
        _uses_are_not_logged, logs.test_each_use_of_each_page_is_written_before_its_answer_leaves
    ),
    "a refusal is logged as done": Planted(
        _refusals_are_logged_as_good, logs.test_each_use_of_each_page_is_written_before_its_answer_leaves
    ),
    "the log is no chain": Planted(
        _hash_without_the_one_before,
        logs.test_a_record_of_a_history_that_was_taken_back_is_found,
    ),
    "the log's hash leaves the person out": Planted(
        _hash_of_less("subject"), logs.test_a_log_that_was_altered_says_what_is_wrong_with_it, ("the person",)
    ),
    "the log's hash leaves the time out": Planted(
        _hash_of_less("at"), logs.test_a_log_that_was_altered_says_what_is_wrong_with_it, ("the time",)
    ),
    "the log's end can be cut off": Planted(
        _head_without_seal,
        logs.test_a_log_that_was_altered_says_what_is_wrong_with_it,
        ("the end taken away and the head set",),
    ),
    "the log shows another municipality's": Planted(
        _every_chain, logs.test_the_list_is_searched_and_paged_without_gap_or_repetition
    ),
    "a page of the log skips a record": Planted(
        _a_page_skips_one, logs.test_the_list_is_searched_and_paged_without_gap_or_repetition
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_defect_is_caught(hall: Hall, what: str) -> None:
    planted = PLANTED[what]
    takes = inspect.signature(planted.caught_by).parameters
    with pytest.MonkeyPatch.context() as patch:
        planted.plant(patch)
        with pytest.raises((AssertionError, LookupError)):
            given: dict[str, object] = {"hall": hall}
            if "admin" in takes:
                given["admin"] = hall.officials.as_role(people.Role.ADMINISTRATOR)
            if "monkeypatch" in takes:
                given["monkeypatch"] = patch
            planted.caught_by(**given, **dict(zip(("what",), planted.given, strict=False)))


def test_without_a_defect_the_same_tests_pass(hall: Hall) -> None:
    """What catches is no test that always fails: each is a test of this folder, and one is run here to show that it takes what is given."""
    modules = (getting_in, logs, people, rights, vendors)
    for planted in PLANTED.values():
        assert any(getattr(one, planted.caught_by.__name__, None) is planted.caught_by for one in modules)
    logs.test_a_log_that_was_altered_says_what_is_wrong_with_it(hall, "the person")
