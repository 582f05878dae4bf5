"""The language of a text, among those that a voice speaks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

from stentor import threads
from stentor.text.language.scripts import LATIN, primary, script_of, scripts_of, suggested
from stentor.text.language.votes import COMMON, vote

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_LOOKED_AT = 1000  # characters
_FEWEST = 2  # letters that are more than a symbol
_ENOUGH = 16  # letters, for the model to be right more often than not
_ENOUGH_HAN = 32  # weighed as below, for a text without kana not to be Japanese
_CHINESE = frozenset("你我们們这這吗嗎么麼没沒很请請给給说說她您吧呢")  # words that Japanese does not write
_WEIGHTS = {"han": 4, "kana": 2, "hangul": 2}  # of their letters, of which a word has fewer
_KANA_SHARE = 0.1  # of what is Japanese
_LIKELY = 0.25  # what the model must give a language
_SURE = 0.4  # what it must give it of all that it gives to languages of the voice
_COMMON = 3  # how many times as much what it gives to a common language counts


class Detector:
    """Tells the language of a text by its script, by its small words, and only then by a model.

    The model costs 77 MB and half a second; it is loaded when first needed. The same text always gives the
    same answer.
    """

    def __init__(self) -> None:
        self._model: LanguageIdentifier | None = None
        self._loading = asyncio.Lock()

    def quick(self, text: str, among: Collection[str]) -> str | None:
        """Return the language of a text as far as script and words tell it, None if they do not.

        `among` are BCP-47 tags; the answer is the primary subtag of one of them.
        """
        sample = text[:_LOOKED_AT]
        script, letters = _script(sample)
        possible = _possible(tuple(among), script)
        if letters < _FEWEST or (script == "han" and possible.keys() == {"ja"} and _is_chinese(sample)):
            return None
        if len(possible) <= 1:
            return next(iter(possible.values()), None)
        if script == "han" and "ja" in possible and letters < _ENOUGH_HAN and not _is_chinese(sample):
            return None
        found = vote(sample, possible)
        if found is None and (script == "han" or (script != LATIN and letters < _ENOUGH)):
            found = _default(script, sample, possible)
        return None if found is None else possible[found]

    async def detect(self, text: str, among: Collection[str]) -> str | None:
        """Return the language of a text, None if it is short or unclear.

        `among` are BCP-47 tags; the answer is the primary subtag of one of them.
        """
        found = self.quick(text, among)
        sample = text[:_LOOKED_AT]
        script, letters = _script(sample)
        possible = _possible(tuple(among), script)
        if found or letters < _ENOUGH or script == "han" or not possible:
            return found
        if self._model is None:
            async with self._loading:
                self._model = self._model or await threads.run(_load)
        found = _ranked(self._model, sample, possible)
        if found is None and script != LATIN:
            found = _default(script, sample, possible)
        return None if found is None else possible[found]


def _is_chinese(sample: str) -> bool:
    """Tell whether Han letters are Chinese for sure, and so no Japanese, whoever is to speak them."""
    return not _CHINESE.isdisjoint(sample)


def _script(sample: str) -> tuple[str, int]:
    """Return the script that most of a text is in, and how many letters of it there are."""
    counts = Counter({LATIN: 0})
    if sample.isascii():
        counts[LATIN] = sum(map(str.isalpha, sample))
    else:
        for character, count in Counter(sample).items():
            if character.isalpha() and (script := script_of(character)):
                counts[script] += count * _WEIGHTS.get(script, 1)
    if 0 < counts["kana"] >= _KANA_SHARE * counts["han"]:
        counts["kana"] += counts.pop("han", 0)
    script = max(counts, key=lambda name: (counts[name], name))
    return script, counts[script]


@lru_cache(maxsize=256)
def _possible(among: tuple[str, ...], script: str) -> dict[str, str]:
    """Return the languages that are written in a script, by one name each, and what to call them."""
    possible: dict[str, str] = {}
    for tag in sorted(among):
        language = primary(tag)
        if script in scripts_of(tag) and language != "und":
            own = tag.replace("_", "-").partition("-")[0]
            possible.setdefault(language, own)
    return possible


def _default(script: str, sample: str, possible: dict[str, str]) -> str | None:
    found = suggested(script, set(sample))
    return found if found in possible else None


def _load() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415  it costs memory

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _ranked(model: LanguageIdentifier, sample: str, possible: dict[str, str]) -> str | None:
    """Return what the model takes a text for, if it is sure enough."""
    chances: Counter[str] = Counter()
    for tag, chance in model.rank(sample):
        if (language := primary(tag)) in possible:
            chances[language] += chance * (_COMMON if language in COMMON else 1)
    if not chances:
        return None
    best, chance = max(chances.items(), key=lambda item: (item[1], item[0]))
    return best if chance >= max(_LIKELY, _SURE * sum(chances.values())) else None
