"""Numbers in English, alone and with what they count: ranges, fractions, ordinals, measures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from stentor.text.normalize.english.calendar import COUNTED, plural
from stentor.text.normalize.english.style import (
    DASH,
    DESCRIBED,
    FORMAT,
    NUMBER,
    Style,
    after,
    before,
    is_attribute,
)
from stentor.text.normalize.english.units import UNIT, unit_named
from stentor.text.normalize.rules import DIGIT, Rule

_VULGAR = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_SLASHED = r"\d{1,3}[/⁄]\d{1,3}(?![/⁄\d]|[.,]\d)"
_FRACTION = (
    rf"(?:\d{{1,6}}[ \u00a0-]?[{_VULGAR}]|[{_VULGAR}]|(?<![/.,\d])\d{{1,4}}[ \u00a0-]{_SLASHED}|{_SLASHED})"
)
_MORE = rf"{FORMAT.more}|[ \u00a0-]?[{_VULGAR}]|[/⁄]\d|[ \u00a0-]\d(?:[/⁄]|\d[/⁄\d])"
_SIGNS_OF_UNITS = "A-Za-z°º℃℉′″%‰µμΩ"
_AMOUNT = rf"(?>{_FRACTION}|{NUMBER})"

_MEASURE = re.compile(
    rf"(?P<low>{_AMOUNT})(?:[ ]?{DASH}[ ]?(?P<high>{_AMOUNT}))?"
    rf"(?P<gap>[ \u00a0\u202f-]?)(?P<unit>{UNIT})(?![\w°²³])(?>(?P<dot>\.(?=[ ][a-z]))?)"
)
_MEASURES = re.compile(
    rf"(?P<low>{_AMOUNT})[ ]?(?P<low_unit>{UNIT})[ ]?{DASH}[ ]?(?P<high>{_AMOUNT})"
    rf"(?P<gap>[ \u00a0]?)(?P<unit>{UNIT})(?![\w°²³])"
)
_SIZE = re.compile(
    rf"(?P<sides>{NUMBER}(?P<each>(?:[cmk]?m|in|ft|px)?)(?>(?:[x×]{NUMBER}(?P=each)){{1,3}})"
    rf"|{NUMBER}[cmk]?m(?>(?:[ ][x×][ ]{NUMBER}[cmk]?m){{1,3}})"
    rf"|{NUMBER}(?>(?:[ ][x×][ ]{NUMBER}){{1,3}})(?=[ ]?(?:[cmk]?m|in|ft|yd|px)\b|[ ][a-z]))"
    r"(?:[ ]?(?P<unit>[cmk]?m|in|ft|yd|px)(?!\w))?(?!\w|[⁺⁻^]|[ ]?=)"
)
_FEET = re.compile(r"(?P<feet>\d{1,2})['’′][ ]?(?P<inches>\d{1,2})(?:[\"”″]|'')(?!\w)")
# In 13" the sign is that of inches, unless it ends what a quotation mark began.
_INCHES = re.compile(rf"(?:(?P<side>{_AMOUNT})[\"”″]?[ ]?[x×][ ]?)?(?P<inches>{_AMOUNT})[\"”](?![\w\"”'’])")
_QUOTED = re.compile(r"(?:(?:^|[\s(\[{—–-])[\"”]|[“„«])[^\"”“„«]*+\Z")
_LONGEST_QUOTED = 200
_MEASURED = re.compile(r"[ ](?:long|wide|tall|high|deep|thick|apart|across|away|above|below)\b")
_ANGLE = re.compile(
    r"(?P<degrees>\d{1,3})[°º][ ]?(?P<minutes>\d{1,2})['’′](?:[ ]?(?P<seconds>\d{1,2})(?:\.\d{1,4})?[\"”″])?"
    r"(?:[ ]?(?P<side>[NSEW])(?!\w))?"
)
_OPERATOR = re.compile(r"[ ]?[-+*/=^−×÷][ \d]")
_LASTING = re.compile(r"(?P<hours>\d{1,3})[ ]?h[ ]?(?P<minutes>\d{1,2})(?:[ ]?m(?:in)?)?(?!\w)")
_LINES = re.compile(r"(?P<number>240|360|480|576|720|1080|1440|2160|4320)(?P<kind>[pi])(?!\w)")
_SCALED = re.compile(
    rf"(?P<low>{NUMBER})(?:(?P<low_scale>[kKMB]|bn|mn|tn)?{DASH}(?P<high>{NUMBER}))?(?P<scale>[kKMB]|bn|mn|tn)(?!\w)"
)
_SCALES = {
    "k": "thousand",
    "m": "million",
    "mn": "million",
    "b": "billion",
    "bn": "billion",
    "tn": "trillion",
}
_POWER = re.compile(rf"(?P<number>{NUMBER})[eE](?P<minus>[-−]?)\+?(?P<power>\d{{1,3}})(?!\w)")
_TIMES_TEN = re.compile(rf"(?P<number>{NUMBER})[x×](?=10(?:\^|[⁺⁻⁰¹²³⁴-⁹]))")

_SUFFIX = r"(?:st|nd|rd|th|ST|ND|RD|TH|ˢᵗ|ⁿᵈ|ʳᵈ|ᵗʰ)(?!\w)"
_ORDINAL = re.compile(
    rf"(?P<number>\d{{1,3}}(?>(?:,\d{{3}}){{1,9}})|\d++){_SUFFIX}(?P<dash>{DASH}(?=\d{{1,12}}+{_SUFFIX}))?"
)
_RANGE = re.compile(
    rf"(?P<low>{NUMBER})(?P<dash>[ ]?{DASH}[ ]?)(?P<high>{NUMBER})(?!{DASH}\d|[.,/:]\d|\d|[^\W\d_])"
)
_EQUALS = re.compile(r"[ ]?=")
_OPERATED = re.compile(r"[+=×÷*/][ ]?\Z")
_FRACTIONS = re.compile(rf"{_FRACTION}(?!\w)")
_TAILED = re.compile(r"(?P<number>\d{1,4})(?P<tail>ish|ers)(?!\w)")
_SEVERAL = re.compile(r"(?P<number>\d{1,4})['’]?s(?!\w)")
_NAMED = re.compile(
    r"(?i:\b(?:flight|room|highway|hwy\.?|route|interstate|suite|apartment|apt\.?|bus|gate|boeing|airbus|error|status"
    r"|extension))[ ]\Z"
)
_PLAIN = re.compile(NUMBER)
_AIRCRAFT = re.compile(r"(?i:\b(?:boeing|airbus|embraer|bombardier|fokker|mcdonnell douglas))[ ]\Z")
_AIRLINER = re.compile(r"7[0-8]7-(?:[1-9]00|8|9|10)")

_TELLING = frozenset({*range(2, 11), 12, 16, 32, 64})
"""What is written below a slash in fractions that people mean as such."""
_EACH = frozenset(
    "second minute hour day night week month year person capita user seat item unit page".split()
)


def parse_fraction(written: str) -> tuple[str, int, int] | None:
    """Return whole, numerator and denominator of a fraction as it is written; None if it is no usual one."""
    apart = unicodedata.normalize("NFKD", written[-1]) if written[-1] in _VULGAR else ""
    whole, _, rest = written.replace("\u00a0", " ").replace("-", " ").rpartition(" ")
    if apart:
        whole, rest = written[:-1].strip(" \u00a0-"), apart
    top, bottom = (int(number) for number in re.split("[/⁄]", rest))
    return (whole, top, bottom) if bottom in _TELLING and 0 < top < bottom else None


def fraction_in_words(whole: str, top: int, bottom: int, style: Style) -> str:
    """Say a fraction, with the whole number before it if there is one."""
    names = {2: ("half", "halves"), 4: ("quarter", "quarters")}
    rank = style.ordinal(str(bottom))
    one, many = names.get(bottom, (rank, f"{rank}s"))
    if not whole:
        return f"{style.cardinal(str(top))} {one if top == 1 else many}"
    words = (
        f"a {one}"
        if top == 1 and bottom in names
        else f"{style.cardinal(str(top))} {one if top == 1 else many}"
    )
    return f"{style.cardinal(whole)} and {words}"


def _amount(written: str, style: Style) -> str | None:
    if written[-1] not in _VULGAR and "/" not in written and "⁄" not in written:
        return style.number(written)
    parts = parse_fraction(written)
    return fraction_in_words(*parts, style) if parts else None


def _of(written: str, style: Style, one: str, many: str) -> str | None:
    """Say how much of something, by its names: "one inch", "two inches", "half an inch"."""
    if written[-1] in _VULGAR or "/" in written:
        parts = parse_fraction(written)
        if parts and not parts[0]:
            article = "an" if one[0] in "aeiou" or one.startswith("hour") else "a"
            part = "half" if parts[2] == 2 else f"{fraction_in_words(*parts, style)} of"  # noqa: PLR2004
            return f"{part} {article} {one}"
    words = _amount(written, style)
    return f"{words} {one if written == '1' else many}" if words else None


class _Measures:
    """Reads numbers with units."""

    def __init__(self, style: Style) -> None:
        self._style = style

    def one(self, match: re.Match[str]) -> str | None:
        gap, written = match["gap"], match["unit"]
        is_glued = not gap.isspace() or (match["dot"] is not None and written == "in")
        unit = unit_named(written, is_glued=is_glued, is_american=self._style.is_american)
        if unit is None or (gap == "-" and len(written) == 1 and written.isupper()):
            return None
        if written == "x" and _OPERATOR.match(after(match)):
            return None
        if written == "s" and not gap and re.search(r"(?:[^\W\d_]-|\bthe )\Z", before(match)):  # "under-18s"
            return None
        if match["high"]:
            low, high = _amount(match["low"], self._style), _amount(match["high"], self._style)
            name = unit.one if gap == "-" or is_attribute(match) else unit.many
            return f"{low} to {high} {name}" if low and high else None
        if unit.one == "percent":
            words = _amount(match["low"], self._style)
            return f"{words} percent" if words else None
        return _of(
            match["low"], self._style, unit.one, unit.one if gap == "-" or is_attribute(match) else unit.many
        )

    def two(self, match: re.Match[str]) -> str | None:
        style = self._style
        low_unit = unit_named(match["low_unit"], is_glued=True, is_american=style.is_american)
        unit = unit_named(match["unit"], is_glued=not match["gap"], is_american=style.is_american)
        low, high = _amount(match["low"], style), _amount(match["high"], style)
        if not (low_unit and unit and low and high):
            return None
        first = low if low_unit == unit else f"{low} {low_unit.one if match['low'] == '1' else low_unit.many}"
        return f"{first} to {high} {unit.many}"

    def size(self, match: re.Match[str]) -> str | None:
        each = re.search(r"[a-z]+\Z", match["sides"])
        sign = match["unit"] or (each and each[0])
        unit = unit_named(sign, is_glued=True, is_american=self._style.is_american) if sign else None
        found = re.findall(NUMBER, match["sides"])
        sides = [self._style.number(side) for side in found]
        if any(side is None for side in sides):
            return None
        if unit is None and all(re.fullmatch(r"\d{3,4}", side) for side in found):
            sides = [self._style.short(side) for side in found]
        words = " by ".join(filter(None, sides))
        return f"{words} {unit.one if is_attribute(match) else unit.many}" if unit else words

    def feet(self, match: re.Match[str]) -> str:
        return f"{self._style.cardinal(match['feet'])} foot {self._style.cardinal(match['inches'])}"

    def inches(self, match: re.Match[str]) -> str | None:
        if _QUOTED.search(before(match, _LONGEST_QUOTED)):
            return None
        behind = after(match)
        is_one = behind[:1] == "-" or bool(DESCRIBED.match(behind) and not _MEASURED.match(behind))
        inches = _of(match["inches"], self._style, "inch", "inch" if is_one else "inches")
        side = _amount(match["side"], self._style) if match["side"] else None
        return f"{side} by {inches}" if side and inches else inches

    def angle(self, match: re.Match[str]) -> str:
        sides = {"N": "north", "S": "south", "E": "east", "W": "west", None: ""}
        parts = [
            _of(match[name], self._style, name.removesuffix("s"), name)
            for name in ("degrees", "minutes", "seconds")
            if match[name]
        ]
        return " ".join(filter(None, [*parts, sides[match["side"]]]))

    def lasting(self, match: re.Match[str]) -> str:
        hours = _of(match["hours"], self._style, "hour", "hours")
        return f"{hours} {_of(match['minutes'].lstrip('0') or '0', self._style, 'minute', 'minutes')}"


class _Numbers:
    """Reads numbers alone."""

    def __init__(self, style: Style) -> None:
        self._style = style

    def scaled(self, match: re.Match[str]) -> str | None:
        if match[0] in ("4K", "8K", "2K"):
            return None
        if match["scale"] in "MB" and not (match["high"] or COUNTED.match(after(match))):
            return None  # likelier a gate or a company
        words = [self._style.number(match[name]) for name in ("low", "high") if match[name]]
        if not all(words):
            return None
        if match["low_scale"] and match["low_scale"] != match["scale"]:
            words[0] = f"{words[0]} {_SCALES[match['low_scale'].lower()]}"
        return f"{' to '.join(filter(None, words))} {_SCALES[match['scale'].lower()]}"

    def lines(self, match: re.Match[str]) -> str:
        return f"{self._style.short(match['number'])} {match['kind']}"

    def power(self, match: re.Match[str]) -> str | None:
        number = self._style.number(match["number"])
        minus = "minus " if match["minus"] else ""
        return f"{number} times ten to the {minus}{self._style.cardinal(match['power'])}" if number else None

    def times(self, match: re.Match[str]) -> str | None:
        number = self._style.number(match["number"])
        return f"{number} times " if number else None

    def ordinal(self, match: re.Match[str]) -> str:
        words = self._style.ordinal(match["number"].replace(",", ""))
        return f"{words} to " if match["dash"] else words

    def between(self, match: re.Match[str]) -> str | None:
        is_difference = _EQUALS.match(after(match, 2)) or _OPERATED.search(before(match, 2))
        is_apart = match["dash"].strip() != match["dash"]
        if is_apart and not is_difference and not _rises(match["low"], match["high"]):
            return None
        low, high = (self._style.number(match[name]) for name in ("low", "high"))
        if low is None or high is None:
            return None
        if _is_aircraft(match):
            return f"{self._style.short(match['low'])} {self._style.short(match['high'])}"
        return f"{low} {'minus' if is_difference else 'to'} {high}"

    def fraction(self, match: re.Match[str]) -> str | None:
        return _amount(match[0], self._style)

    def tailed(self, match: re.Match[str]) -> str:
        words = self._style.short(match["number"])
        return f"{words}-ish" if match["tail"] == "ish" else f"{words.removesuffix('e')}ers"

    def several(self, match: re.Match[str]) -> str:
        return plural(self._style.short(match["number"]))

    def plain(self, match: re.Match[str]) -> str | None:
        if re.fullmatch(r"[1-9]\d{2,3}", match[0]) and _NAMED.search(before(match)):
            return self._style.short(match[0])
        return self._style.number(match[0])


def _is_aircraft(match: re.Match[str]) -> bool:
    """Tell whether two numbers with a dash between them name one thing, such as 747-400."""
    if not (match["low"] + match["high"]).isdecimal() or match["dash"] != "-":
        return False
    return bool(_AIRLINER.fullmatch(match[0]) or _AIRCRAFT.search(before(match)))


def _rises(low: str, high: str) -> bool:
    first, second = ("".join(filter(str.isdecimal, number)) for number in (low, high))
    return (len(first), first) < (len(second), second)


def per(match: re.Match[str]) -> str | None:
    """Say what something is counted by, behind a slash: "/month", "/kg"."""
    name = match["name"]
    if not re.search(r"\d[^/]{0,14}\Z", before(match)):
        return None
    if name in _EACH:
        return f" per {name}"
    unit = unit_named(name, is_glued=True, is_american=True) if len(name) > 1 else None
    return f" per {unit.one}" if unit else None


def measure_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rules for numbers with units."""
    measures, first = _Measures(style), rf"{DIGIT}|[.{_VULGAR}]"
    readers: list[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None], str]] = [
        (_ANGLE, measures.angle, r"\d{1,3}[°º]"),
        (_FEET, measures.feet, r"\d\d?['’′]"),
        (_INCHES, measures.inches, rf"\d+(?:{_MORE}|[\"”″]|[ ]?[a-z×])"),
        (_LASTING, measures.lasting, r"\d{1,3}[ ]?[a-z]"),
        (_SIZE, measures.size, rf"\d+(?:{FORMAT.more}|[ ]?[a-z×])"),
        (_MEASURES, measures.two, rf"\d+(?:{_MORE}|[ ]?[{_SIGNS_OF_UNITS}])"),
        (_MEASURE, measures.one, rf"\d+(?:{_MORE}|[ ]?{DASH}|[ \u00a0\u202f-]?[{_SIGNS_OF_UNITS}])"),
    ]
    each = re.compile(r"(?<=[\w%¢°])/(?P<name>[A-Za-z]{1,8})(?!\w)")
    return (
        *(Rule("units", first, pattern, read, re.compile(shape)) for pattern, read, shape in readers),
        Rule("units", "/", each, per),
    )


def number_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rules for numbers alone; they are the last, as one of them reads any number."""
    numbers, first = _Numbers(style), rf"{DIGIT}|[.{_VULGAR}]"
    return (
        Rule("ordinals", DIGIT, _ORDINAL, numbers.ordinal, re.compile(r"\d+(?:,\d|[A-Za-z]{2}|[ˢⁿʳᵗ])")),
        Rule(
            "numbers",
            DIGIT,
            _SCALED,
            numbers.scaled,
            re.compile(rf"\d+(?:{FORMAT.more}|[A-Za-z]{{1,2}}(?!\w)|{DASH})"),
        ),
        Rule("numbers", DIGIT, _LINES, numbers.lines, re.compile(r"\d{3,4}[a-z](?!\w)")),
        Rule("numbers", DIGIT, _POWER, numbers.power, re.compile(rf"\d+(?:{FORMAT.more}|[A-Za-z][-−+\d])")),
        Rule("numbers", DIGIT, _TIMES_TEN, numbers.times, re.compile(rf"\d+(?:{FORMAT.more}|[a-z×])")),
        Rule("numbers", first, _FRACTIONS, numbers.fraction, re.compile(rf"\d+(?:{_MORE})")),
        Rule("numbers", first, _RANGE, numbers.between, re.compile(rf"\d+(?:{FORMAT.more}|[ ]?{DASH})")),
        Rule("numbers", DIGIT, _TAILED, numbers.tailed, re.compile(r"\d{1,4}[a-z]{3}(?!\w)")),
        Rule("numbers", DIGIT, _SEVERAL, numbers.several, re.compile(r"\d{1,4}['’]?[a-z](?!\w)")),
        Rule("numbers", first, _PLAIN, numbers.plain),
    )
