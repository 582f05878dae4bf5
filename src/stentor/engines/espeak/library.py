"""eSpeak NG through ctypes, inside a worker: not thread-safe, and some plain text makes it crash.

Standard library only, so that a worker starts in tens of milliseconds and a few megabytes.
Text goes in as plain text: the library's own SSML reads local files and leaks state between calls.
"""

from __future__ import annotations

import ctypes
import os
import re
from array import array
from typing import IO, TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    _Mark: TypeAlias = tuple[int, int, int]  # where it begins and ends in the text, and its first sample
    _Emit: TypeAlias = Callable[[bytes, Sequence[_Mark]], bool]

_SYNCHRONOUS = 2
_TELL_PHONEMES = 1
_DO_NOT_EXIT = 0x8000  # without it a missing data folder ends the process
_CHARS_UTF8 = 1
_PARAMETERS = (("rate", 1), ("volume", 2), ("pitch", 3), ("range", 4))
_BUFFER_MS = 100
_GROWTH, _LARGEST = 4, 44_100  # chunks grow from the library's buffer to one second, in bytes
_NO_MORE_EVENTS, _WORD, _PHONEME = 0, 1, 7
_SILENT = 100  # of 32,768: -50 dB
_STEP = 22  # samples: 1 ms
_TOKEN = re.compile(r"\S+")
_FORMANTS = range(9)
_BREATHY = ("voicing", "breath", "breathw")  # lines of a voice file that make a whisper
_BLANK = re.compile(r"[\s.\u2026\u2010-\u2015-]*")  # spaces, dots and dashes


class _Event(ctypes.Structure):
    """What the library reports with its samples; `position` is in characters and begins at 1.

    `name` is that of a phoneme; a pause is one without a name.
    """

    _fields_ = (
        ("kind", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("milliseconds", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user", ctypes.c_void_p),
        ("name", ctypes.c_char * 8),
    )


_SynthCallback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)
_UriCallback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p)


class Espeak:
    """The speaker of an espeak worker.

    A request holds `voice` (an identifier, `gmw/en-US` or `gmw/en-US+f2`), `text`, `rate` in words a
    minute, the library's own `pitch`, `range` and `volume`, and whether `marks` are wanted.
    With `file`, the voice has a `pitch` of its own, the lowest and the highest tone in hertz, and `formants`,
    in percent of where its own are; all whole numbers.
    Mnemonics of phonemes may stand in the text between the characters `[`, U+0002 and `]]`.
    The sound is 16-bit mono at 22,050 Hz.
    """

    def __init__(self, options: dict[str, Any]) -> None:
        self._library = ctypes.CDLL(options["library"])
        rate = self._library.espeak_Initialize(
            _SYNCHRONOUS, _BUFFER_MS, options["data"].encode(), _DO_NOT_EXIT | _TELL_PHONEMES
        )
        if rate != options["sample_rate"]:
            raise OSError(f"eSpeak NG did not start from {options['data']} (answer {rate})")
        # Both stay referenced: the library keeps the bare pointers.
        self._on_samples = _SynthCallback(self._take)
        self._refuse = _UriCallback(lambda _kind, _uri, _base: 1)
        self._library.espeak_SetSynthCallback(self._on_samples)
        self._library.espeak_SetUriCallback(self._refuse)
        self._emit: _Emit = lambda _samples, _marks: False
        self._folder = options["data"]
        self._voice: object = None
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._threshold = 0
        self._stop = 0
        self._words: _Words | None = None

    def speak(self, request: dict[str, Any], emit: _Emit) -> None:
        """Speak plain text; the first chunk leaves after 100 ms of sound, later ones grow."""
        self._choose(request["voice"], request.get("file"))
        for name, parameter in _PARAMETERS:
            self._library.espeak_SetParameter(parameter, request[name], 0)
        self._emit = emit
        self._held.clear()
        self._held_bytes = self._threshold = self._stop = 0
        self._words = _Words(request["text"]) if request["marks"] else None
        text = request["text"].encode()
        failed = self._library.espeak_Synth(text, len(text) + 1, 0, 0, 0, _CHARS_UTF8, None, None)
        if failed:
            raise OSError(f"espeak_Synth answered {failed}")
        marks = self._words.rest() if self._words else ()
        if (self._held or marks) and not self._stop:
            emit(b"".join(self._held), marks)

    def _choose(self, voice: str, file: Mapping[str, Any] | None) -> None:
        if (voice, file) == self._voice:
            return
        self._voice = None
        # By identifier: by language tag an unknown one keeps the last voice.
        if self._load(voice, file) if file else self._library.espeak_SetVoiceByName(voice.encode()):
            raise LookupError(f"eSpeak NG has no voice {voice}")
        self._voice = (voice, file)

    def _load(self, voice: str, file: Mapping[str, Any]) -> int:
        """Choose a voice that is read from a file: that of its language, with another pitch and formants."""
        language, _, variant = voice.partition("+")
        lines = _lines(f"{self._folder}/lang/{language}")
        if variant:
            own = _lines(f"{self._folder}/voices/!v/{variant}")
            lines += [line for line in own if line.partition(" ")[0] in _BREATHY]
        low, high = file["pitch"]
        lines += [f"pitch {low:d} {high:d}"]
        lines += [f"formant {formant} {file['formants']:d} 100 100" for formant in _FORMANTS]
        with _nameless() as written:
            written.write("\n".join([*lines, ""]).encode())
            written.seek(0)
            # By a short path: the library copies it without counting. It reads the file once, at once.
            failed: int = self._library.espeak_ng_SetVoiceByFile(b"/dev/fd/%d" % written.fileno())
        return failed

    def _take(self, samples: Any, count: int, events: Any) -> int:  # noqa: ANN401  ctypes pointers
        try:
            if samples and count > 0 and not self._stop:
                part = ctypes.string_at(samples, 2 * count)
                if self._words:
                    self._words.read(part, events)
                self._hold(part)
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
            if not self._emit(chunk, self._words.heard() if self._words else ()):
                self._stop = 1


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:  # noqa: PTH123  pathlib would be a tenth of a worker's start
        return file.read().splitlines()


def _nameless() -> IO[bytes]:
    """Open a file that nobody else can find, and that is gone when it is closed."""
    if hasattr(os, "memfd_create"):  # on Linux
        return os.fdopen(os.memfd_create("voice"), "w+b", buffering=0)
    import tempfile  # noqa: PLC0415  few requests need it

    return tempfile.TemporaryFile(buffering=0)


class _Words:
    """The words of an utterance, from the library's events, and where each is first heard.

    A word is reported together with the last phoneme before it, where that is drawn over to a vowel as the
    `n` of "seven apples" is: up to 90 ms early. So it begins at the first phoneme that is reported behind it;
    one with a closure, as `t`, may not be heard at once.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._made = 0  # samples
        self._begun: _Mark | None = None  # the word whose first phoneme is still to come
        self._silent: list[_Mark] = []  # begun, and not heard yet
        self._heard: list[_Mark] = []
        self._last = 0  # sample at which a word was heard
        self._astray: tuple[int, int] | None = None  # where in the text a blank ends, and its first sample

    def read(self, part: bytes, events: Any) -> None:  # noqa: ANN401  a ctypes pointer
        at = 0
        while (event := events[at]).kind != _NO_MORE_EVENTS:
            if event.kind == _WORD and event.position > 0:
                self._settle()
                begin = event.position - 1
                self._begun = begin, begin + event.length, event.sample
            elif event.kind == _PHONEME and event.name and self._begun:
                self._begun = *self._begun[:2], event.sample
                self._settle()
            at += 1
        if self._silent:
            self._listen(array("h", part))
        self._made += len(part) // 2

    def _settle(self) -> None:
        if self._begun:
            self._silent.append(self._begun)
            self._begun = None

    def heard(self) -> Sequence[_Mark]:
        """Return the words that were heard since this was last asked."""
        heard = [placed for mark in self._heard for placed in self._placed(*mark)]
        self._heard.clear()
        return heard

    def rest(self) -> Sequence[_Mark]:
        """Return the last words, also those that were never heard."""
        self._settle()
        self._heard += [(begin, end, max(sample, self._last)) for begin, end, sample in self._silent]
        return [*self.heard(), *self._strayed(len(self._text))]

    def _placed(self, begin: int, end: int, sample: int) -> Iterator[_Mark]:
        yield from self._strayed(begin)
        if _BLANK.fullmatch(self._text, begin, end):
            self._astray = (end, sample)
        else:
            yield begin, end, sample

    def _strayed(self, begin: int) -> Iterator[_Mark]:
        """Yield the word that a blank before it was reported for, unless it is reported itself, at `begin`.

        So it is after a dash, and after a dot that ends no sentence; but also within the name of an emoji.
        """
        if self._astray:
            after, sample = self._astray
            self._astray = None
            word = _TOKEN.search(self._text, after)
            if word and word.end() <= begin:
                yield *word.span(), sample

    def _listen(self, samples: array[int]) -> None:
        for index, (begin, end, sample) in enumerate(self._silent):
            first = _first_sound(samples, max(sample - self._made, 0))
            if first is None:
                del self._silent[:index]
                return
            self._last = max(sample, self._made + first, self._last)
            self._heard.append((begin, end, self._last))
        self._silent.clear()


def _first_sound(samples: array[int], start: int) -> int | None:
    for at in range(start, len(samples), _STEP):
        step = samples[at : at + _STEP]
        if max(step) > _SILENT or min(step) < -_SILENT:
            return at
    return None
