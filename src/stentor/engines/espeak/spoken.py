"""What the library is given to say for an utterance, and where its words stand in the utterance."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from stentor.text.edits import Edit, Edited
from stentor.types import WordMark

if TYPE_CHECKING:
    from stentor.engines.espeak.phonemes import Phonemes
    from stentor.types import Utterance

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # commands to the library, and its end of text
_CLOSING = "\"')]}»”’"  # noqa: RUF001
# The library cuts a clause of 725 bytes in two, and would cut mnemonics as well.
_LONGEST_CLAUSE, _LONGEST_RUN = 700, 200
_NEXT_CLAUSE = "\n\n"


class Spoken:
    """The text of an utterance as the library reads it."""

    def __init__(self, utterance: Utterance, phonemes: Phonemes, identifier: str) -> None:
        self._original = utterance.text
        text = _CONTROLS.sub(" ", utterance.text)
        edits = list(_pronounced(text, utterance, phonemes, identifier))
        self._edited = Edited(text, edits) if edits else None
        self.text = self._edited.text if self._edited else text
        if not utterance.is_complete and _ends_openly(self.text):
            self.text += ","  # at which the voice does not fall
        self._marked = 0

    def marks(self, heard: Iterable[WordMark]) -> tuple[WordMark, ...]:
        """Return where the words that were heard stand in the utterance; in order, and none twice."""
        return tuple(self._marks(heard))

    def _marks(self, heard: Iterable[WordMark]) -> Iterator[WordMark]:
        for mark in heard:
            start, end = mark.start, mark.end
            if self._edited:
                start, end = self._edited.stretch(start, end)
            word = self._original[start:end].rstrip()
            start += len(word) - len(word.lstrip())
            # A number is one word of text and several of speech, as is the name of a picture.
            if word and start >= self._marked:
                self._marked = start + len(word.lstrip())
                yield WordMark(start, self._marked, mark.sample)


def _pronounced(text: str, utterance: Utterance, phonemes: Phonemes, identifier: str) -> Iterator[Edit]:
    """Yield what is read instead of each word that has a pronunciation, as the mnemonics of phonemes."""
    done = size = 0
    for said in sorted(utterance.pronunciations, key=lambda said: said.start):
        runs = list(_runs(phonemes.words(said.ipa, identifier)))
        if not (runs and done <= said.start < said.end <= len(text)):
            continue
        size += len(text[done : said.start].encode())
        done = said.end
        written = ""
        for run in runs:
            size += len(run)
            if size > _LONGEST_CLAUSE:
                written += _NEXT_CLAUSE
                size = len(run)
            written += run
        if text[said.end : said.end + 1].isalnum():
            written += " "
        # Else it would be read on from the word before, or taken for that many characters one by one.
        if text[: said.start][-1:].isalnum() or len(written) == said.end - said.start:
            written = " " + written
        yield Edit(said.start, said.end, written)


def _runs(words: Iterable[str]) -> Iterator[str]:
    """Write mnemonics as the library wants them between other text, some words at a time."""
    run: list[str] = []
    for word in words:
        if run and sum(map(len, run)) + len(word) > _LONGEST_RUN:
            yield f"[\x02{' '.join(run)}]] "
            run.clear()
        run.append(word)
    if run:
        yield f"[\x02{' '.join(run)}]]"


def _ends_openly(text: str) -> bool:
    last = text.rstrip().rstrip(_CLOSING)[-1:]
    return bool(last) and unicodedata.category(last)[0] in "LMNS"
