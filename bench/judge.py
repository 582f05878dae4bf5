"""Tells how alike speakers are, by Resemblyzer: run with the Python of an environment that has it.

    pip install torch librosa webrtcvad-wheels && pip install --no-deps Resemblyzer

Takes a folder of `NAME@reference.wav`, `NAME@plain.wav` and `NAME@adapted.wav`, and prints JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(folder: str) -> None:
    from resemblyzer import VoiceEncoder, preprocess_wav  # type: ignore[import-not-found]  # noqa: PLC0415

    encoder = VoiceEncoder("cpu", verbose=False)
    voices = {file.stem: encoder.embed_utterance(preprocess_wav(file)) for file in Path(folder).glob("*.wav")}
    names = sorted({name.partition("@")[0] for name in voices})
    alike = {
        name: {
            kind: float(voices[f"{name}@reference"] @ voices[f"{name}@{kind}"])
            for kind in ("plain", "adapted")
        }
        for name in names
    }
    print(json.dumps(alike))


if __name__ == "__main__":
    main(sys.argv[1])
