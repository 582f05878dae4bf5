"""Money in English."""

from __future__ import annotations

import re
from functools import partial

from stentor.text.normalize.english.style import DASH, FORMAT, NUMBER, Style, is_attribute
from stentor.text.normalize.money import Currency, Money, money_rules
from stentor.text.normalize.rules import DIGIT, Rule

_TABLE = """
$ = dollar, dollars, cent, cents
US$ USD U.S.$ = US dollar, US dollars, cent, cents
A$ AU$ AUD = Australian dollar, Australian dollars, cent, cents
C$ CA$ CAD = Canadian dollar, Canadian dollars, cent, cents
NZ$ NZD = New Zealand dollar, New Zealand dollars, cent, cents
HK$ HKD = Hong Kong dollar, Hong Kong dollars, cent, cents
S$ SGD = Singapore dollar, Singapore dollars, cent, cents
NT$ TWD = Taiwan dollar, Taiwan dollars
€ EUR = euro, euros, cent, cents
£ GBP = pound, pounds, penny, pence
¥ ￥ JPY 円 = yen, yen
CN¥ CNY RMB 元 = yuan, yuan
₹ Rs Rs. INR = rupee, rupees, paisa, paise
CHF SFr. SFr = Swiss franc, Swiss francs, centime, centimes
SEK = Swedish krona, Swedish kronor, öre, öre
NOK = Norwegian krone, Norwegian kroner, øre, øre
DKK = Danish krone, Danish kroner, øre, øre
kr = krone, kroner, øre, øre
PLN zł = zloty, zlotys, grosz, groszy
CZK Kč = Czech koruna, Czech korunas
HUF = Hungarian forint, Hungarian forints
₽ RUB = ruble, rubles, kopek, kopeks
₴ UAH = hryvnia, hryvnias
₺ = lira, liras, kurush, kurush
₩ KRW = won, won
₫ VND = dong, dong
฿ THB = baht, baht
₱ = peso, pesos, centavo, centavos
MX$ MXN = Mexican peso, Mexican pesos, centavo, centavos
R$ BRL = Brazilian real, Brazilian reais, centavo, centavos
₪ ILS = shekel, shekels, agora, agorot
₦ NGN = naira, naira, kobo, kobo
₵ GHS = cedi, cedis
₡ CRC = colón, colóns
₲ = guarani, guaranis
₸ KZT = tenge, tenge
₾ GEL = lari, lari
₼ AZN = manat, manats
₭ = kip, kip
₮ = tugrik, tugriks
៛ = riel, riels
AED = dirham, dirhams
SAR = riyal, riyals
ZAR = rand, rand, cent, cents
₿ BTC = bitcoin, bitcoins
"""

_SCALES = {
    "k": "thousand", "thousand": "thousand",
    "m": "million", "mn": "million", "mio": "million", "million": "million",
    "b": "billion", "bn": "billion", "billion": "billion",
    "t": "trillion", "tn": "trillion", "trillion": "trillion",
}  # fmt: skip


def _currencies() -> dict[str, Currency]:
    currencies = {}
    for row in _TABLE.strip().splitlines():
        signs, _, names = row.partition(" = ")
        currency = Currency(*names.split(", "))
        currencies.update(dict.fromkeys(signs.split(), currency))
    return currencies


CURRENCIES = _currencies()
_SIGN = "|".join(re.escape(sign) for sign in sorted(CURRENCIES, key=len, reverse=True))
_SCALE = f"(?:[ \u00a0]?(?i:{'|'.join(sorted(_SCALES, key=len, reverse=True))})(?![^\\W_]))?"
_RANGE = re.compile(
    rf"(?P<sign>{_SIGN})(?P<low>{NUMBER})(?P<low_scale>{_SCALE})[ ]?{DASH}[ ]?"
    rf"(?:(?P=sign))?(?P<high>{NUMBER})(?P<high_scale>{_SCALE})(?![\w{{]|[.,]\d|{DASH}\d)"
)
_RANGE_BEHIND = re.compile(
    rf"(?P<low>{NUMBER})(?P<low_scale>)[ ]?{DASH}[ ]?(?P<high>{NUMBER})(?P<high_scale>{_SCALE})"
    rf"[ \u00a0]?(?P<sign>{_SIGN})(?![^\W_])"
)
_CENTS = re.compile(rf"(?P<amount>{NUMBER})[ ]?¢")
_PENCE = re.compile(r"(?P<amount>\d{1,2})p(?!\w)")


def money_in_words(money: Money, style: Style, *, as_attribute: bool = False) -> str:
    """Say an amount of money; as an attribute in the singular, as in "a five dollar bill"."""
    currency, number = money.currency, money.number
    many, parts = (currency.one, currency.part) if as_attribute else (currency.many, currency.parts)
    minus = "minus " if money.is_negative else ""
    hundredths = money.hundredths
    if hundredths is None or money.scale:
        scale = f" {money.scale}" if money.scale else ""
        return f"{minus}{style.say(number)}{scale} {many}"
    whole = f"{style.cardinal(number.whole)} {currency.one if number.whole.lstrip('0') == '1' else many}"
    if not hundredths:
        return minus + whole
    small = f"{style.cardinal(str(hundredths))} {currency.part if hundredths == 1 else parts}"
    return f"{minus}{whole} and {small}" if number.whole.strip("0") else minus + small


def currency_rules(style: Style) -> tuple[Rule, ...]:
    """Return the rules for money."""

    def between(match: re.Match[str]) -> str | None:
        currency = CURRENCIES[match["sign"]]
        low, high = style.number(match["low"]), style.number(match["high"])
        if low is None or high is None:
            return None
        low_scale, high_scale = (
            _SCALES.get(match[scale].strip().lower(), "") for scale in ("low_scale", "high_scale")
        )
        name = currency.one if is_attribute(match) else currency.many
        words = [low, low_scale, "to", high, high_scale, name]
        return " ".join(filter(None, words))

    def cents(match: re.Match[str]) -> str | None:
        amount = style.number(match["amount"])
        return f"{amount} {'cent' if match['amount'] == '1' else 'cents'}" if amount else None

    def pence(match: re.Match[str]) -> str:
        return f"{style.cardinal(match['amount'])} {'penny' if int(match['amount']) == 1 else 'pence'}"

    firsts = "".join(sorted({re.escape(sign[0]) for sign in CURRENCIES}))
    several, one = (
        money_rules(
            FORMAT, CURRENCIES, _SCALES, partial(money_in_words, style=style, as_attribute=as_attribute)
        )
        for as_attribute in (False, True)
    )
    simple = map(_either, several, one)
    small = (
        [] if style.is_american else [Rule("currency", DIGIT, _PENCE, pence, re.compile(r"\d\d?[a-z](?!\w)"))]
    )
    return (
        Rule("currency", f"[{firsts}]", _RANGE, between),
        Rule("currency", DIGIT, _RANGE_BEHIND, between, re.compile(rf"\d+(?:{FORMAT.more}|[ ]?{DASH})")),
        *simple,
        Rule("currency", DIGIT, _CENTS, cents, re.compile(rf"\d+(?:{FORMAT.more}|[ ]?¢)")),
        *small,
    )


def _either(several: Rule, one: Rule) -> Rule:
    def read(match: re.Match[str]) -> str | None:
        return (one if is_attribute(match) else several).read(match)

    return Rule("currency", several.first, several.pattern, read, several.shape)
