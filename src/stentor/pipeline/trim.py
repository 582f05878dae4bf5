"""The edges of an utterance: silence around it is cut, and it begins and ends without a click."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stentor.types import Samples

_SILENCE = np.float32(10 ** (-50 / 20))
_PAD_SECONDS = 0.010
_FADE_SECONDS = 0.005
_NOTHING: Samples = np.zeros(0, np.float32)


class Trimmer:
    """Trims one utterance at one sample rate.

    Silence around it is cut at -50 dB but for 10 ms, and its edges fade over 5 ms of raised cosine.
    What may yet turn out to be the end is held back until something louder follows.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._pad = round(_PAD_SECONDS * rate)
        self._rise = _raised_cosine(round(_FADE_SECONDS * rate))
        self._fall = self._rise[::-1]
        self._held = _NOTHING
        self._quiet = 0  # how many samples at the end of what is held are silence
        self._faded = 0  # how many samples of the utterance's beginning were faded in
        self._sounding = False
        self.cut = 0
        """How many samples of silence were cut from the beginning."""

    def push(self, samples: Samples) -> Samples:
        """Take a piece of the utterance, float32 of shape (n,), and return what is certain of the stream."""
        if not samples.size:
            return _NOTHING
        loud = np.abs(samples) > _SILENCE
        if not self._sounding:
            return self._begin(samples, loud)
        samples = self._risen(samples)
        joined = np.concatenate((self._held, samples)) if self._held.size else samples
        if loud.any():
            self._quiet = int(np.argmax(loud[::-1]))
        else:
            self._quiet += samples.size
        return self._release(joined)

    def end(self) -> Samples:
        """Return the end of the utterance."""
        if not self._sounding:
            return _NOTHING
        rest = self._held[: max(self._held.size - self._quiet + self._pad, 0)]
        fade = min(self._fall.size, rest.size)
        rest[rest.size - fade :] *= self._fall[self._fall.size - fade :]
        return rest

    def _begin(self, samples: Samples, loud: np.ndarray) -> Samples:
        if not loud.any():
            quiet = np.concatenate((self._held, samples))
            self._held = quiet[-self._pad :]
            self.cut += quiet.size - self._held.size
            return _NOTHING
        first = int(np.argmax(loud))
        quiet = np.concatenate((self._held, samples[:first]))
        lead = quiet[-self._pad :]
        self.cut += quiet.size - lead.size
        self._sounding = True
        self._quiet = int(np.argmax(loud[::-1]))
        return self._release(self._risen(np.concatenate((lead, samples[first:]))))

    def _risen(self, samples: Samples) -> Samples:
        """Fade in what belongs to the first 5 ms of the utterance."""
        fade = self._rise[self._faded : self._faded + samples.size]
        self._faded += fade.size
        return np.concatenate((samples[: fade.size] * fade, samples[fade.size :])) if fade.size else samples

    def _release(self, joined: Samples) -> Samples:
        # The last sound and its fade may be the utterance's end.
        held = max(self._quiet, self._fall.size)
        certain = max(joined.size - held, 0)
        self._held = joined[certain:].copy()  # a view would keep the whole chunk
        return joined[:certain]


@cache
def _raised_cosine(size: int) -> Samples:
    rise: Samples = ((1 - np.cos(np.pi * (np.arange(size) + 0.5) / size)) / 2).astype(np.float32)
    return rise
