"""From what an engine makes of one utterance to what the caller hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stentor import threads
from stentor.audio.gain import amplified
from stentor.audio.resample import Resampler
from stentor.audio.stretch import Stretch
from stentor.pipeline.trim import Trimmer

if TYPE_CHECKING:
    from stentor.pipeline.lines import Line
    from stentor.types import Samples


class Shaper:
    """Changes one line's pace, trims it, and changes its sample rate and its loudness.

    The pace comes first: a stretched sound need not end as softly as the one it was made of.
    """

    def __init__(self, line: Line, rate: int) -> None:
        self._source_rate = line.engine.capabilities.sample_rate
        self._rate = rate
        self._gain = 10 ** (line.volume / 20)
        self._stretch = Stretch(line.stretch, self._source_rate) if line.stretch != 1 else None
        self._trimmer = Trimmer(self._source_rate)
        self._resampler = Resampler(self._source_rate, rate)
        # Samples behind each step, at the engine's rate.
        self._taken = 0
        self._paced = 0
        self._trimmed = 0
        self.made = 0
        """Samples handed out, at the caller's rate."""

    async def push(self, samples: Samples) -> Samples:
        """Take float32 samples of shape (n,) as the engine made them; return those that are ready."""
        self._taken += samples.size
        if self._stretch and samples.size:
            samples = await threads.run(self._stretch.push, samples)
        return self._shape(samples)

    async def finish(self) -> Samples:
        """Return the rest."""
        parts = []
        if self._stretch and self._taken:
            parts.append(self._shape(await threads.run(self._stretch.flush)))
        parts.append(self._out(self._trimmer.end()))
        if self._trimmed:
            parts.append(self._resampled(self._resampler.flush()))
        return np.concatenate(parts)

    def seconds(self, sample: int) -> float:
        """Return when a sample that the engine made is heard, in seconds from the first that was handed out.

        Right once all is finished: how long a stretched utterance becomes is not known before.
        """
        if not self._trimmed:
            return 0.0
        paced = sample * self._paced / self._taken - self._trimmer.cut
        within = min(max(paced, 0), self._trimmed) / self._trimmed
        return within * self.made / self._rate

    def _shape(self, samples: Samples) -> Samples:
        self._paced += samples.size
        return self._out(self._trimmer.push(samples))

    def _out(self, samples: Samples) -> Samples:
        self._trimmed += samples.size
        return self._resampled(self._resampler.push(samples)) if samples.size else samples

    def _resampled(self, samples: Samples) -> Samples:
        self.made += samples.size
        return amplified(samples, self._gain)
