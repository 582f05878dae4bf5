from __future__ import annotations

import pytest
from tests.text.normalize.readings import said

from stentor.text.normalize.english.codes import telephone_in_words
from stentor.text.normalize.english.style import Style


def test_a_telephone_number_is_said_group_by_group() -> None:
    american, british = Style("en-US"), Style("en-GB")
    assert telephone_in_words("+1 555 0100", american) == "plus one, five five five, zero one zero zero"
    assert telephone_in_words("020 7946", british) == "oh two oh, seven nine four six"
    assert telephone_in_words("15551234567", american) == (
        "one, five five five, one two three, four five six seven"
    )
    assert telephone_in_words("555 1234 ext. 5", american).endswith(", extension five")


def test_pages_are_no_telephone_number() -> None:
    assert said("pages 100-1050", "en-US") == "pages one hundred to one thousand fifty"
    assert said("100-1000", "en-US") == "one hundred to one thousand"
    assert said("555-1234", "en-US") == "five five five, one two three four"


def test_emergency_numbers_are_called() -> None:
    assert said("Call 999 or", "en-GB") == "Call nine nine nine or"
    assert said("about 999 or", "en-GB") == "about nine hundred and ninety-nine or"


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("256.1.1.1", "two fifty-six point one point one point one"),
        ("127.0.0.1", "one two seven dot zero dot zero dot one"),
        ("v2", "version two"),
        ("Version v2.10 is", "Version two point ten is"),
        ("versions v2 and v3", "versions two and version three"),
        ("V8", "V eight"),
        ("1.234.567", "one million two hundred thirty-four thousand five hundred sixty-seven"),
        ("1.0.0", "one point zero point zero"),
        ("0xff", "hex F F"),
    ],
)
def test_addresses_of_machines_and_versions(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("A", "A"),
        ("A4", "A-four"),
        ("a A1.", "a A-one."),
        ("H264", "H two sixty-four"),
        ("ES2015", "ES twenty fifteen"),
        ("a1b2", "a one b two"),
        ("Q3's", "Q three's"),
        ("mid-1990s", "mid-nineteen nineties"),
        ("file1.txt", "file one dot TXT"),
        ("R0", "R zero"),
        ("B101", "B one oh one"),
    ],
)
def test_digits_on_letters(written: str, spoken: str) -> None:
    assert said(written, "en-US") == spoken
