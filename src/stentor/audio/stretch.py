"""Change the pace of a stream and keep its pitch."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stentor.audio import libav

if TYPE_CHECKING:
    from stentor.types import Samples

SLOWEST, FASTEST = 0.25, 4.0


class Stretch:
    """Play a mono stream `factor` times as fast, 0.25 to 4, by FFmpeg's WSOLA filter `atempo`.

    One `atempo` above 2 drops samples instead of overlapping them, so larger factors are a chain.
    """

    def __init__(self, factor: float, rate: int) -> None:
        self._factor = factor
        self._rate = rate
        self._graph: Any = None
        self._taken = 0

    def push(self, samples: Samples) -> Samples:
        """Take float32 samples of shape (n,), return those that are ready. Blocks for 1 to 4 ms a second."""
        if self._graph is None:
            self._graph = _graph(self._factor, self._rate)
        frame = libav.load().AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
        frame.sample_rate = self._rate
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._taken
        self._taken += len(samples)
        self._graph.push(frame)
        return self._pull()

    def flush(self) -> Samples:
        """Return what the filter still holds; the stretch is spent afterwards."""
        if self._graph is None:
            return np.zeros(0, np.float32)
        self._graph.push(None)
        return self._pull()

    def _pull(self) -> Samples:
        av = libav.load()
        ready: list[Samples] = []
        while True:
            try:
                ready.append(self._graph.pull().to_ndarray().reshape(-1))
            except (av.BlockingIOError, av.EOFError):
                return np.concatenate(ready) if ready else np.zeros(0, np.float32)


def _graph(factor: float, rate: int) -> Any:  # noqa: ANN401  PyAV's graph has no type of its own to name
    steps = max(1, math.ceil(abs(math.log2(factor))))
    graph = libav.load().filter.Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout="mono", time_base=Fraction(1, rate))
    filters = [source]
    filters += [graph.add("atempo", repr(factor ** (1 / steps))) for _ in range(steps)]
    filters.append(graph.add("abuffersink"))
    for upstream, downstream in pairwise(filters):
        upstream.link_to(downstream)
    graph.configure()
    return graph
