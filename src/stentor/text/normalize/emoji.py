"""Emoji by the names that Unicode's CLDR gives them, which the library `emoji` carries in some languages."""

from __future__ import annotations

import re
from functools import lru_cache

import emoji

from stentor.text.normalize import spell
from stentor.text.normalize.rules import Rule

_BASE = (
    "[\u203c\u2049\u2139\u2194-\u2199\u21a9\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f004-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
_FLAG_LETTER = "[\U0001f1e6-\U0001f1ff]"
_TONE = "[\U0001f3fb-\U0001f3ff]"
_TAGS = "[\U000e0020-\U000e007f]"  # behind a black flag: England, Scotland, Wales
_FIGURE = f"(?:{_BASE}\ufe0f?+{_TONE}?+\ufe0f?+{_TAGS}{{0,8}}+)"
_ONE = (
    f"{_FLAG_LETTER}{{2}}|[0-9#*]\ufe0f?+\u20e3|[©®™]\ufe0f|{_FIGURE}(?>(?:\u200d{_FIGURE}){{0,8}})|{_TONE}"
)
_RUN = re.compile(rf"(?P<one>{_ONE})(?>(?:\s?+(?P=one))*)")
_FIRST = rf"{_BASE}|{_FLAG_LETTER}|{_TONE}|[0-9#*©®™]"
_END = re.compile(rf"{_BASE}|{_FLAG_LETTER}|{_TONE}|[\ufe0f\u20e3]")
_UNSAID = re.compile(f"[\ufe0f()!#*“”«»]|{_TONE}")
_IN_NAME = re.compile(r"(\d+)(?:\.\d\d)?(st|nd|rd|th)?")


def emoji_rules(tag: str, *, flag: str = "{}", ampersand: str = "&") -> tuple[Rule, ...]:
    """Return the rule for emoji in a language, none where they have no names in it.

    A run of the same emoji is said once, and skin tones are not said. `flag` is what is said for the flag
    of a country with this name, where the name alone does not say that it is a flag.
    """
    language = tag.partition("-")[0]
    if language not in emoji.LANGUAGES:
        return ()

    def name(one: str) -> str | None:
        key = _UNSAID.sub("", one)
        if one.endswith("\u20e3"):
            return spell.digits(one[0], tag) or None
        found = _names(language).get(key) or _names(language).get(re.sub(_TAGS, "", key))
        if found is None:
            parts = [name(part) for part in one.split("\u200d")] if "\u200d" in one else []
            return " ".join(filter(None, parts)) or None
        words = _IN_NAME.sub(lambda number: _number(number, tag), found).replace("&", ampersand)
        return flag.format(words) if re.match(f"{_FLAG_LETTER}|\U0001f3f4{_TAGS}", one) else words

    def read(match: re.Match[str]) -> str:
        words = name(match["one"])
        if words is None:
            return "" if re.fullmatch(_TONE, match["one"]) else match[0]
        before = match.string[max(match.start() - 1, 0) : match.start()]
        return f", {words}" if _END.fullmatch(before) else words

    return (Rule("emoji", _FIRST, _RUN, read, re.compile("\\d[\ufe0f\u20e3]")),)


def _number(number: re.Match[str], tag: str) -> str:
    say = spell.ordinal if number[2] else spell.cardinal
    return say(int(number[1]), tag)


@lru_cache(maxsize=16)
def _names(language: str) -> dict[str, str]:
    """Return names by emoji, without what is not said of either."""
    emoji.config.load_language(language)
    return {
        _UNSAID.sub("", one): _UNSAID.sub("", names[language].strip(":")).replace("_", " ").strip()
        for one, names in emoji.EMOJI_DATA.items()
        if language in names and not re.search(_TONE, one)
    }
