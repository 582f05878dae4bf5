"""Units of measure in English, by their signs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

UNIT = (
    r"(?:(?:sq|cu|fl)\.?[ ](?:ft|in|yd|mi|km|cm|m|oz)"
    r"|[Ll]/100[ ]?km"
    r"|(?:[°º℃℉′″%‰][A-Za-z]{0,2}|[A-Za-zµμΩ]{1,7}+)[²³]?(?:/[A-Za-zµμ]{1,5}[²³23]?)?"
    r"|(?:[kcmd]?m|ft|in|yd|mi)[23])"
)
"""Source of an expression for what may be a unit."""

_PREFIXES = {
    "p": "pico", "n": "nano", "µ": "micro", "m": "milli", "c": "centi", "d": "deci",
    "h": "hecto", "k": "kilo", "K": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta",
}  # fmt: skip

# Signs, the prefixes they are used with, and the name. What would look like a word or a station is left out.
_PREFIXED = """
m: n µ m c d k = meter, meters
g: n µ m k = gram, grams
l: µ m c d h = liter, liters
L: µ m c d h = liter, liters
s: n µ m = second, seconds
Hz: m k M G T = hertz, hertz
W: m k M G T = watt, watts
Wh: m k M G T = watt hour, watt hours
Wp: k M = watt peak, watts peak
V: m k = volt, volts
A: µ m k = amp, amps
Ah: m k = amp hour, amp hours
J: m k M G = joule, joules
N: m k = newton, newtons
Nm: = newton meter, newton meters
Pa: h k M G = pascal, pascals
eV: k M G T = electronvolt, electronvolts
cal: k = calorie, calories
Ω: m k M = ohm, ohms
B: k K M G T P = byte, bytes
b: k M G T = bit, bits
bit: k M G T = bit, bits
bps: k K M G T = bit per second, bits per second
Bps: k M G = byte per second, bytes per second
mol: n µ m k = mole, moles
F: p n µ = farad, farads
H: n µ m = henry, henries
Sv: µ m = sievert, sieverts
Bq: k M = becquerel, becquerels
T: m = tesla, teslas
"""

_NAMED = """
t = metric ton, metric tons
h hr hrs = hour, hours
min mins = minute, minutes
sec secs = second, seconds
wk wks = week, weeks
mo mos = month, months
yr yrs = year, years
mph = mile per hour, miles per hour
kph kmh = kilometer per hour, kilometers per hour
rpm = revolution per minute, revolutions per minute
bpm = beat per minute, beats per minute
wpm = word per minute, words per minute
fps = frame per second, frames per second
dpi = dot per inch, dots per inch
ppi = pixel per inch, pixels per inch
px = pixel, pixels
MP Mpx = megapixel, megapixels
lb lbs = pound, pounds
oz = ounce, ounces
fl_oz = fluid ounce, fluid ounces
gal = gallon, gallons
qt = quart, quarts
tbsp = tablespoon, tablespoons
tsp = teaspoon, teaspoons
ft = foot, feet
in = inch, inches
yd yds = yard, yards
mi = mile, miles
nmi = nautical mile, nautical miles
kn kt kts = knot, knots
ha = hectare, hectares
mcg = microgram, micrograms
cc = cubic centimeter, cubic centimeters
psi = P S I, P S I
bar = bar, bars
mbar = millibar, millibars
atm = atmosphere, atmospheres
mmHg = millimeter of mercury, millimeters of mercury
dB = decibel, decibels
dBm = D B M, D B M
hp = horsepower, horsepower
lm = lumen, lumens
lx = lux, lux
cd = candela, candelas
ppm = part per million, parts per million
ppb = part per billion, parts per billion
IU = I U, I U
KiB = kibibyte, kibibytes
MiB = mebibyte, mebibytes
GiB = gibibyte, gibibytes
TiB = tebibyte, tebibytes
ºC °C ℃ = degree Celsius, degrees Celsius
ºF °F ℉ = degree Fahrenheit, degrees Fahrenheit
K = kelvin, kelvins
° º = degree, degrees
°N = degree north, degrees north
°S = degree south, degrees south
°E = degree east, degrees east
°W = degree west, degrees west
′ = foot, feet
″ = inch, inches
% = percent, percent
‰ = per mille, per mille
ly = light year, light years
au AU = astronomical unit, astronomical units
x × = time, times
"""

_NEVER_ALONE = frozenset("A N H F B J T b".split())
"""Units whose signs alone are likelier something else, such as the gate B of an airport."""
_ONLY_GLUED = frozenset("in x × mo au AU atm MP cd".split())
"""Units that behind a space are likelier another word, such as "5 in the morning"."""
_ONLY_SPACED = frozenset({"K", "kn"})
"""Units that on a number mean something else, such as 5K."""
_PER = {"h": "hour", "hr": "hour", "s": "second", "sec": "second", "min": "minute", "d": "day", "wk": "week"}


@dataclass(frozen=True, slots=True)
class Unit:
    """What one and several of a unit are called."""

    one: str
    many: str


def _table() -> dict[str, Unit]:
    units = {}
    for row in _NAMED.strip().splitlines():
        signs, _, names = row.partition(" = ")
        units.update(dict.fromkeys(signs.split(), Unit(*names.split(", "))))
    for row in _PREFIXED.strip().splitlines():
        signs, _, names = row.partition(" = ")
        sign, _, prefixes = signs.partition(":")
        one, many = names.split(", ")
        units[sign] = Unit(one, many)
        for prefix in prefixes.split():
            units[prefix + sign] = Unit(_PREFIXES[prefix] + one, _PREFIXES[prefix] + many)
    return units


_UNITS = _table()


@lru_cache(maxsize=1024)
def unit_named(written: str, *, is_glued: bool, is_american: bool) -> Unit | None:
    """Return the unit that a sign stands for, on a number or behind a space; None if it is no sign."""
    unit = _unit(written.replace("μ", "µ").replace(".", ""), is_glued=is_glued)
    if unit is None or is_american:
        return unit
    return Unit(_british(unit.one), _british(unit.many))


def _unit(written: str, *, is_glued: bool) -> Unit | None:
    top, slash, bottom = written.partition("/")
    if slash and (rest := _per(bottom)):
        unit = _unit(top, is_glued=True)
        return Unit(f"{unit.one} per {rest}", f"{unit.many} per {rest}") if unit else None
    if slash or written in _NEVER_ALONE or written in (_ONLY_SPACED if is_glued else _ONLY_GLUED):
        return None
    kind, _, sign = written.partition(" ")
    if sign:
        power = {"sq": "square ", "cu": "cubic ", "fl": "fluid "}[kind]
        return _raised(power, sign)
    if written[-1] in "²2":
        return _raised("square ", written[:-1])
    if written[-1] in "³3":
        return _raised("cubic ", written[:-1])
    return _UNITS.get(written)


def _raised(power: str, sign: str) -> Unit | None:
    unit = _UNITS.get(sign)
    return Unit(power + unit.one, power + unit.many) if unit else None


def _per(sign: str) -> str | None:
    if sign in _PER:
        return _PER[sign]
    if sign in ("100km", "100 km"):
        return "one hundred kilometers"
    unit = _unit(sign, is_glued=True) if sign not in ("x", "×") else None
    if unit and sign[-1] in "²2" and unit.one.endswith("second"):
        return "second squared"
    return unit.one if unit else None


def _british(name: str) -> str:
    return name.replace("meter", "metre").replace("liter", "litre")
