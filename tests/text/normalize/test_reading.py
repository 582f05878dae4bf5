from __future__ import annotations

import pytest
from tests.text.effort import effort
from tests.text.normalize.readings import HOSTILE, said

from stentor.text.normalize import Switches, normalize, say_as


@pytest.mark.parametrize(
    ("text", "kind", "format_", "language", "spoken"),
    [
        ("1.234", "cardinal", "", "de", "eintausendzweihundertvierunddreißig"),
        ("-7", "cardinal", "", "fr", "moins sept"),
        ("3.", "ordinal", "", "de", "dritte"),
        ("21º", "ordinal", "", "es", "vigésimo primero"),
        ("12 3", "digits", "", "it", "uno due tre"),
        ("A1-b", "characters", "", "de", "A eins Bindestrich b"),
        ("C+%", "verbatim", "", "fr", "C plus pour cent"),
        ("3.5.2024", "date", "dmy", "de", "dritter Mai zweitausendvierundzwanzig"),
        ("5/3", "date", "md", "fr", "trois mai"),
        ("2024-05-03", "date", "ymd", "pt", "três de maio de dois mil e vinte e quatro"),
        ("2024-05-03", "date", "", "zh", "二零二四年五月三日"),
        ("15:30", "time", "", "es", "quince y treinta"),
        ("+49 30 12", "telephone", "", "de", "plus vier neun, drei null, eins zwei"),
        ("555 12", "telephone", "", "ja", "五五五、一二"),
        ("5,50 €", "currency", "", "it", "cinque euro e cinquanta centesimi"),
        ("5 km", "unit", "", "hi", "पाँच किलोमीटर"),
        ("3/4", "fraction", "", "de", "drei Viertel"),
        ("³", "fraction", "", "de", "drei"),
    ],
)
def test_markup_tells_what_a_text_is(text: str, kind: str, format_: str, language: str, spoken: str) -> None:
    assert say_as(text, kind, format_, language) == spoken


@pytest.mark.parametrize(
    "kind", ["cardinal", "ordinal", "digits", "date", "time", "telephone", "currency", "unit"]
)
@pytest.mark.parametrize("text", ["", "x", "-", "no such thing"])
def test_what_is_no_such_thing_is_not_read(kind: str, text: str) -> None:
    assert say_as(text, kind, "", "de") is None


def test_a_day_that_does_not_exist_is_no_date() -> None:
    assert say_as("32.1.2024", "date", "dmy", "de") is None
    assert say_as("1.13.2024", "date", "dmy", "de") is None


@pytest.mark.parametrize(
    ("off", "written", "spoken"),
    [
        ("numbers", "5 Äpfel, 5 km", "5 Äpfel, fünf Kilometer"),
        ("currency", "5 €, 5 km", "5 €, fünf Kilometer"),
        ("units", "5 €, 5 km", "fünf Euro, 5 km"),
        ("dates", "am 3.5.2024 um 5", "am 3.5.2024 um fünf"),
        ("times", "um 15:30 Uhr, 5", "um 15:30 Uhr, fünf"),
        ("ordinals", "der 3. Platz, 5", "der 3. Platz, fünf"),
        ("telephones", "030 1234567, 5", "030 1234567, fünf"),
        ("abbreviations", "z. B. 5", "z. B. fünf"),
        ("symbols", "5 & 5", "fünf & fünf"),
        ("urls", "a.de 5", "a.de fünf"),
        ("emails", "a@b.de 5", "a@b.de fünf"),
        ("emoji", "😀 5", "😀 fünf"),
    ],
)
def test_what_is_switched_off_stays_as_it_is_written(off: str, written: str, spoken: str) -> None:
    assert said(written, "de", Switches(**{off: False})) == spoken


def test_prices_without_hundredths_are_read() -> None:
    assert said("5,– € und 1,-- Euro und 7,-", "de") == "fünf Euro und ein Euro und sieben"


def test_a_height_in_metres_is_told_in_metres_and_centimetres() -> None:
    assert said("1,80 m, 1,8 m, 1,80 m²", "fr") == (
        "un mètre quatre-vingts, un virgule huit mètre, un virgule quatre-vingts mètre carré"
    )


@pytest.mark.parametrize("unit", HOSTILE)
def test_reading_takes_linear_time(unit: str) -> None:
    assert effort(lambda text: normalize(text, "fr", Switches()), unit) < 3
