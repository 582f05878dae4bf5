"""Write `phonemes.json`: how each voice of the installed eSpeak NG writes the sounds of IPA.

Run it after a change of `espeakng-loader`:

    python scripts/measure_espeak_phonemes.py

The library reads mnemonics of its own between brackets, of which each voice's phoneme table has about a
hundred. Every one is translated in a few places of a word, and what the library calls it there in IPA is
what it stands for.
"""

from __future__ import annotations

import ctypes
import json
import re
import struct
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import espeakng_loader

VOICES = Path(__file__).parents[1] / "src/stentor/engines/espeak/voices.json"
OUT = VOICES.with_name("phonemes.json")
DATA = Path(espeakng_loader.get_data_path())
VOWEL = 2
CONSONANTS = range(3, 9)
TONE = 1
# Where a sound is tried: the mnemonics around it, and which of the segments that come back is its own.
AMONG_CONSONANTS = (("p|'|{}|p|", 1, 3), ("p|'|a|p|{}|p|a|", 3, 6), ("p|'|{}|", 1, 2))
AMONG_VOWELS = (("{}|'|a|", 0, 2), ("'|a|{}|a|", 1, 3), ("'|a|{}|", 1, 2))
# What the library does not write in IPA.
RETROFLEX = {"ts.": "ʈʂ", "ts.h": "ʈʂʰ", "s.": "ʂ", "r.": "ɻ", "i.": "ɻ̩", "i̪": "ɹ̩", "onɡ": "ʊŋ", "ʦ": "ts"}
LAST = 2
CHAO = "˩˨˧˦˥"
CANTONESE = {"˥˥": "1", "˥˧": "1", "˧˥": "2", "˨˥": "2", "˧": "3", "˧˧": "3", "˨˩": "4", "˩": "4", "˩˧": "5"}
CANTONESE |= {"˨˧": "5", "˨": "6", "˨˨": "6", "˥": "1"}
VIETNAMESE = {"˨˩": "2", "˧˨": "2", "˧˥": "3", "˦˥": "3", "˧˩˧": "4", "˧˩˨": "4", "˧˨˥": "5", "˨˩˨": "6"}
TONES = {"yue": CANTONESE} | dict.fromkeys(("vi", "vi-hue", "vi-sgn"), VIETNAMESE)

library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
library.espeak_TextToPhonemes.restype = ctypes.c_char_p


def main() -> None:
    library.espeak_Initialize(2, 100, str(DATA).encode(), 0x8000)
    tables = read_tables()
    voices: dict[str, str] = {}
    sounds: dict[str, dict[str, str]] = {}
    for row in json.loads(VOICES.read_text("utf-8"))["voices"]:
        identifier = row["identifier"]
        voices[identifier] = name = table_of(identifier, tables)
        if name not in sounds:
            library.espeak_SetVoiceByName(identifier.encode())
            sounds[name] = read_sounds(name, tables)
    counted = Counter(pair for table in sounds.values() for pair in table.items())
    common = {ipa: mnemonic for (ipa, mnemonic), count in counted.items() if 2 * count > len(sounds)}
    own = {name: difference(table, common) for name, table in sounds.items()}
    OUT.write_text(written(voices, common, own), "utf-8")
    print(f"{len(sounds)} tables for {len(voices)} voices -> {OUT}")


def read_tables() -> dict[str, dict[int, tuple[str, int, bool]]]:
    """Read each phoneme table: code to mnemonic, kind, and whether it is the table's own."""
    content = (DATA / "phontab").read_bytes()
    tables: dict[str, dict[int, tuple[str, int, bool]]] = {}
    names: list[str] = []
    position = 4
    for _ in range(content[0]):
        count, base = content[position : position + 2]
        name = content[position + 4 : position + 36].partition(b"\0")[0].decode()
        position += 36
        inherited = tables[names[base - 1]] if base else {}
        table = {code: (mnemonic, kind, False) for code, (mnemonic, kind, _) in inherited.items()}
        for mnemonic, code, kind in struct.iter_unpack(
            "<4s6xBB4x", content[position : position + 16 * count]
        ):
            table[code] = (mnemonic.rstrip(b"\0").decode("latin1"), kind, True)
        position += 16 * count
        tables[name] = table
        names.append(name)
    return tables


def table_of(identifier: str, tables: dict[str, dict[int, tuple[str, int, bool]]]) -> str:
    """Find the table that a voice's file names, or else that of its language."""
    lines = [line.split() for line in (DATA / "lang" / identifier).read_text("utf-8").splitlines()]
    named = [line[1] for line in lines if line[:1] == ["phonemes"]]
    languages = [line[1] for line in lines if line[:1] == ["language"]]
    tags = [tag.rsplit("-", cut)[0] for tag in languages for cut in (0, 1)]
    return next(name for name in named + tags if name in tables)


def read_sounds(name: str, tables: dict[str, dict[int, tuple[str, int, bool]]]) -> dict[str, str]:
    """Find the best mnemonic for each sound of the voice that was chosen."""
    found: dict[str, list[tuple[object, ...]]] = defaultdict(list)
    for mnemonic, kind, own in tables[name].values():
        if kind == TONE and (ipa := tone(mnemonic, name)):
            found[ipa].append((mnemonic,))
        if not mnemonic or mnemonic[0] in "_#;|":
            continue
        places = AMONG_CONSONANTS if kind == VOWEL else AMONG_VOWELS if kind in CONSONANTS else ()
        for place, ipa in heard(mnemonic, places):
            # At the end of a word a sound may be another one, so that place counts least.
            found[ipa].append((place == LAST, awkward(mnemonic), place, not own, len(mnemonic), mnemonic))
    best = {ipa: str(min(ranked)[-1]) for ipa, ranked in found.items()}
    return best | TONES.get(name, {})


def heard(mnemonic: str, places: tuple[tuple[str, int, int], ...]) -> Iterator[tuple[int, str]]:
    for place, (around, at, count) in enumerate(places):
        segments = [part for part in translated(around.format(mnemonic)).split("_") if part.strip()]
        if len(segments) != count:
            continue
        ipa = re.sub("[ˈˌ\N{COMBINING DOUBLE INVERTED BREVE}]", "", segments[at]).strip()
        ipa = RETROFLEX.get(ipa, ipa)
        if len(ipa) > 1 and ipa[-1] == "h":
            ipa = ipa[:-1] + "ʰ"
        if not re.search(r"""[-0-9^"'.&@()ʰ](?!$)|[-0-9^"'.&@()]$""", ipa):
            yield place, unicodedata.normalize("NFD", ipa)


def translated(mnemonics: str) -> str:
    """Return what the library makes of mnemonics, as IPA with a line between two sounds."""
    text = ctypes.c_char_p(f"[\x02{mnemonics}]]".encode())
    pointer = ctypes.cast(text, ctypes.c_void_p)
    answer: bytes = library.espeak_TextToPhonemes(ctypes.byref(pointer), 1, 2 | ord("_") << 8)
    return answer.decode("utf-8", "replace")


def tone(mnemonic: str, table: str) -> str:
    """Write a tone that is named by its course, such as 214, in Chao's letters."""
    if table not in ("cmn", "chr") or not re.fullmatch("[1-5]+", mnemonic):
        return ""
    return "".join(CHAO[int(digit) - 1] for digit in mnemonic)


def awkward(mnemonic: str) -> bool:
    """Tell a variant of a sound from the sound itself, by its name."""
    return bool(re.search(r"""[0-9#/"%&*-]""", mnemonic))


def difference(table: dict[str, str], common: dict[str, str]) -> dict[str, str]:
    changed = {ipa: mnemonic for ipa, mnemonic in table.items() if common.get(ipa) != mnemonic}
    return changed | dict.fromkeys(common.keys() - table.keys(), "")


def written(voices: dict[str, str], common: dict[str, str], own: dict[str, dict[str, str]]) -> str:
    def line(row: dict[str, str]) -> str:
        return json.dumps(dict(sorted(row.items())), ensure_ascii=False)

    lines = ",\n".join(f"    {json.dumps(name)}: {line(own[name])}" for name in sorted(own))
    return (
        f'{{\n  "voices": {line(voices)},\n  "common": {line(common)},\n  "tables": {{\n{lines}\n  }}\n}}\n'
    )


if __name__ == "__main__":
    main()
