"""The words of a language for units, money, months, abbreviations and signs, as its file holds them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from stentor.text.normalize.grammar import Noun
from stentor.text.normalize.money import Currency


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """What things are called. Keys in the file hold several ways to write a thing, parted by spaces.

    A no-break space in a key stands for a space that may be left out.
    """

    months: Mapping[str, int]
    """Their numbers, by their names and abbreviations; the first of a number is its name."""
    units: dict[str, Noun]
    scales: dict[str, Noun]
    """Words such as a million, by what is written."""
    currencies: Mapping[str, Currency]
    currency_words: Mapping[str, Currency]
    """Those that are written out, and stand behind the number."""
    abbreviations: Mapping[str, str]
    numbered: Mapping[str, str]
    """Abbreviations that are such only before a number."""
    named: Mapping[str, str]
    """Those that are such only before another word."""
    signs: Mapping[str, str]
    """Words by the sources of regular expressions; each begins with a sign."""

    def month(self, number: int) -> str:
        """Return the name of a month, counted from 1."""
        return next(name for name, its_number in self.months.items() if its_number == number)


@lru_cache(maxsize=16)
def vocabulary(language: str) -> Vocabulary:
    """Read the words of a language by its name, such as `german`."""
    read: dict[str, Any] = json.loads(files(__package__).joinpath(f"{language}.json").read_text("utf-8"))
    return Vocabulary(
        months={name: number for number, names in enumerate(read["months"], 1) for name in names.split()},
        units={sign: Noun(*forms) for sign, forms in _by_sign(read["units"])},
        scales={sign: Noun(*forms) for sign, forms in _by_sign(read["scales"])},
        currencies={sign: Currency(*forms) for sign, forms in _by_sign(read["currencies"])},
        currency_words={sign: Currency(*forms) for sign, forms in _by_sign(read["currency_words"])},
        abbreviations=read["abbreviations"],
        numbered=read["numbered"],
        named=read["named"],
        signs=read["signs"],
    )


def any_of(words: Mapping[str, object]) -> str:
    """Return the source of an expression for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _by_sign(table: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    return [(sign, forms) for signs, forms in table.items() for sign in re.split(" ", signs)]
