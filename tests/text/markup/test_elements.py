"""What each element means, by itself."""

from __future__ import annotations

import math

import pytest

from stentor.text.markup.elements import Element, Meaning, meaning
from stentor.text.script import Break, Manner, Phonemes, SayAs


def understood(
    name: str, manner: Manner | None = None, /, **attributes: str
) -> tuple[Meaning | None, list[str]]:
    """Return what an element means, and the complaints."""
    complaints: list[str] = []

    def complain(phrase: str, written: str = "") -> None:
        complaints.append(phrase.replace("{}", written))

    written = {key.replace("__", ":").replace("_", "-"): value for key, value in attributes.items()}
    return meaning(Element(name, written, complain), manner or Manner()), complaints


def test_an_element_that_is_not_known_means_nothing() -> None:
    assert understood("blink", a="b") == (None, [])


@pytest.mark.parametrize(
    ("name", "attributes", "found"),
    [
        ("p", {}, Meaning(Manner(), follows=Break.PARAGRAPH)),
        ("s", {"xml__lang": "de"}, Meaning(Manner(language="de"), follows=Break.SENTENCE)),
        ("break", {"time": "0s", "strength": "strong"}, Meaning(Manner(), pause=0.0)),
        ("emphasis", {}, Meaning(Manner(emphasis="moderate"))),
        ("mark", {"name": " a "}, Meaning(Manner(), mark="a")),
        ("voice", {"name": "nova", "language": "fr"}, Meaning(Manner(voice="nova", language="fr"))),
        ("speak", {"version": "1.0", "xmlns__x": "y", "xml__id": "z"}, Meaning(Manner())),
        ("say-as", {"interpret_as": "date", "format": "yyyymmdd"}, Meaning(Manner(), SayAs("date", "ymd"))),
        ("phoneme", {"alphabet": "X-SAMPA", "ph": "A"}, Meaning(Manner(), Phonemes("ɑ"))),
    ],
)
def test_what_it_means(name: str, attributes: dict[str, str], found: Meaning) -> None:
    assert understood(name, None, **attributes) == (found, [])


def test_prosody_adds_to_what_is_around_it() -> None:
    outside = Manner(rate=2.0, pitch=-1.0, volume=-3.0, style="sad", emphasis="strong")
    found, complaints = understood("prosody", outside, rate="50%", pitch="+3st", volume="-3dB")
    assert found == Meaning(Manner(rate=1.0, pitch=2.0, volume=-6.0, style="sad", emphasis="strong"))
    assert complaints == []


def test_prosody_is_bounded_and_says_so() -> None:
    found, complaints = understood("prosody", None, rate="0%", pitch="-100%", volume="-90dB")
    assert found == Meaning(Manner(rate=0.1, pitch=-24, volume=-60))
    assert [complaint.partition(" ")[0] for complaint in complaints] == ["`rate`", "`pitch`", "`volume`"]


def test_silence_stays_silent() -> None:
    found, complaints = understood("prosody", Manner(volume=-math.inf), volume="+12dB")
    assert found == Meaning(Manner(volume=-math.inf))
    assert complaints == []


def test_no_emphasis_ends_emphasis() -> None:
    assert understood("emphasis", Manner(emphasis="strong"), level="none")[0] == Meaning(Manner())


@pytest.mark.parametrize(
    ("written", "format_"),
    [("dmy", "dmy"), ("MM/DD/YYYY", "mdy"), ("d.m.", "dm"), ("yyyy-mm", "ym"), ("y", "y")],
)
def test_formats_of_dates(written: str, format_: str) -> None:
    assert understood("say-as", None, interpret_as="date", format=written) == (
        Meaning(Manner(), SayAs("date", format_)), []
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "written"),
    [("date", "xyz"), ("date", "d" * 99), ("time", "hms"), ("digits", "1"), ("telephone", "x")],
)
def test_formats_that_are_not_known(kind: str, written: str) -> None:
    found, complaints = understood("say-as", None, interpret_as=kind, format=written)
    assert found == Meaning(Manner(), SayAs(kind))
    assert len(complaints) == 1


def test_each_attribute_without_effect_is_named() -> None:
    _, complaints = understood("voice", None, name="a", gender="female", age="3", xmlns="x")
    assert complaints == [
        "the attribute gender of `voice` was ignored",
        "the attribute age of `voice` was ignored",
    ]
