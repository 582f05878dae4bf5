"""What is read becomes what Prometheus understands."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from stentor.observe import metrics
from stentor.observe.metrics import METRICS, Exposition, Reading


def written(*readings: Reading) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Write readings and read them again, as Prometheus does."""
    text = Exposition(lambda: readings).text().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_each_kind_is_written_as_what_it_is() -> None:
    text = Exposition(
        lambda: [
            Reading(metrics.UP, ("espeak",), 1),
            Reading(metrics.COST, ("cloud",), 0.25),
            Reading(metrics.COLD_STARTS, ("cloud",), 42.5, 2),
        ]
    ).text()
    assert b"# TYPE stentor_engine_up gauge" in text
    assert b"# TYPE stentor_engine_cost_total counter" in text
    assert b"# TYPE stentor_engine_cold_start_seconds summary" in text
    assert written(
        Reading(metrics.UP, ("espeak",), 1),
        Reading(metrics.COST, ("cloud",), 0.25),
        Reading(metrics.COLD_STARTS, ("cloud",), 42.5, 2),
    ) == {
        ("stentor_engine_up", (("engine", "espeak"),)): 1.0,
        ("stentor_engine_cost_total", (("engine", "cloud"),)): 0.25,
        ("stentor_engine_cold_start_seconds_count", (("engine", "cloud"),)): 2.0,
        ("stentor_engine_cold_start_seconds_sum", (("engine", "cloud"),)): 42.5,
    }


def test_it_is_read_anew_each_time() -> None:
    count = 0

    def read() -> list[Reading]:
        nonlocal count
        count += 1
        return [Reading(metrics.LOAD, ("espeak",), count)]

    shown = Exposition(read)
    assert count == 0
    assert b'stentor_engine_load{engine="espeak"} 1.0' in shown.text()
    assert b'stentor_engine_load{engine="espeak"} 2.0' in shown.text()


def test_two_applications_share_nothing() -> None:
    first = Exposition(lambda: [Reading(metrics.UP, ("a",), 1)])
    second = Exposition(lambda: [Reading(metrics.UP, ("b",), 1)])
    assert b'engine="b"' not in first.text()
    assert b'engine="a"' not in second.text()


def test_what_has_no_reading_is_not_there() -> None:
    assert Exposition(list).text() == b""


@given(st.text())
def test_any_name_of_an_engine_comes_through(name: str) -> None:
    [((_, labels), value)] = written(Reading(metrics.FALLBACKS, (name, "engine_busy"), 3)).items()
    assert (labels, value) == ((("code", "engine_busy"), ("engine", name)), 3.0)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_and_help_are_as_prometheus_asks(metric: metrics.Metric) -> None:
    assert re.fullmatch(r"stentor_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.help.endswith(".")
    assert metric.labels[0] == "engine"


def test_no_name_is_there_twice() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
