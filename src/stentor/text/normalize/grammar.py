"""How a language counts: which form a noun takes behind a number, and what joins the two."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stentor.text.normalize import spell
from stentor.text.normalize.money import Money
from stentor.text.normalize.numbers import Number, NumberFormat

_MOST_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Noun:
    """What is counted: its singular, its plural (the same if empty) and its gender as `spell` takes it."""

    one: str
    many: str = ""
    gender: str | None = "masculine"


def is_exactly_one(number: Number) -> bool:
    """Tell whether a number is one, which takes the singular in most languages."""
    return is_below_two(number) and int(number.whole or "0") == 1 and not any(map(int, number.fraction))


def is_below_two(number: Number) -> bool:
    """Tell whether a number is below two, which takes the singular in French."""
    return len(number.whole) <= _MOST_DIGITS and int(number.whole or "0") < 2  # noqa: PLR2004


def is_above_zero_below_two(number: Number) -> bool:
    """Tell whether a number is below two and not nothing, which takes the singular in Portuguese."""
    return is_below_two(number) and any(map(int, number.whole + number.fraction))


@dataclass(frozen=True, slots=True, eq=False)
class Grammar:
    """How a language counts."""

    tag: str
    """A BCP-47 tag that `spell` knows."""
    format: NumberFormat
    minus: str
    is_singular: Callable[[Number], bool] = is_exactly_one
    gap: str = " "
    """What stands between words."""
    join: Callable[[str, str], str] | None = None
    """Joins the words for a number and a noun where it is not the gap, as in "un million d'euros"."""
    in_parts: str | None = None
    """Stands between an amount and its hundredths, which are left without their name if it is None."""

    def say(self, number: Number, gender: str | None = None, *, is_negative: bool = False) -> str:
        """Return a number in words."""
        words = spell.decimal(number.whole, number.fraction, self.tag, gender)
        return f"{self.minus}{self.gap}{words}" if is_negative else words

    def count(self, number: Number, noun: Noun, *, is_negative: bool = False) -> str:
        """Return a number of things in words."""
        form = noun.one if self.is_singular(number) else noun.many or noun.one
        return self.joined(self.say(number, noun.gender, is_negative=is_negative), form)

    def joined(self, words: str, noun: str) -> str:
        """Return a number in words and the noun that it counts."""
        return self.join(words, noun) if self.join else f"{words}{self.gap}{noun}"

    def amount(self, money: Money, scales: Mapping[str, Noun]) -> str:
        """Return an amount of money in words. `scales` are nouns for what `money.scale` may be."""
        currency, hundredths = money.currency, money.hundredths
        name = Noun(currency.one, currency.many, currency.gender)
        if money.scale:
            words = self.count(money.number, scales[money.scale], is_negative=money.is_negative)
            return self.joined(words, name.many or name.one)
        if hundredths is None:
            return self.count(money.number, name, is_negative=money.is_negative)
        return self._in_parts(money, name, hundredths)

    def _in_parts(self, money: Money, name: Noun, hundredths: int) -> str:
        whole = Number(money.number.whole)
        said = self.count(whole, name, is_negative=money.is_negative)
        if not hundredths:
            return said
        are_alone = not any(map(int, whole.whole))
        if self.in_parts is None and not are_alone:
            return f"{said}{self.gap}{self.say(Number(str(hundredths)))}"
        parts = self.parts(hundredths, Noun(money.currency.part, money.currency.parts), are_alone=are_alone)
        if not are_alone:
            return f"{said}{self.in_parts}{parts}"
        return f"{self.minus}{self.gap}{parts}" if money.is_negative else parts

    def parts(self, hundredths: int, part: Noun, *, are_alone: bool) -> str:  # noqa: ARG002
        """Return so many hundredths in words, which may be the whole amount."""
        return self.count(Number(str(hundredths)), part)
