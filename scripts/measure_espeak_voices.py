"""Write `voices.json`: every voice and variant of the installed eSpeak NG, how high it is and how loud.

Run it after a change of `espeakng-loader`:

    python scripts/measure_espeak_voices.py

Loudness is EBU R128 integrated loudness of a sentence (FFmpeg's `ebur128`); the gain brings it to
-22 LUFS, and never lifts a peak above -1 dB. A variant's gain is its difference in American English.
The pitch is the lowest and highest tone that the voice's own file asks for, where it asks for any.
"""

from __future__ import annotations

import ctypes
import json
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import espeakng_loader
import numpy as np

from stentor.engines.espeak.library import Espeak

TARGET_LUFS = -22.0
PEAK_DB = -1.0
RATE = 22_050
OUT = Path(__file__).parents[1] / "src/stentor/engines/espeak/voices.json"
# Their dictionaries are missing from the package, or they are not languages.
LEFT_OUT = {"gmq/fo", "trk/kaa", "art/xex"}
# What the library names otherwise than BCP 47 does.
TAGS = {
    "gmw/en": "en-GB",
    "roa/fr": "fr-FR",
    "roa/pt": "pt-PT",
    "sit/yue-Latn-jyutping": "yue-Latn-jyutping",
    "iro/chr": "chr",
}
SENTENCE = (
    "1 2 3 4 5 6 7 8 9 10. A e i o u. Radio, banana, internet, taxi, hotel, piano, melodia, kilo, Europa."
)


class VoiceRow(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_char_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("reserved", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


def main() -> None:
    library, data = str(espeakng_loader.get_library_path()), str(espeakng_loader.get_data_path())
    espeak = Espeak({"library": library, "data": data, "sample_rate": RATE})
    rows = list_voices(library)
    voices = []
    for identifier, name in rows:
        gain = gain_for(espeak, identifier)
        voices.append(
            {"id": bcp47(identifier), "identifier": identifier, "name": name, "gain_db": round(gain, 1)}
            | pitch(Path(data) / "lang" / identifier)
        )
    plain = gain_for(espeak, "gmw/en-US")
    folder = Path(data) / "voices" / "!v"
    variants = {
        file.name: {"gain_db": round(gain_for(espeak, f"gmw/en-US+{file.name}") - plain, 1)} | pitch(file)
        for file in sorted(folder.iterdir(), key=lambda file: file.name.casefold())
    }
    voices.sort(key=lambda row: str(row["id"]).casefold())
    lines = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in voices)
    tail = ",\n".join(f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in variants.items())
    OUT.write_text(f'{{\n  "voices": [\n{lines}\n  ],\n  "variants": {{\n{tail}\n  }}\n}}\n', "utf-8")
    print(f"{len(voices)} voices, {len(variants)} variants -> {OUT}")


def list_voices(library: str) -> list[tuple[str, str]]:
    lister = ctypes.CDLL(library).espeak_ListVoices
    lister.restype = ctypes.POINTER(ctypes.POINTER(VoiceRow))
    table = lister(None)
    found = []
    position = 0
    while table[position]:
        row = table[position].contents
        identifier, name = row.identifier.decode(), row.name.decode().strip()
        if identifier not in LEFT_OUT:
            found.append((identifier, name))
        position += 1
    return found


def bcp47(identifier: str) -> str:
    return TAGS.get(identifier, identifier.rpartition("/")[2])


def pitch(file: Path) -> dict[str, list[int]]:
    for line in file.read_text("utf-8", "replace").splitlines():
        match line.split():
            case ["pitch", low, high, *_]:
                return {"pitch": [int(low), int(high)]}
    return {}


def gain_for(espeak: Espeak, identifier: str) -> float:
    parts: list[bytes] = []

    def keep(samples: bytes, _marks: object) -> bool:
        parts.append(samples)
        return True

    plain = {"rate": 175, "pitch": 50, "range": 50, "volume": 100, "marks": False}
    espeak.speak({"voice": identifier, "text": SENTENCE} | plain, keep)
    samples = np.frombuffer(b"".join(parts), np.int16).astype(np.float32) / 32768
    headroom = PEAK_DB - 20 * np.log10(np.abs(samples).max())
    return float(min(TARGET_LUFS - loudness(samples), headroom))


def loudness(samples: np.ndarray) -> float:
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="flt", layout="mono", time_base=Fraction(1, RATE))
    meter = graph.add("ebur128", "metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = RATE
    frame.time_base = Fraction(1, RATE)
    frame.pts = 0
    graph.push(frame)
    graph.push(None)
    value = None
    while True:
        try:
            value = graph.pull().metadata.get("lavfi.r128.I", value)
        except (av.BlockingIOError, av.EOFError):
            break
    if value is None:
        raise RuntimeError("ebur128 measured nothing")
    return float(value)


if __name__ == "__main__":
    main()
