"""The ear of a machine: which of several sentences was said, and when each of its words was."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from tests.tools import skip_or_fail

RATE = 16_000
_QUIET = 0.3  # seconds around the sound
_FRAME = 0.01
# A frame is 25.6 ms of sound, which changes most for it where its middle is: so much behind its beginning.
_MIDDLE = 0.0078


class Ear:
    """A recognizer of English, by pocketsphinx; what it hears is float32 of shape (n,) at RATE."""

    def __init__(self) -> None:
        try:
            from pocketsphinx import Decoder  # noqa: PLC0415
        except ImportError:
            skip_or_fail("pocketsphinx is not installed")
        self._decoder = Decoder(samprate=RATE, lm=None, loglevel="FATAL")
        # What is sought is known, so that there is little to gain by giving up early; from 1e-100 on, which
        # is wider, the ear loses its way the more often.
        beams = dict.fromkeys(("beam", "wbeam", "pbeam"), 1e-80)
        self._aligner = Decoder(samprate=RATE, lm=None, loglevel="FATAL", **beams)
        self._grammars = 0

    def hears(self, sound: np.ndarray, sentences: list[str]) -> str:
        """Return the sentence that the sound is most like."""
        self._knows(sentences)
        self._grammars += 1
        name = f"grammar{self._grammars}"
        self._decoder.add_jsgf_string(
            name, f"#JSGF V1.0;\ngrammar {name};\npublic <s> = {' | '.join(sentences)};\n"
        )
        self._decoder.activate_search(name)
        _listen(self._decoder, sound)
        heard = self._decoder.hyp()
        self._decoder.remove_search(name)
        return heard.hypstr if heard else ""

    def starts(self, sound: np.ndarray, sentence: str) -> list[float] | None:
        """Return when each word of a sentence begins, in seconds of a sound in which all of it is said.

        None if the ear loses its way, as it may in speech of an unusual pace.
        """
        self._knows([sentence])
        self._aligner.set_align_text(sentence)
        _listen(self._aligner, sound)
        found = [part for part in self._aligner.seg() or () if part.word[0] not in "<[("]
        heard = [re.sub(r"\(\d\)$", "", part.word) for part in found]
        if heard != sentence.split():
            return None
        return [part.start_frame * _FRAME + _MIDDLE - _QUIET for part in found]

    def _knows(self, sentences: list[str]) -> None:
        unknown = {word for word in " ".join(sentences).split() if self._decoder.lookup_word(word) is None}
        assert not unknown, f"the recognizer does not know {unknown}"


def _listen(decoder: Any, sound: np.ndarray) -> None:
    decoder.reinit_feat()  # or it goes by the noise that it heard in the last sound
    decoder.start_utt()
    decoder.process_raw(_in_a_room(sound), full_utt=True)
    decoder.end_utt()


def _in_a_room(sound: np.ndarray) -> bytes:
    """Put a quiet room around the sound, which the recognizer needs."""
    silence = np.zeros(round(_QUIET * RATE), np.float32)
    room = np.concatenate((silence, sound, silence))
    noise = np.random.default_rng(1).standard_normal(room.size) * 10 ** (-60 / 20)
    return (np.clip(room + noise, -1, 1) * 32767).astype("<i2").tobytes()
