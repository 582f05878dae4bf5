"""Lexicons in JSON: what is meant is read, what cannot be used is named, what is written is read again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from stentor.errors import InvalidLexicon
from stentor.lexicons.form import (
    EntryForm,
    LexiconForm,
    checked_identity,
    count_words,
    identity_from,
    json_from_lexicon,
    lexicon_object,
)
from stentor.text.lexicon import MOST_WORDS, Entry, Lexicon


def read(value: Any) -> Lexicon:
    return LexiconForm.model_validate(value).lexicon("one")


def entries(*given: Any) -> tuple[Entry, ...]:
    return read({"entries": list(given)}).entries


def test_every_field_is_read() -> None:
    form = {
        "id": "ignored here",
        "name": "Our products",
        "language": "en_GB",
        "voices": ["alloy", "nova"],
        "enabled": False,
        "entries": [
            {"word": " SQL ", "alias": "sequel", "ipa": "/ˈsiːkwəl/"},
            {"words": ["colour", "color", "colour"], "alias": "hue", "language": "English"},
        ],
    }
    assert read(form) == Lexicon(
        "one",
        "Our products",
        (Entry(("SQL",), "sequel", "ˈsiːkwəl"), Entry(("colour", "color"), "hue", None, "en")),
        "en-GB",
        ("alloy", "nova"),
        enabled=False,
    )


def test_what_is_left_out_has_its_default() -> None:
    assert read({"entries": []}) == Lexicon("one", "one")


@pytest.mark.parametrize(
    "value",
    [
        {"SQL": "sequel", "GIF": "jif"},
        {"entries": {"SQL": "sequel", "GIF": "jif"}},
        {"entries": [{"word": "SQL", "alias": "sequel"}, {"words": ["GIF"], "alias": "jif"}]},
    ],
)
def test_words_and_aliases_may_be_a_plain_object(value: Any) -> None:
    assert read(value).entries == (Entry(("SQL",), "sequel"), Entry(("GIF",), "jif"))


@pytest.mark.parametrize(
    ("entry", "sentence", "param"),
    [
        ({"alias": "a"}, "`entries.0` must have either `word` or `words`.", "entries.0"),
        ({"word": "a", "words": ["b"], "alias": "a"}, "must have either `word` or `words`.", "entries.0"),
        ({"word": "a"}, "`entries.0` must have an `alias` or an `ipa`.", "entries.0"),
        ({"word": " ", "alias": "a"}, "`entries.0.word`: A word must not be empty.", "entries.0.word"),
        (
            {"words": ["a", "b\n\x00"], "alias": "a"},
            "`entries.0.words.1`: A word must not hold",
            "entries.0.words.1",
        ),
        ({"word": "a", "alias": "."}, "`entries.0.alias`: An alias must have something", "entries.0.alias"),
        ({"word": "a", "ipa": "7"}, "`entries.0.ipa`: '7' (U+0037), character 1", "entries.0.ipa"),
        ({"word": "a", "ipa": "a", "language": "?"}, "`entries.0.language`: '?' is no", "entries.0.language"),
    ],
)
def test_what_cannot_be_used_is_named(entry: Any, sentence: str, param: str) -> None:
    with pytest.raises(InvalidLexicon) as refused:
        entries(entry)
    assert sentence in refused.value.message
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({}, ("entries",)),
        ({"name": "x"}, ("entries",)),
        ({"SQL": 1}, ("entries",)),
        ({"entries": "x"}, ("entries",)),
        ({"entries": {"SQL": 1}}, ("entries", 0, "alias")),
        ({"entries": [], "colour": "x"}, ("colour",)),
        ({"entries": [], "enabled": "yes"}, ("enabled",)),
        ({"entries": [], "name": ""}, ("name",)),
        ({"entries": [], "voices": [""]}, ("voices", 0)),
        ({"entries": [], "voices": ["x"] * 101}, ("voices",)),
        ({"entries": [{"word": "a", "alias": "b"}] * (MOST_WORDS + 1)}, ("entries",)),
        ({"entries": [{"word": "a", "alias": "b"}] * 1234 + [{"word": 5}] * 99}, ("entries", 1234, "word")),
        ({"entries": [{"words": [], "alias": "b"}]}, ("entries", 0, "words")),
        ({"entries": [{"word": "a", "phoneme": "b"}]}, ("entries", 0, "phoneme")),
        ([], ()),
        ("x", ()),
    ],
)
def test_what_has_another_form_is_refused(value: Any, place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        LexiconForm.model_validate(value)
    assert refused.value.errors()[0]["loc"] == place


def test_the_first_of_many_faults_is_enough() -> None:
    with pytest.raises(ValidationError) as refused:
        LexiconForm.model_validate({"entries": [5] * MOST_WORDS})
    assert refused.value.error_count() == 1


def test_many_entries_keep_their_order() -> None:
    words = {f"w{number}": "x" for number in range(1234)}
    assert [entry.graphemes[0] for entry in read(words).entries] == list(words)


def test_words_are_counted_not_entries() -> None:
    many = [{"words": [f"w{number}" for number in range(5001)], "alias": "a"}] * 2
    with pytest.raises(InvalidLexicon, match=r"at most 10,000 words"):
        read({"entries": many})
    assert count_words([Entry(("a", "b"), "c"), Entry(("d",), "e")]) == 3


@pytest.mark.parametrize(
    ("name", "identity"),
    [
        ("Our Products", "our-products"),
        ("  Änderungen (2026) ", "anderungen-2026"),
        ("../../etc/passwd", "etc-passwd"),
        ("x" * 99, "x" * 64),
        ("CON", "con"),
    ],
)
def test_an_id_is_made_of_a_name(name: str, identity: str) -> None:
    assert identity_from(name) == identity


@given(st.text(max_size=100))
def test_every_name_makes_an_id(name: str) -> None:
    assert checked_identity(identity_from(name)) == identity_from(name)


def test_names_in_other_scripts_make_different_ids() -> None:
    assert len({identity_from(name) for name in ("製品", "人名", "🙂")}) == 3


@pytest.mark.parametrize(
    "identity", ["", "A", "-a", "_a", "a/b", "..", "a.json", "a\n", "é", "a" * 65, "a b", "a\x00", "test"]
)
def test_what_could_be_a_path_is_no_id(identity: str) -> None:
    with pytest.raises(InvalidLexicon, match="cannot be a lexicon's id"):
        checked_identity(identity)


WORDS = st.sampled_from(["SQL", "New York", 'say "hi"', "東京", "a\\b", "🙂"])
ENTRIES = st.builds(
    Entry,
    st.lists(WORDS, min_size=1, max_size=3, unique=True).map(tuple),
    st.sampled_from(["sequel", "é", 'a "b"']),
    st.sampled_from([None, "ˈsiːkwəl", "ç"]),
    st.sampled_from([None, "de", "en-GB"]),
)
LEXICONS = st.builds(
    Lexicon,
    st.just("one"),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    st.lists(ENTRIES, max_size=4).map(tuple),
    st.sampled_from([None, "en"]),
    st.none() | st.lists(st.sampled_from(["alloy", "é"]), max_size=2).map(tuple),
    st.booleans(),
)


@given(LEXICONS)
def test_what_is_written_is_read_again(lexicon: Lexicon) -> None:
    assert read(json.loads(json_from_lexicon(lexicon))) == lexicon
    assert read(json.loads(json.dumps(lexicon_object(lexicon)))) == lexicon


def test_a_file_has_an_entry_in_a_line() -> None:
    lexicon = Lexicon("one", "One", (Entry(("a",), "b"), Entry(("c", "d"), "é")))
    assert json_from_lexicon(lexicon).splitlines()[1:] == [
        '  {"word": "a", "alias": "b"},',
        '  {"words": ["c", "d"], "alias": "é"}',
        "]}",
    ]


def test_the_schema_allows_both_forms_of_entries() -> None:
    schema = LexiconForm.model_json_schema()["properties"]["entries"]
    assert [choice["type"] for choice in schema["anyOf"]] == ["array", "object"]
    assert EntryForm.model_json_schema()["additionalProperties"] is False
