from __future__ import annotations

import json
import time

import pytest

from scenarios import bench
from scenarios.bench import card, certificate, server
from scenarios.bench.measure import Measurement, in_turn


def test_what_takes_twice_as_long_has_the_ratio_two() -> None:
    measured = in_turn(lambda: time.sleep(0.02), lambda: time.sleep(0.01), rounds=5, reach=3)
    assert 1.5 < measured.ratio < 2.5
    assert measured.value == pytest.approx(20, rel=0.3)
    assert measured.unit == "ms"


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
    few = (lambda: card.measure(3), lambda: certificate.measure(2), lambda: server.measure(2))
    monkeypatch.setattr(bench, "BENCHMARKS", few)
    told: list[str] = []
    results = json.loads(json.dumps(bench.run_benchmarks(told.append)))
    assert {"certificate_finished", "authentication_and_application"} <= set(results)
    assert len(told) == len(results)
    for measured in results.values():
        assert set(measured) == {"value", "unit", "yardstick", "ratio"}
        assert measured["ratio"] == pytest.approx(measured["value"] / measured["yardstick"], rel=0.01)
        assert measured["value"] > 0
