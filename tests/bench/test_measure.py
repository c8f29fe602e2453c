from __future__ import annotations

import json

import pytest

from scenarios.towns import load_town, shipped_names
from tests.bench import __main__ as bench
from tests.bench import card, certificate, fronts, measure, server
from tests.bench.measure import Measurement, in_turn


class Stopwatch:
    """A real time that passes only when told."""

    def __init__(self) -> None:
        self.ns = 0

    def spend(self, ms: float) -> None:
        self.ns += int(ms * 1e6)


@pytest.fixture
def stopwatch(monkeypatch: pytest.MonkeyPatch) -> Stopwatch:
    stopwatch = Stopwatch()
    monkeypatch.setattr(measure, "real_monotonic_ns", lambda: stopwatch.ns)
    return stopwatch


def test_medians_of_what_each_side_took(stopwatch: Stopwatch) -> None:
    ours, bare = iter([900, 20, 22, 500]), iter([900, 10, 11, 300])
    measured = in_turn(
        lambda: stopwatch.spend(next(ours)),
        lambda: stopwatch.spend(next(bare)),
        between=lambda: stopwatch.spend(1000),
        rounds=3,
        warm=1,
        reach=3,
    )
    assert (measured.value, measured.yardstick, measured.ratio, measured.unit) == (22, 11, 2, "ms")


def test_what_belongs_to_somebody_else_does_not_count(stopwatch: Stopwatch) -> None:
    measured = in_turn(
        lambda: stopwatch.spend(20), lambda: stopwatch.spend(10), rounds=2, reach=3, apart=lambda: 5.0
    )
    assert (measured.value, measured.yardstick) == (15, 10)


def test_both_sides_are_taken_in_turn_and_the_warm_up_does_not_count() -> None:
    order: list[str] = []
    in_turn(
        lambda: order.append("ours"),
        lambda: order.append("yardstick"),
        between=lambda: order.append("between"),
        rounds=2,
        warm=1,
        reach=1,
    )
    assert order == ["between", "ours", "between", "yardstick"] * 3


def test_a_measurement_says_whether_it_is_within_its_reach() -> None:
    assert "within 3" in Measurement(20, 10, "ms", 3).in_words()
    assert "OVER 1.5" in Measurement(20, 10, "ms", 1.5).in_words()
    assert Measurement(20, 10, "ms", 3).to_json() == {
        "value": 20,
        "unit": "ms",
        "yardstick": 10,
        "ratio": 2.0,
    }


def test_every_metric_has_value_unit_yardstick_and_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    one_town = [load_town(shipped_names()["足利市"])]
    found = {form: ones[:2] for form, ones in fronts.fronts(one_town, 2).items()}
    few = (
        lambda: {f"front_{form}": fronts.measure_fronts(ones, 1) for form, ones in found.items()},
        lambda: card.measure(3),
        lambda: certificate.measure(2),
        lambda: server.measure(2),
    )
    monkeypatch.setattr(bench, "BENCHMARKS", few)
    told: list[str] = []
    results = json.loads(json.dumps(bench.run_benchmarks(told.append)))
    assert {"certificate_finished", "authentication_and_application"} <= set(results)
    assert len(told) == len(results)
    for measured in results.values():
        assert set(measured) == {"value", "unit", "yardstick", "ratio"}
        assert measured["ratio"] == pytest.approx(measured["value"] / measured["yardstick"], rel=0.01)
        assert measured["value"] > 0


def test_every_form_of_the_towns_has_fronts_to_be_measured() -> None:
    """By the settings alone, without the offers that the fronts are made of."""
    towns = [load_town(folder) for folder in shipped_names().values()]
    wanted = {
        f"{code}-{terms.form}" if hasattr(terms, "form") else code
        for town in towns
        for code, terms in town.municipality.services.items()
    }
    found = fronts.fronts(towns, 1)
    assert not {one for one in wanted if not any(form == one or form.startswith(f"{one}-") for form in found)}
    assert all(found.values())


def test_the_yardstick_compiles_what_a_front_compiles_with_another_number() -> None:
    for front in fronts.fronts([load_town(shipped_names()["足利市"])], 1)["residence-household"]:
        (one,), (other,) = front.mains(), front.mains()
        assert one[0] == other[0]
        assert one[1] != other[1]
        assert abs(len(one[1]) - len(other[1])) < 8
