"""FFmpeg's libraries are loaded once, late, and start no threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stentor.audio import libav
from stentor.audio.encode import FORMATS
from stentor.audio.stretch import Stretch


def test_it_is_loaded_once() -> None:
    assert libav.load() is libav.load()


@pytest.mark.e2e
def test_the_audio_modules_do_not_load_it_by_themselves() -> None:
    code = "import stentor.audio.encode, stentor.audio.stretch, sys; print('av' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_open_encoders_and_stretches_start_no_threads() -> None:
    """Five hundred streams at once would be a thousand threads on two cores."""
    sound = np.random.default_rng(0).normal(0, 0.1, 24_000).astype(np.float32)
    warm = FORMATS["mp3"].open(24_000, False)
    warm.encode(sound)
    before = threads()
    encoders = [FORMATS[name].open(24_000, False) for name in FORMATS]
    stretch = Stretch(3.0, 24_000)
    for encoder in encoders:
        encoder.encode(sound)
    stretch.push(sound)
    assert threads() == before
    for encoder in (warm, *encoders):
        encoder.close()


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))
