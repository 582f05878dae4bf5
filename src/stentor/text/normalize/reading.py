"""A language's rules put together: what it says in its own way, and what all say in the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stentor.text.normalize import spell
from stentor.text.normalize.emoji import emoji_rules
from stentor.text.normalize.grammar import Grammar, Noun
from stentor.text.normalize.moments import Date, Order, Time, date_of, date_rules, time_rules
from stentor.text.normalize.money import Money, money_rules
from stentor.text.normalize.numbers import Number
from stentor.text.normalize.quantities import BEHIND_WORD, Numbers, fraction_rules, roman, unit_rules
from stentor.text.normalize.rules import CANDIDATE, DIGIT, QUICK, Kind, Language, Rule
from stentor.text.normalize.signs import abbreviation_rule, sign_rules, telephone_rules
from stentor.text.normalize.vocabulary import Vocabulary, any_of
from stentor.text.normalize.web import Words, web_rules

_LONGEST_NAME = 40
# A Roman number behind a word. Those of one letter are as often a letter.
_ROMAN = rf"{BEHIND_WORD}[XVI]{{2,6}}(?![^\W_])"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """How one language reads. What is its own comes before what it has in common with others."""

    vocabulary: Vocabulary
    grammar: Grammar
    numbers: Numbers
    web: Words
    date: Callable[[Date, re.Match[str]], str | None]
    time: Callable[[Time], str | None]
    fraction: Callable[[int, int], str | None]
    half: Callable[[int], str]
    """Says a number and a half."""
    power: str
    """What is said behind a number that is raised to another, with `{}` for that."""
    dates: tuple[Rule, ...] = ()
    times: tuple[str, ...] = ()
    """Sources of expressions, as `time_rules` takes them."""
    behind_times: str = ""
    ordinals: tuple[Rule, ...] = ()
    own: tuple[Rule, ...] = ()
    """Rules that come before all others but addresses."""
    order: Order = "dmy"
    metres: str = ""
    """Stands between metres and centimetres in 1,80 m; they are not told apart if it is empty."""
    pause: str = ", "
    """Stands between the groups of a telephone number."""
    rank_of_names: Callable[[int], str] | None = None
    """Says the Roman number behind the name of a king or pope, as in "Louis quatorze"."""
    telephones_by_pairs: bool = False
    beginnings: str = ""
    """Source of an expression for where its own rules begin, where no candidate is."""
    candidate: re.Pattern[str] = CANDIDATE

    def language(self) -> Language:
        """Return the language with all its rules."""
        rules = self._rules()
        return Language(
            self.grammar.tag,
            self.grammar.format,
            rules,
            say_as=_SayAs(self, rules).by_kind(),
            quick=re.compile(f"{self._beginnings()}|{QUICK.pattern}"),
            candidate=re.compile(f"{self._beginnings()}|{self.candidate.pattern}"),
            is_spaced=bool(self.grammar.gap),
        )

    def _rules(self) -> tuple[Rule, ...]:
        words, grammar, tag = self.vocabulary, self.grammar, self.grammar.tag
        return (
            *emoji_rules(tag, ampersand=words.signs["&"]),
            *web_rules(self.web, self._figures),
            *self.own,
            *self.dates,
            *date_rules(self.date, self.order),
            *time_rules(self.time, self.times, self.behind_times),
            *telephone_rules(tag, self.web.plus + grammar.gap, self.pause, by_pairs=self.telephones_by_pairs),
            self.numbers.dash(),
            *self._money_rules(),
            *self.ordinals,
            *self._roman_rules(),
            *self._metre_rules(),
            *unit_rules(
                grammar, words.units | {sign: noun for sign, noun in words.scales.items() if len(sign) > 1}
            ),
            abbreviation_rule(words.abbreviations, r"(?![^\W\d_])" if grammar.gap else ""),
            abbreviation_rule(words.numbered, r"(?=[ \u00a0]?\d|[ \u00a0][IVX]{1,6}(?![^\W_]))"),
            abbreviation_rule(words.named, r"(?=[ \u00a0][^\W\d_a-zà-öø-ÿ])"),
            *fraction_rules(grammar, self.fraction, self.half, self.power),
            *self.numbers.rules(),
            *sign_rules(words.signs, grammar.gap),
        )

    def _money_rules(self) -> tuple[Rule, ...]:
        words, grammar = self.vocabulary, self.grammar
        scales = {written.lower(): noun.one for written, noun in words.scales.items()}
        scale_nouns = {noun.one: noun for noun in words.scales.values()}

        def say(money: Money) -> str:
            return grammar.amount(money, scale_nouns)

        _, written_out = money_rules(grammar.format, words.currency_words, scales, say)
        return (self._round_price(), *money_rules(grammar.format, words.currencies, scales, say), written_out)

    def _round_price(self) -> Rule:
        """Return the rule for prices without hundredths, such as `5,-- €`."""
        currencies = {**self.vocabulary.currencies, **self.vocabulary.currency_words}
        sign = rf"(?>(?:[ \u00a0]?(?P<sign>{any_of(currencies)}))?)(?![^\W_])"

        def read(match: re.Match[str]) -> str:
            number = Number(match["whole"])
            if not match["sign"]:
                return self.grammar.say(number)
            currency = currencies[match["sign"]]
            return self.grammar.count(number, Noun(currency.one, currency.many, currency.gender))

        return Rule("currency", DIGIT, re.compile(rf"(?P<whole>\d{{1,9}}),[-–—]{{1,2}}+{sign}"), read)

    def _roman_rules(self) -> tuple[Rule, ...]:
        if self.rank_of_names is None:
            return ()
        say = self.rank_of_names

        def read(match: re.Match[str]) -> str | None:
            before = match.string[max(match.start() - _LONGEST_NAME, 0) : match.start()]
            number = roman(match[0])
            if not number:
                return None
            is_name = re.search(r"(?<![^\W_])[^\W\d_a-zß-öø-ÿ][^\W\d_]{2,}[ \u00a0]\Z", before)
            return say(number) if is_name else spell.cardinal(number, self.grammar.tag)

        return (Rule("ordinals", "[XVI]", re.compile(_ROMAN), read),)

    def _metre_rules(self) -> tuple[Rule, ...]:
        if not self.metres:
            return ()

        def read(match: re.Match[str]) -> str:
            whole = self.grammar.count(Number(match["whole"]), self.vocabulary.units["m"])
            return f"{whole}{self.metres}{self.grammar.say(Number(match['part']))}"

        mark = re.escape(self.grammar.format.decimal)
        pattern = rf"(?P<whole>[1-9]\d?){mark}(?P<part>[1-9]\d)[ \u00a0]?m(?![^\W_]|/)"
        return (Rule("units", DIGIT, re.compile(pattern), read),)

    def _figures(self, figures: str) -> str:
        """Say a number that stands in an address."""
        tag = self.grammar.tag
        return spell.digits(figures, tag) if figures[0] == "0" else spell.decimal(figures, "", tag)

    def _beginnings(self) -> str:
        """Return where rules may begin that begin nowhere else, such as at abbreviations without a point."""
        known = self.vocabulary
        words = (*known.abbreviations, *known.named, *known.numbered, *known.currencies)
        unmarked = [
            word for word in words if word[0].isalpha() and (word[-1].isalpha() or not word.isascii())
        ]
        sources = "|".join(map(re.escape, sorted(unmarked, key=len, reverse=True)))
        found = [rf"(?<![\w\u0900-\u0963])(?:{sources})(?![^\W_\u0900-\u0963])"]
        if self.rank_of_names:
            found.append(_ROMAN)
        return "|".join(filter(None, [self.beginnings, *found]))


class _SayAs:
    """Reads a text as the kind of thing that markup says it is."""

    def __init__(self, reading: Reading, rules: tuple[Rule, ...]) -> None:
        self._reading = reading
        self._rules = rules
        self._tag = reading.grammar.tag

    def by_kind(self) -> Mapping[str, Callable[[str, str], str | None]]:
        return {
            "cardinal": self._cardinal,
            "ordinal": self._ordinal,
            "digits": self._digits,
            "characters": self._characters,
            "verbatim": self._characters,
            "date": self._date,
            "time": self._by_rules("times"),
            "telephone": self._telephone,
            "currency": self._by_rules("currency"),
            "unit": self._by_rules("units"),
            "fraction": self._by_rules("numbers"),
        }

    def _by_rules(self, kind: Kind) -> Callable[[str, str], str | None]:
        def read(text: str, _: str) -> str | None:
            for rule in self._rules:
                match = rule.pattern.fullmatch(text) if rule.kind == kind else None
                said = rule.read(match) if match else None
                if said is not None:
                    return said
            return None

        return read

    def _cardinal(self, text: str, _: str) -> str | None:
        number = self._reading.grammar.format.parse(text.lstrip("-−+"))
        return self._reading.grammar.say(number, is_negative=text[0] in "-−") if number else None

    def _ordinal(self, text: str, _: str) -> str | None:
        figures = re.match(r"\D{0,2}(\d{1,15})(?!\d)", text)
        return spell.ordinal(int(figures[1]), self._tag) if figures else None

    def _digits(self, text: str, _: str) -> str | None:
        return spell.digits(text, self._tag) or None

    def _characters(self, text: str, _: str) -> str | None:
        said = (
            spell.digits(character, self._tag) or self._sign(character)
            for character in text
            if not character.isspace()
        )
        return self._reading.grammar.gap.join(said) or None

    def _sign(self, character: str) -> str:
        web = self._reading.web
        addresses = {
            ".": web.dot,
            "/": web.slash,
            "@": web.at,
            "-": web.dash,
            "_": web.underscore,
            "+": web.plus,
        }
        return self._reading.vocabulary.signs.get(character) or addresses.get(character, character)

    def _telephone(self, text: str, _: str) -> str | None:
        groups = [spell.digits(group, self._tag) for group in re.findall(r"\d+", text)]
        said = self._reading.pause.join(groups)
        return (
            self._reading.web.plus + self._reading.grammar.gap + said
            if said and text[0] == "+"
            else said or None
        )

    def _date(self, text: str, order: str) -> str | None:
        fields = [field for field in order.lower() if field in "dmy"]
        figures = re.findall(r"\d{1,4}", text[:40])
        if set(fields) >= {"d", "m"} and len(figures) == len(fields):
            by_field = dict(zip(fields, figures, strict=True))
            match = re.match(".*", text, re.DOTALL)
            date = date_of(by_field["d"], by_field["m"], by_field.get("y"))
            return self._reading.date(date, match) if date and match else None
        return self._by_rules("dates")(text, order)
