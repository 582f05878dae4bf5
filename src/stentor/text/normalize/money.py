"""Amounts of money as they are written, in any language: $25, 1.234,50 €, US$1.5 million, CHF 20."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from stentor.text.normalize.numbers import Number, NumberFormat
from stentor.text.normalize.rules import DIGIT, Rule


@dataclass(frozen=True, slots=True)
class Currency:
    """What a currency and its hundredth part are called; one without parts leaves these empty."""

    one: str
    many: str
    part: str = ""
    parts: str = ""
    gender: str | None = None
    """As `spell.cardinal` takes it."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of a currency. `scale` is a word such as "million", or empty."""

    is_negative: bool
    number: Number
    scale: str
    currency: Currency

    @property
    def is_one(self) -> bool:
        """Whether it is exactly one of the currency."""
        return self.number.whole.lstrip("0") == "1" and not self.number.fraction.strip("0") and not self.scale

    @property
    def hundredths(self) -> int | None:
        """How many hundredths are written beside the whole, 0 to 99; None where it is written otherwise."""
        fraction = self.number.fraction
        is_plain = (
            len(fraction) in (0, 2) and not self.scale and bool(self.currency.part or not int(fraction or 0))
        )
        return int(fraction or 0) if is_plain else None


def money_rules(
    format_: NumberFormat,
    currencies: Mapping[str, Currency],
    scales: Mapping[str, str],
    say: Callable[[Money], str | None],
) -> tuple[Rule, Rule]:
    """Return the rules for amounts whose sign stands before the number, and behind it.

    `currencies` are by their signs and codes as they are written, such as `$`, `US$` and `USD`;
    `scales` are words by what is written, such as `million` and `bn`, in small letters.
    """
    amount = rf"(?P<amount>{format_.pattern}|[.,]\d{{1,9}}+|\d{{1,9}}+[.,]\d\d)(?![.,]?\d)"
    scale = rf"(?:[ \u00a0-]?(?P<scale>(?i:{_any_of(scales)}))(?![^\W_]))?"
    sign = f"(?P<sign>{_any_of(currencies)})"
    minus = "(?P<minus>[-−–])?"
    before = re.compile(rf"{minus}{sign}[ \u00a0\u202f]?(?P<inner>[-−])?{amount}{scale}")
    behind = re.compile(rf"{minus}{amount}{scale}[ \u00a0\u202f]?{sign}(?![^\W_])")

    def read(match: re.Match[str]) -> str | None:
        found = match.groupdict()
        number = format_.parse(found["amount"]) or _with_any_mark(found["amount"])
        is_negative = bool(found["minus"] or found.get("inner"))
        scale = scales[found["scale"].lower()] if found["scale"] else ""
        return say(Money(is_negative, number, scale, currencies[found["sign"]]))

    firsts = "".join(sorted({re.escape(sign[0]) for sign in currencies}))
    shape = re.compile(rf"\d+(?:{format_.more}|[.,]\d\d|[ \u00a0\u202f-]?(?:[^\W\d_]|[{firsts}]))")
    return (
        Rule("currency", rf"[{firsts}\-−–]", before, read),
        Rule("currency", rf"{DIGIT}|[\-−–.]", behind, read, shape),
    )


def _with_any_mark(amount: str) -> Number:
    """Read the one mark in an amount as the decimal one: between money's own signs it can be no other."""
    whole, _, fraction = amount.replace(",", ".").rpartition(".")
    return Number(whole or "0", fraction)


def _any_of(words: Iterable[str]) -> str:
    """Return the source of an expression for any of the words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
