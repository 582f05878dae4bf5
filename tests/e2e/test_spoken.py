"""What is written is heard as it is read: a recognizer picks the right reading among wrong ones."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.e2e.server import Server
from tests.ear import RATE, Ear
from tests.hearing import decode


@dataclass(frozen=True)
class Reading:
    """A text, how it is read, and how it might be read wrongly."""

    written: str
    right: str
    wrong: tuple[str, ...]


READINGS = (
    Reading(
        "It costs $25.",
        "it costs twenty five dollars",
        ("it costs dollar twenty five", "it costs twenty five", "it costs two five dollars"),
    ),
    Reading(
        "Pay £3.20 & go.",
        "pay three pounds and twenty pence and go",
        ("pay three pounds and go", "pay three point two zero and go", "pay three dollars and go"),
    ),
    Reading(
        "We sat in No. 7.",
        "we sat in number seven",
        ("we sat in no seven", "we sat in north seven", "we sat in number eleven"),
    ),
    Reading(
        "Come at 3:30 pm.",
        "come at three thirty p m",
        ("come at three thirty", "come at three colon thirty p m", "come at three hundred thirty p m"),
    ),
    Reading(
        "Bring 5 kg of rice.",
        "bring five kilograms of rice",
        ("bring five k g of rice", "bring five grams of rice", "bring five kilometers of rice"),
    ),
    Reading(
        "He ran 10 km/h.",
        "he ran ten kilometers per hour",
        ("he ran ten k m h", "he ran ten kilometers", "he ran ten miles per hour"),
    ),
    Reading(
        "It is 20°C outside.",
        "it is twenty degrees celsius outside",
        ("it is twenty c outside", "it is twenty degrees outside", "it is twenty degrees fahrenheit outside"),
    ),
    Reading(
        "The 2nd train is late.",
        "the second train is late",
        ("the two train is late", "the two n d train is late", "the two and train is late"),
    ),
    Reading(
        "We meet on March 3.",
        "we meet on march third",
        ("we meet on march three", "we meet on march", "we meet on march thirteenth"),
    ),
    Reading(
        "About 50% of them left.",
        "about fifty percent of them left",
        ("about fifty of them left", "about five percent of them left", "about five zero of them left"),
    ),
    Reading(
        "She was born in 1984.",
        "she was born in nineteen eighty four",
        (
            "she was born in one thousand nine hundred eighty four",
            "she was born in one nine eight four",
            "she was born in nineteen hundred four",
        ),
    ),
    Reading(
        "The 1990s were loud.",
        "the nineteen nineties were loud",
        ("the one thousand nine hundred ninety were loud", "the nineteen ninety s were loud"),
    ),
    Reading(
        "There were 1,250 people.",
        "there were one thousand two hundred fifty people",
        (
            "there were one two fifty people",
            "there were twelve fifty people",
            "there were one point two five zero people",
        ),
    ),
    Reading(
        "The price is 2.5 million.",
        "the price is two point five million",
        (
            "the price is two five million",
            "the price is twenty five million",
            "the price is two million five",
        ),
    ),
    Reading(
        "It was -5 degrees.",
        "it was minus five degrees",
        ("it was five degrees", "it was to five degrees", "it was nine degrees"),
    ),
    Reading(
        "Add 1/2 cup of milk.",
        "add one half cup of milk",
        ("add one slash two cup of milk", "add one two cup of milk", "add twelve cup of milk"),
    ),
    Reading(
        "They won 3-1 at home.",
        "they won three to one at home",
        ("they won three minus one at home", "they won three one at home", "they won thirty one at home"),
    ),
    Reading(
        "Call 555-0123 now.",
        "call five five five zero one two three now",
        (
            "call five hundred fifty five one hundred twenty three now",
            "call fifty five zero one twenty three now",
            "call five fifty five minus one two three now",
        ),
    ),
    Reading(
        "Dr. Smith is here.",
        "doctor smith is here",
        ("drive smith is here", "d r smith is here", "smith is here"),
    ),
    Reading(
        "He lives on Hill Dr. now.",
        "he lives on hill drive now",
        ("he lives on hill doctor now", "he lives on hill d r now"),
    ),
    Reading(
        "Chapter IV is short.",
        "chapter four is short",
        ("chapter i v is short", "chapter five is short", "chapter six is short"),
    ),
    Reading(
        "Write to bob@mail.com today.",
        "write to bob at mail dot com today",
        ("write to bob mail com today", "write to bob mail dot com today", "write to bob at mail com today"),
    ),
    Reading(
        "This is **very** good.",
        "this is very good",
        ("this is star very star good", "this is good", "this is very very good"),
    ),
    Reading(
        "Read [the book](http://x.org/a) first.",
        "read the book first",
        ("read the book http x dot org first", "read book first", "read the first"),
    ),
)


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.written)
def test_what_is_written_is_heard_as_it_is_read(server: Server, ear: Ear, reading: Reading) -> None:
    answer = server.speak(reading.written, voice="en-US", response_format="wav", sample_rate=RATE)
    assert answer.status_code == 200, answer.text
    sound = decode(answer.content, "wav", RATE)
    assert ear.hears(sound, [*reading.wrong, reading.right]) == reading.right


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: reading.written)
def test_the_ear_can_tell_the_wrong_readings(server: Server, ear: Ear, reading: Reading) -> None:
    """The other test means something only if each of them, spoken, is heard as it is."""
    for said in reading.wrong:
        answer = server.speak(
            f"{said.capitalize()}.", voice="en-US", response_format="wav", sample_rate=RATE, normalize=False
        )
        assert (
            ear.hears(decode(answer.content, "wav", RATE), [reading.right, *reading.wrong]) != reading.right
        )
