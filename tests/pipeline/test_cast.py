"""Who speaks what."""

from __future__ import annotations

import threading
from collections.abc import Collection
from typing import Any

import pytest
from tests.fakes import ScriptedEngine

from stentor.engines import Capabilities
from stentor.engines.espeak import EspeakEngine
from stentor.errors import UnknownVoice
from stentor.pipeline import cast as cast_module
from stentor.pipeline.cast import Cast, Casting
from stentor.pipeline.request import Part, SpeechRequest
from stentor.text.lexicon import Entry
from stentor.text.script import Item, Manner, Phonemes, Words
from stentor.voices.aliases import VoiceMap
from stentor.voices.catalog import Catalog


class Told:
    """A detector that answers what it was told to."""

    def __init__(self, answer: str | None, *, at_once: bool = False) -> None:
        self._answer = answer
        self._at_once = at_once

    def quick(self, text: str, among: Collection[str]) -> str | None:
        return self._answer if self._at_once else None

    async def detect(self, text: str, among: Collection[str]) -> str | None:
        return self._answer


def able(
    name: str = "scripted", voices: tuple[str, ...] = ("one", "two"), **abilities: Any
) -> ScriptedEngine:
    abilities = {"languages": ("en",), **abilities}
    return ScriptedEngine(
        name=name,
        voices=voices,
        languages=abilities["languages"],
        capabilities=Capabilities(sample_rate=24_000, **abilities),
    )


async def cast_of(*engines: Any, detected: str | None = None, **asked: Any) -> Cast:
    catalog = Catalog({engine.name: engine for engine in engines}, engines[0].name, VoiceMap({}, None))
    request = SpeechRequest(**{"text": "", "model": "tts-1", "voice": "one", **asked})
    return await Casting(catalog, None, Told(detected)).cast(request, "Text.", engines)  # type: ignore[arg-type]


def run(text: str, manner: Manner | None = None, reading: Any = None) -> Words:
    return Words(text, 0, len(text), manner or Manner(), reading)


async def assigned(cast: Cast, *items: Item) -> list[Words]:
    return [item for item in await cast.assign(items) if isinstance(item, Words)]


async def test_a_language_is_loaded_once_and_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: dict[str, bool] = {}

    def prepare(tag: str) -> None:
        assert tag not in loaded
        loaded[tag] = threading.current_thread() is not threading.main_thread()

    monkeypatch.setattr(cast_module, "prepare", prepare)
    engine = able(languages=("en", "de", "xx"))
    casting = Casting(Catalog({engine.name: engine}, engine.name, VoiceMap({}, None)))
    for language in ("de-AT", None, "xx", "en", "de"):
        cast = await casting.cast(SpeechRequest("", "tts-1", "one", language=language), "", [engine])
        assert cast.lead.language == language
    assert loaded == {"de-AT": True, "en": True}


async def test_the_voice_of_the_request_leads() -> None:
    cast = await cast_of(able())
    assert (cast.lead.name, cast.lead.voice.id, cast.lead.engine.name) == ("one", "one", "scripted")
    assert cast.role(Manner()) is cast.lead
    assert cast.warnings == ()


async def test_a_voice_in_markup_has_a_role_of_its_own() -> None:
    cast = await cast_of(able(), able("other", ("deep",)))
    [words] = await assigned(cast, run("Hello.", Manner(voice="deep")))
    role = cast.role(words.manner)
    assert (role.voice.id, role.engine.name) == ("deep", "other")
    assert [engine.name for engine in cast.engines] == ["scripted", "other"]


async def test_an_unknown_voice_in_markup_is_refused() -> None:
    cast = await cast_of(able())
    with pytest.raises(UnknownVoice, match=r"'nobody' here\. `stentor voices`"):
        await cast.assign([run("Hello.", Manner(voice="nobody"))])


async def test_an_unknown_voice_is_told_with_its_place() -> None:
    cast = await cast_of(able(), text="Hi.\n[voice:on] Hello.")
    with pytest.raises(UnknownVoice) as caught:
        await cast.assign([Words("Hello.", 15, 21, Manner(voice="on"))])
    assert caught.value.message.startswith(
        "There is no voice 'on' here (for what stands at line 2, column 12 of `input`). Did you mean one?"
    )
    assert caught.value.param == "input"


@pytest.mark.parametrize(
    ("voice", "place", "param"),
    [
        ("ben", "`input.1.voice`", "input.1.voice"),
        ("ann", "line 1, column 3 of `input.1.text`", "input.1.text"),
    ],
)
async def test_an_unknown_voice_in_a_part_is_told_with_the_part(voice: str, place: str, param: str) -> None:
    cast = await cast_of(able(), text="One.Two.", parts=(Part(0, 4, "one"), Part(4, 8, "ben")))
    with pytest.raises(UnknownVoice) as caught:
        await cast.assign([Words("o.", 6, 8, Manner(voice=voice))])
    assert place in caught.value.message
    assert caught.value.param == param


async def test_a_word_with_sounds_alone_is_told_of_once_where_no_engine_takes_them() -> None:
    entries = (Entry(("SQL",), ipa="ˈsiːkwəl"), Entry(("GIF",), alias="jif", ipa="dʒɪf"))
    cast = await cast_of(able(), lexicon=entries)
    await cast.assign([run("No word of it. GIF.")])
    assert not cast.warnings
    await cast.assign([run("SQL and SQL."), run("MySQL, SQL.")])
    assert cast.warnings == ("pronunciations were ignored: the engine scripted takes none",)
    takes = await cast_of(able(phonemes=True), lexicon=entries)
    await takes.assign([run("SQL.")])
    assert takes.warnings == ()


async def test_no_more_than_a_beginning_is_looked_at_for_such_words() -> None:
    cast = await cast_of(able(), lexicon=(Entry(("SQL",), ipa="ˈsiːkwəl"),))
    await cast.assign([run("a " * 10_000), run("SQL.")])
    assert cast.warnings == ()


async def test_a_language_in_markup_moves_the_voice_to_it() -> None:
    cast = await cast_of(EspeakEngine(), voice="alloy")
    [words] = await assigned(cast, run("Guten Tag.", Manner(language="de")))
    assert cast.role(words.manner).voice.id == "de+f3"
    assert cast.role(words.manner).rules.language == "de"
    assert cast.warnings == ()


async def test_a_language_that_the_voice_does_not_speak_is_a_warning() -> None:
    cast = await cast_of(able())
    await cast.assign([run("Guten Tag.", Manner(language="de"))])
    assert cast.warnings == ("`language` was ignored: one of the engine scripted does not speak 'de'",)


async def test_a_language_that_is_ignored_puts_nothing_into_words() -> None:
    cast = await cast_of(able(languages=("de",)), voice="one", language="fr")
    assert (cast.lead.language, cast.lead.rules.language) == (None, "de")
    assert len(cast.warnings) == 1


async def test_text_in_another_script_is_spoken_in_its_language() -> None:
    cast = await cast_of(EspeakEngine(), voice="alloy")
    words = await assigned(cast, run("Moscow is Москва in Russian."))
    assert [(item.text.strip(), cast.role(item.manner).voice.id) for item in words] == [
        ("Moscow is", "en-US+f3"), ("Москва", "ru+f3"), ("in Russian.", "en-US+f3"),
    ]  # fmt: skip
    assert "".join(item.text for item in words) == "Moscow is Москва in Russian."
    assert [(item.start, item.end) for item in words] == [(0, 10), (10, 17), (17, 28)]


async def test_the_language_is_told_from_the_text() -> None:
    cast = await cast_of(EspeakEngine(), detected="de", voice="nova")
    assert (cast.lead.voice.id, cast.lead.language) == ("de+f2", "de")


async def test_a_language_in_the_request_counts_more_than_the_text() -> None:
    cast = await cast_of(EspeakEngine(), detected="de", voice="nova", language="fr")
    assert cast.lead.voice.id == "fr-FR+f2"


async def test_a_voice_of_one_language_keeps_it() -> None:
    cast = await cast_of(EspeakEngine(), detected="de", voice="en-GB")
    assert (cast.lead.voice.id, cast.lead.language) == ("en-GB", None)


async def test_a_voice_of_several_languages_speaks_the_one_that_was_told() -> None:
    cast = await cast_of(able(languages=("en", "de", "fr")), detected="de")
    assert cast.lead.language == "de"


async def test_the_voice_s_own_language_needs_no_mention() -> None:
    cast = await cast_of(EspeakEngine(), detected="en", voice="fable")
    assert (cast.lead.voice.id, cast.lead.language) == ("en-GB", None)


@pytest.mark.parametrize(
    ("manner", "warning"),
    [
        (Manner(style="happy"), "the style happy was ignored: the engine scripted cannot speak so"),
        (Manner(emphasis="strong"), "emphasis was ignored: the engine scripted cannot emphasise"),
        (Manner(pitch=3.0), "the pitch was limited to +0 semitones, as far as the engine scripted goes"),
        (Manner(rate=9.0), "the rate was limited: speech is 0.25 to 4 times as fast as normal"),
    ],
)
async def test_what_the_engine_cannot_do_is_warned_of_once(manner: Manner, warning: str) -> None:
    cast = await cast_of(able())
    words = await assigned(cast, run("Hello.", manner), run("Again.", manner))
    assert cast.warnings == (warning,)
    assert {(item.manner.style, item.manner.emphasis, item.manner.pitch) for item in words} == {
        (None, None, 0)
    }


async def test_what_the_engine_can_do_stays() -> None:
    manner = Manner(style="happy", emphasis="strong", pitch=3.0, rate=2.0)
    cast = await cast_of(able(styles=("happy",), emphasis=True, pitch=(-4.0, 4.0)))
    [words] = await assigned(cast, run("Hello.", manner))
    assert words.manner == manner
    assert cast.warnings == ()


async def test_a_pitch_is_limited_to_what_the_engine_reaches() -> None:
    cast = await cast_of(able(pitch=(-4.0, 4.0)))
    [words] = await assigned(cast, run("Hello.", Manner(pitch=-9.0)))
    assert words.manner.pitch == -4.0


async def test_neutral_is_what_every_engine_can_do() -> None:
    cast = await cast_of(able())
    await cast.assign([run("Hello.", Manner(style="neutral"))])
    assert cast.warnings == ()


async def test_the_style_of_the_request_holds_where_there_is_no_other() -> None:
    cast = await cast_of(able(styles=("happy", "sad")), style="sad")
    words = await assigned(cast, run("Hello."), run("Hello.", Manner(style="happy")))
    assert [item.manner.style for item in words] == ["sad", "happy"]


async def test_pronunciations_for_an_engine_that_takes_none_are_warned_of() -> None:
    cast = await cast_of(able())
    await cast.assign([run("tomato", None, Phonemes("təˈmɑːtəʊ"))])
    assert cast.warnings == ("pronunciations were ignored: the engine scripted takes none",)


async def test_so_many_warnings_are_told_that_a_header_can_hold_them() -> None:
    cast = await cast_of(able())
    await cast.assign([
        run("a", Manner(language=f"q{first}{second}")) for first in "abcde" for second in "abcde"
    ])
    assert len(cast.warnings) == 21
    assert cast.warnings[0].endswith("'qaa'")
    assert cast.warnings[-1] == "and 5 more"


async def test_a_language_may_become_clear_while_text_arrives() -> None:
    cast = await cast_of(EspeakEngine(), voice="nova")
    assert cast.lead.voice.id == "en-US+f2"
    assert not await cast.hear("Ich")
    cast._casting.detector = Told("de", at_once=True)  # type: ignore[assignment]
    assert await cast.hear("Ich weiß es nicht.")
    assert cast.lead.voice.id == "de+f2"


async def test_who_was_given_words_still_speaks_them_when_the_language_becomes_clear() -> None:
    cast = await cast_of(EspeakEngine(), voice="nova")
    (waiting,) = await assigned(cast, run("Ok", Manner(voice="onyx")))
    cast._casting.detector = Told("de", at_once=True)  # type: ignore[assignment]
    await cast.hear("Ok ich weiß es nicht.")
    role = cast.role(waiting.manner)
    assert (role.name, role.voice.languages[0]) == ("onyx", "de")


async def test_a_language_that_was_asked_for_is_clear() -> None:
    cast = await cast_of(EspeakEngine(), voice="nova", language="fr", detected="de")
    assert await cast.hear("Ich weiß es nicht.")
    assert cast.lead.voice.id == "fr-FR+f2"
