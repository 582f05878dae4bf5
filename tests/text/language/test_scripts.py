"""Which script a letter and a language have."""

from __future__ import annotations

import re
import unicodedata

import pytest

from stentor.text.language.scripts import (
    LETTERS,
    SUGGESTED,
    letters,
    primary,
    script_of,
    scripts_of,
    suggested,
)


@pytest.mark.parametrize(
    ("tag", "scripts"),
    [
        ("en", ("latin",)), ("de-CH", ("latin",)), ("xx", ("latin",)), ("ru", ("cyrillic",)),
        ("uk_UA", ("cyrillic",)),
        ("zh", ("han",)), ("cmn", ("han",)), ("zh-Hant-TW", ("han",)), ("zh-Latn", ("latin",)),
        ("ko", ("hangul", "han")),
        ("ja", ("kana", "han")), ("sr", ("cyrillic", "latin")), ("sr-Latn", ("latin",)),
        ("sr-Cyrl-RS", ("cyrillic",)),
        ("iw", ("hebrew",)), ("HI", ("devanagari",)),
    ],
)  # fmt: skip
def test_a_language_is_written_in_its_scripts(tag: str, scripts: tuple[str, ...]) -> None:
    assert scripts_of(tag) == scripts


@pytest.mark.parametrize(
    ("tag", "language"), [("en-GB", "en"), ("PT_br", "pt"), ("cmn-Hans", "zh"), ("no", "nb")]
)
def test_a_tag_begins_with_its_language(tag: str, language: str) -> None:
    assert primary(tag) == language


@pytest.mark.parametrize("script", [script for script in LETTERS if script not in ("han", "kana", "odia")])
def test_letters_are_where_unicode_has_them(script: str) -> None:
    """Unicode names its letters by their script."""
    name = {"burmese": "MYANMAR"}.get(script, script.upper())
    found = re.findall(f"[{letters((script,))}]", "".join(map(chr, range(0x2FFF))))
    named = [letter for letter in found if name in unicodedata.name(letter, name)]
    assert len(named) >= 0.98 * len(found) > 0
    assert all(script_of(letter) == script for letter in found)


@pytest.mark.parametrize("sign", ["1", " ", ".", "।", "€", "👍", "\u0301", "，"])
def test_a_sign_has_no_script(sign: str) -> None:
    assert script_of(sign) is None


@pytest.mark.parametrize(
    ("script", "text", "language"),
    [
        ("cyrillic", "Привет", "ru"), ("cyrillic", "Київ", "uk"), ("cyrillic", "ўсё", "be"),
        ("cyrillic", "љубав", "sr"),
        ("arabic", "مرحبا", "ar"), ("arabic", "چطور", "fa"), ("arabic", "ہے", "ur"), ("han", "你好", "zh"),
        ("han", "係咗", "yue"),
    ],
)  # fmt: skip
def test_some_letters_tell_the_language(script: str, text: str, language: str) -> None:
    assert suggested(script, set(text)) == language


def test_every_script_but_latin_suggests_a_language_that_is_written_in_it() -> None:
    assert set(LETTERS) - set(SUGGESTED) == {"latin"}
    assert all(script in scripts_of(language) for script, language in SUGGESTED.items())
