"""Numbers as they are written: with marks between thousands, with decimals, in the format of one language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_APOSTROPHES = "'’"
_SPACES = "\u00a0\u2009\u202f"


@dataclass(frozen=True, slots=True)
class Number:
    """A number without its sign. Both are digits of any script; `fraction` is empty where there is none."""

    whole: str
    fraction: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class NumberFormat:
    """How a language writes numbers; the other way is understood where it can mean nothing else.

    Where the comma is the decimal mark, "1,234.5" is still 1234.5; where the point is, so is "1.234,5".
    Apostrophes, no-break and thin spaces stand between thousands everywhere.
    """

    decimal: str
    """The decimal mark: `.` or `,`."""
    grouping: str
    """The mark between thousands: `,` or `.`."""
    has_spaces: bool = False
    """Whether a plain space may stand between thousands."""
    pattern: str = field(init=False)
    """Source of a regular expression for an unsigned number, without groups. It takes linear time."""
    more: str = field(init=False)
    """Source of an expression for the first that stands behind the first digits of a number that goes on."""
    _forms: tuple[tuple[re.Pattern[str], str], ...] = field(init=False)

    def __post_init__(self) -> None:
        decimal, grouping = re.escape(self.decimal), re.escape(self.grouping)
        spaces = _SPACES + " " if self.has_spaces else _SPACES
        # Bounded, as a long run that turns out wrong at its end would be tried again from each of its groups.
        forms = [
            (rf"\d{{1,3}}(?>(?:{grouping}\d{{3}}){{1,9}})(?!\d)(?>(?:{decimal}\d++)?)", self.decimal),
            (
                rf"\d{{1,2}}(?>(?:{grouping}\d{{2}}(?!\d)){{1,9}}){grouping}\d{{3}}(?!\d)(?>(?:{decimal}\d++)?)",
                self.decimal,
            ),
            (rf"\d{{1,3}}(?>(?:[{_APOSTROPHES}]\d{{3}}){{1,9}})(?!\d)(?>(?:[.,]\d++)?)", ".,"),
            (rf"\d{{1,3}}(?>(?:[{spaces}]\d{{3}}){{1,9}})(?!\d)(?>(?:{decimal}\d++)?)", self.decimal),
            (rf"\d{{1,3}}(?>(?:{decimal}\d{{3}}){{1,9}}){grouping}\d++", self.grouping),
            (rf"\d{{1,3}}(?>(?:{decimal}\d{{3}}){{2,9}})(?![.,]?\d)", self.grouping),
            (rf"\d++{decimal}\d++", self.decimal),
        ]
        if self.decimal == ",":
            forms.append((r"\d++\.\d++", "."))
        forms.append((r"\d++", self.decimal))
        decimals = decimal if self.decimal == "." else "[.,]"
        more = rf"{decimals}\d|{grouping}\d\d|[{_APOSTROPHES}{_SPACES} ]\d\d\d"
        object.__setattr__(self, "more", more)
        object.__setattr__(self, "pattern", f"(?>{'|'.join(form for form, _ in forms)})")
        object.__setattr__(self, "_forms", tuple((re.compile(form), mark) for form, mark in forms))

    def parse(self, written: str) -> Number | None:
        """Return what is written, if all of it is one number."""
        if written.isdecimal():
            return Number(written)
        for form, marks in self._forms:
            if form.fullmatch(written):
                at = max(written.rfind(mark) for mark in marks)
                whole, fraction = (written[:at], written[at + 1 :]) if at >= 0 else (written, "")
                return Number("".join(filter(str.isdecimal, whole)), fraction)
        return None
