from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort
from tests.text.normalize.readings import TEXTS, check_promises, said

from stentor.text.normalize import Switches, language_of, normalize
from stentor.text.normalize.rules import apply

_GOLDEN = Path(__file__).parents[2] / "golden" / "english.tsv"
ROWS = [
    (tag, written, spoken)
    for line in _GOLDEN.read_text("utf-8").splitlines()
    if line.startswith("en-")
    for tag, written, spoken in [line.split("\t")]
]

# Pieces that English has rules for, so that generated texts meet them in every order.
_PIECES = [
    *"""
    $ £ € US$ 5 1 12 2024 1984 90s '90s 1st 2nd 3/4 1/2 12/25/2024 5-10 1.5 1,234 .5 3:30 15:45 pm a.m.
    PM kg km/h °C % m² 5'10" GB x × GPT-4 A4 MP3 covid19 v1.2.3 192.168.1.1 555-1234 +1 (555) 123-4567
    ext. Jan. January May Dr. St. No. p. vs. etc. e.g. Mr Henry VIII II I War Chapter & + = # @ ~ < > →
    ™ © * ** _ ` [ ] ( ) ! | https://x.y/z www.a.com john@doe.com main.py 😀 👍🏽 🇩🇪 1️⃣ ½ ² ₂ ① – — - . ,
    : ; / ' " million bn k M the in a since Smith
    """.split(),
    " ",
    " ",
    "\n",
]
_ENGLISH = st.lists(st.sampled_from(_PIECES) | st.text(max_size=2), max_size=14)
_TEXTS = TEXTS | _ENGLISH.map("".join) | _ENGLISH.map(" ".join)


@pytest.mark.parametrize(("tag", "written", "spoken"), ROWS, ids=[f"{tag}: {row}" for tag, row, _ in ROWS])
def test_what_is_written_is_said_in_words(tag: str, written: str, spoken: str) -> None:
    assert said(written, tag) == spoken


def test_the_golden_file_is_whole() -> None:
    assert len(ROWS) > 350


@pytest.mark.parametrize(("tag", "spoken"), sorted({(tag, spoken) for tag, _, spoken in ROWS}))
def test_what_is_said_needs_no_more_reading(tag: str, spoken: str) -> None:
    assert said(spoken, tag) == spoken


@given(_TEXTS)
def test_no_digit_is_left_in_any_text(text: str) -> None:
    check_promises(text, "en-US")


@given(_TEXTS | _ENGLISH.map(lambda pieces: " ".join(filter(str.isalpha, pieces)) + "."))
def test_a_quick_look_misses_nothing(text: str) -> None:
    english = language_of("en-US")
    assert english is not None
    everywhere = replace(english, quick=re.compile(""))
    assert apply(english, text, Switches(), ()) == apply(everywhere, text, Switches(), ())


@given(_TEXTS, st.data())
def test_what_is_taken_stays(text: str, data: st.DataObject) -> None:
    bounds = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    taken = [(start, end) for start, end in zip(bounds[::2], bounds[1::2], strict=False) if start < end]
    for edit in normalize(text, "en-GB", Switches(), taken):
        assert all(edit.end <= start or end <= edit.start for start, end in taken)


@pytest.mark.parametrize(
    ("off", "written"),
    [
        ("numbers", "5 apples, -5, 1,234.5, 1/2, 5-10, 10k, GPT-4, 3.11.4, 192.168.1.1, Henry VIII"),
        ("ordinals", "the 1st, 2nd and 101st"),
        ("currency", "$25, €1.50, 25 USD, $5-10, 99¢ and $1.5 million"),
        ("dates", "Jan. 5th, 2024, 12/25/2024, 2024-01-05, in 1984, the 1990s, '90s and 1984–89"),
        ("times", "3:30pm, 15:45, 10 a.m. and 3-5pm"),
        ("units", "5 kg, 50%, 30°C, 5'10\", 10 x 15 cm and 2h30"),
        ("telephones", "+1 (555) 123-4567, 555-1234"),
        ("urls", "https://example.com/a1 and example.com"),
        ("emails", "john.doe1@example.com"),
        ("emoji", "👍 and 🇩🇪"),
        ("markdown", "a **bold** [link](here)"),
        ("abbreviations", "Dr. Smith, etc. and w/o"),
        ("symbols", "AT&T + C# = → ™"),
    ],
)
def test_what_is_switched_off_stays_as_it_is_written(off: str, written: str) -> None:
    assert said(written, "en-US", Switches(**{off: False})) == written
    assert said(written, "en-US") != written


_HOSTILE = [
    *"""
    $ ( 1-1- 1.1. http:// http://a @ a@b. 1111111111 1,111, 1,111,11 x11,111, GPT-A.1,111, a- a1 a. A.
    e.g. Dr. 1st 1st- 3pm- 12:00- $1- $1.5m 5'10" 1½ 1/2- v1. 0x 1e1 1x +1 (555) 1984- '1 🇩 👍‍ 👍🏽 1️⃣ *
    ** _ ` [ [a]( ]( ![ <b <!-- | \\ &amp; # ~ <1 2* 2^ 2" "2 a.com a.1/( www.# ٣ 1' ² ₂ &
    """.split(),
    *(
        "1 ",
        "Jan 5 ",
        "5 Jan ",
        "Henry I ",
        "5 Main St. ",
        "1234 1234 ",
        "in 1984 ",
        "# a\n",
        "- a\n",
        "|a|b|\n",
    ),
]


@pytest.mark.parametrize("unit", _HOSTILE)
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "en-US", Switches()), unit) < 3
