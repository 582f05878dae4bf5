"""Every metric by name, and how readings of them are written for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, SummaryMetricFamily
    from prometheus_client.metrics_core import Metric as Family
    from prometheus_client.registry import Collector

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
"""Of what `Exposition.text` writes: Prometheus' text format, 0.0.4."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric: what it is called, what it says, and by what it is told apart."""

    name: str
    help: str
    labels: tuple[str, ...] = ("engine",)
    kind: Literal["gauge", "counter", "summary"] = "gauge"


UP = Metric("stentor_engine_up", "Whether the status of the engine is `ok`: 1 or 0.")
LOAD = Metric("stentor_engine_load", "Requests that the engine answers now.")
CIRCUIT = Metric(
    "stentor_engine_circuit_state",
    "1 for the state of the engine's circuit breaker, 0 for the others.",
    ("engine", "state"),
)
REQUESTS = Metric(
    "stentor_engine_requests_total",
    "Requests that the engine was asked to speak in, failed ones included.",
    kind="counter",
)
CHARACTERS = Metric(
    "stentor_engine_characters_total",
    "Characters of text that the engine was given.",
    kind="counter",
)
SECONDS = Metric(
    "stentor_engine_audio_seconds_total",
    "Seconds of speech that the engine made, without files that were handed on.",
    kind="counter",
)
COST = Metric(
    "stentor_engine_cost_total",
    "What the engine cost by its price, in the currency of the prices.",
    kind="counter",
)
FALLBACKS = Metric(
    "stentor_fallbacks_total",
    "Requests for which another engine spoke, by the engine that should have and why it did not.",
    ("engine", "code"),
    "counter",
)
JOBS = Metric(
    "stentor_engine_jobs",
    "Jobs of this server at the engine's endpoint, by whether they wait for a worker or have one.",
    ("engine", "state"),
)
COLD_STARTS = Metric(
    "stentor_engine_cold_start_seconds",
    "How long jobs waited for a worker that had to start.",
    kind="summary",
)
CANCELLED = Metric(
    "stentor_engine_jobs_cancelled_total",
    "Jobs that the engine's endpoint was told to cancel.",
    kind="counter",
)

METRICS = (
    UP, LOAD, CIRCUIT, REQUESTS, CHARACTERS, SECONDS, COST, FALLBACKS, JOBS, COLD_STARTS, CANCELLED
)  # fmt: skip
"""In the order in which they are written."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a metric reads for some values of its labels; a summary's value is a sum, of so many."""

    metric: Metric
    labels: tuple[str, ...]
    value: float
    count: int = 0


class Exposition:
    """The metrics of one application; they are read when somebody asks, and kept nowhere."""

    def __init__(self, read: Callable[[], Iterable[Reading]]) -> None:
        self._read = read

    def collect(self) -> Iterator[Family]:
        """Read everything, for Prometheus' own client."""
        from prometheus_client.metrics_core import (  # noqa: PLC0415  many a server is never asked
            CounterMetricFamily,
            GaugeMetricFamily,
            SummaryMetricFamily,
        )

        kinds: dict[str, type[CounterMetricFamily | GaugeMetricFamily | SummaryMetricFamily]] = {
            "gauge": GaugeMetricFamily,
            "counter": CounterMetricFamily,
            "summary": SummaryMetricFamily,
        }
        families = {
            metric: kinds[metric.kind](metric.name, metric.help, labels=metric.labels) for metric in METRICS
        }
        for reading in self._read():
            family = families[reading.metric]
            if isinstance(family, SummaryMetricFamily):
                family.add_metric(reading.labels, count_value=reading.count, sum_value=reading.value)
            else:
                family.add_metric(reading.labels, reading.value)
        yield from (family for family in families.values() if family.samples)

    def text(self) -> bytes:
        """Write what is read now."""
        from prometheus_client.exposition import generate_latest  # noqa: PLC0415

        return generate_latest(cast("Collector", self))
