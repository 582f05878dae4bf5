"""The rules of silence: how utterances become one stream, without clicks and without gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from stentor.types import Samples

_SILENCE = np.float32(10 ** (-50 / 20))
_PAD_SECONDS = 0.010
_FADE_SECONDS = 0.005


class Joiner:
    """Joins the audio of utterances at one sample rate.

    Silence around an utterance is cut at -50 dB but for 10 ms, its edges fade over 5 ms of raised cosine,
    and between two there is exactly the pause that was asked for. What may yet turn out to be the end is
    held back until something louder follows.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._pad = round(_PAD_SECONDS * rate)
        fade = round(_FADE_SECONDS * rate)
        self._rise: Samples = ((1 - np.cos(np.pi * (np.arange(fade) + 0.5) / fade)) / 2).astype(np.float32)
        self._fall: Samples = self._rise[::-1]
        self._nothing: Samples = np.zeros(0, np.float32)
        self._held = self._nothing
        self._quiet = 0  # how many samples at the end of what is held are silence
        self._sounding = False
        self._pause = 0.0

    def push(self, samples: Samples) -> Samples:
        """Take a piece of the utterance, float32 of shape (n,), and return what is certain of the stream."""
        if not samples.size:
            return self._nothing
        loud = np.abs(samples) > _SILENCE
        if not self._sounding:
            return self._begin(samples, loud)
        joined = np.concatenate((self._held, samples)) if self._held.size else samples
        if loud.any():
            self._quiet = int(np.argmax(loud[::-1]))
        else:
            self._quiet += samples.size
        return self._release(joined)

    def end(self, pause: float) -> Samples:
        """End the utterance; `pause` seconds of silence follow if another one does."""
        rest = self._held[: max(self._held.size - self._quiet + self._pad, 0)]
        if rest.size:
            rest = rest.copy()
            fade = min(self._fall.size, rest.size)
            rest[-fade:] *= self._fall[-fade:]
        if self._sounding:
            self._pause = pause
        self._held = self._nothing
        self._sounding = False
        return rest

    def _begin(self, samples: Samples, loud: np.ndarray) -> Samples:
        if not loud.any():
            self._held = np.concatenate((self._held, samples))[-self._pad :]
            return self._nothing
        first = int(np.argmax(loud))
        lead = np.concatenate((self._held, samples[:first]))[-self._pad :]
        utterance = np.concatenate((lead, samples[first:]))
        fade = min(self._rise.size, utterance.size)
        utterance[:fade] *= self._rise[:fade]
        silence = np.zeros(round(self._pause * self._rate), np.float32)
        self._pause = 0.0
        self._sounding = True
        self._quiet = int(np.argmax(loud[::-1]))
        return self._release(np.concatenate((silence, utterance)))

    def _release(self, joined: Samples) -> Samples:
        # The last sound and its fade may be the utterance's end.
        held = max(self._quiet, self._fall.size)
        self._held = joined[max(joined.size - held, 0) :]
        return joined[: max(joined.size - held, 0)]
