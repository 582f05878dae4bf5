"""eSpeak NG through ctypes, inside a worker: not thread-safe, and some plain text makes it crash.

Standard library only, so that a worker starts in tens of milliseconds and a few megabytes.
Text goes in as plain text: the library's own SSML reads local files and leaks state between calls.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000  # without it a missing data folder ends the process
_CHARS_UTF8 = 1
_RATE, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_BUFFER_MS = 100
_GROWTH, _LARGEST = 4, 44_100  # chunks grow from the library's buffer to one second, in bytes

_SynthCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
_UriCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)


class Espeak:
    """The speaker of an espeak worker.

    A request holds `voice` (an identifier, `gmw/en-US` or `gmw/en-US+f2`), `text` and `rate` in words a
    minute. The sound is 16-bit mono at 22,050 Hz.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._library = ctypes.CDLL(options["library"])
        rate = self._library.espeak_Initialize(
            _SYNCHRONOUS, _BUFFER_MS, options["data"].encode(), _DO_NOT_EXIT
        )
        if rate != options["sample_rate"]:
            raise OSError(f"eSpeak NG did not start from {options['data']} (answer {rate})")
        # Both stay referenced: the library keeps the bare pointers.
        self._on_samples = _SynthCallback(self._take)
        self._refuse = _UriCallback(lambda _kind, _uri, _base: 1)
        self._library.espeak_SetSynthCallback(self._on_samples)
        self._library.espeak_SetUriCallback(self._refuse)
        self._emit: Callable[[bytes], bool] = lambda _: False
        self._voice = ""
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._threshold = 0
        self._stop = 0

    def speak(self, request: dict[str, Any], emit: Callable[[bytes], bool]) -> None:
        """Speak plain text; the first chunk leaves after 100 ms of sound, later ones grow."""
        self._choose(request["voice"])
        for parameter, value in ((_RATE, request["rate"]), (_VOLUME, 100), (_PITCH, 50), (_RANGE, 50)):
            self._library.espeak_SetParameter(parameter, value, 0)
        self._emit = emit
        self._held.clear()
        self._held_bytes = self._threshold = self._stop = 0
        text = request["text"].encode()
        failed = self._library.espeak_Synth(text, len(text) + 1, 0, 0, 0, _CHARS_UTF8, None, None)
        if failed:
            raise OSError(f"espeak_Synth answered {failed}")
        if self._held and not self._stop:
            emit(b"".join(self._held))

    def _choose(self, voice: str) -> None:
        if voice == self._voice:
            return
        self._voice = ""
        # By identifier: by language tag an unknown one keeps the last voice.
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise LookupError(f"eSpeak NG has no voice {voice}")
        self._voice = voice

    def _take(self, samples: Any, count: int, _events: Any) -> int:  # noqa: ANN401  a ctypes pointer
        try:
            if samples and count > 0 and not self._stop:
                self._hold(ctypes.string_at(samples, 2 * count))
        except BaseException:  # noqa: BLE001  ctypes would swallow it and the library go on
            self._stop = 1
        return self._stop

    def _hold(self, part: bytes) -> None:
        self._held.append(part)
        self._held_bytes += len(part)
        if self._held_bytes >= self._threshold:
            self._threshold = min(_GROWTH * self._held_bytes, _LARGEST)
            chunk = b"".join(self._held)
            self._held.clear()
            self._held_bytes = 0
            if not self._emit(chunk):
                self._stop = 1
