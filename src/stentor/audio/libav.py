"""FFmpeg's libraries (PyAV), loaded at first use and told not to start threads."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from types import ModuleType


@cache
def load() -> ModuleType:
    """Import PyAV, which costs 18 MB and 40 ms that only encoded and stretched audio has to pay.

    Each encoder and filter would start a thread for every core, while its stream is open. PyAV has no
    switch for the filters in its encoders, so FFmpeg is told that there is one core
    (`av_cpu_force_count` of libavutil); where the library cannot be found, the threads stay.
    """
    import av  # noqa: PLC0415
    import av.filter  # noqa: PLC0415

    for folder in (Path(av.__file__).parent.with_name("av.libs"), Path(av.__file__).parent / ".dylibs"):
        for library in folder.glob("libavutil*"):
            ctypes.CDLL(str(library)).av_cpu_force_count(1)
    return av
