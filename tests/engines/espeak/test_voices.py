"""eSpeak NG's voices by the tags that callers use."""

from __future__ import annotations

import pytest

from stentor.engines.espeak import EspeakEngine
from stentor.engines.espeak.voices import LANGUAGES, OPENAI_VOICES, VoiceTable
from stentor.types import VoiceId
from stentor.voices.aliases import OPENAI_VOICES as OPENAI_NAMES

TABLE = VoiceTable()


def found(name: str, language: str | None = None) -> str | None:
    voice = TABLE.find(name, language)
    return voice.id if voice else None


@pytest.mark.parametrize(
    ("tag", "voice"),
    [
        ("en-GB", "en-GB"), ("en-US", "en-US"), ("de", "de"), ("yue", "yue"), ("pt-BR", "pt-BR"),
        # in any case, with either line
        ("EN_us", "en-US"), ("en-gb", "en-GB"), ("PT-br", "pt-BR"), ("es_419", "es-419"),
        # a longer tag falls back to its beginning
        ("de-AT", "de"), ("de-Latn-CH-1996", "de"), ("ja-JP", "ja"), ("fr-CA", "fr-FR"),
        ("zh-Hans-CN", "cmn"),
        # what the library calls otherwise
        ("en", "en-US"), ("en-uk", "en-GB"), ("en-AU", "en-GB"), ("en-IN", "en-GB"), ("zh", "cmn"),
        ("zh-CN", "cmn"), ("zh-HK", "yue"), ("fr", "fr-FR"), ("pt", "pt-PT"), ("no", "nb"), ("iw", "he"),
        ("es-ES", "es"), ("es-MX", "es-419"),
    ],
)  # fmt: skip
def test_a_tag_finds_its_voice(tag: str, voice: str) -> None:
    assert found(tag) == voice


@pytest.mark.parametrize(
    "name",
    [
        "", "+", "xx", "alloy", "-", "_", "english", "en-US+", "+f2", "en-US+nobody", "en-US+f2+f3", "xx+f2",
        "en-US+../../etc/passwd", "en-US+/etc/passwd", "en-US+..", "en-US+f2/../f3", "en-US+f2\0",
        "../en-US", "gmw/en-US", "/etc/passwd", "en US", "a" * 60_000,
    ],
    ids=lambda name: name[:30] or "empty",
)  # fmt: skip
def test_what_is_no_tag_and_no_timbre_is_nobody(name: str) -> None:
    """The library itself would take a variant's name as a path, and an unknown tag as the last voice."""
    assert found(name) is None


async def test_a_hostile_name_does_not_hold_the_event_loop() -> None:
    """As long as an address may be; the event-loop watch fails this test if it takes long."""
    assert await EspeakEngine().find_voice("-" * 60_000, None) is None


@pytest.mark.parametrize(
    ("name", "voice"),
    [
        ("en-GB+m3", "en-GB+m3"),
        ("EN_us+F2", "en-US+f2"),
        ("zh+annie", "cmn+Annie"),
        ("de+mr SERIOUS", "de+Mr serious"),
    ],
)
def test_a_timbre_belongs_to_any_voice_in_any_case(name: str, voice: str) -> None:
    assert found(name) == voice


@pytest.mark.parametrize(
    ("name", "language", "voice"),
    [
        ("en-US+f3", "de", "de+f3"),
        ("en-US+f3", "zh-CN", "cmn+f3"),
        ("en-US", "en-GB", "en-GB"),
        ("en-GB", "en", "en-GB"),  # covered: nobody asked for another accent
        ("en-GB", "EN_gb", "en-GB"),
        ("en-GB", "tlh", "en-GB"),  # unknown: the voice's own
        ("cmn", "zh", "cmn"),
        ("pt-BR", "pt", "pt-BR"),
        ("yue", "zh", "yue"),
    ],
)
def test_a_language_moves_the_timbre_unless_the_voice_speaks_it(name: str, language: str, voice: str) -> None:
    assert found(name, language) == voice


def test_every_voice_finds_itself_and_speaks_its_own_language() -> None:
    for voice in TABLE.voices:
        assert found(voice.id) == voice.id
        assert found(voice.id, voice.languages[0]) == voice.id
        assert voice.languages == (voice.id,)


def test_voices_have_names_and_no_two_the_same_id() -> None:
    ids = [voice.id.casefold() for voice in TABLE.voices]
    assert len(ids) == len(set(ids)) > 100
    assert all(voice.name and voice.engine == "espeak" for voice in TABLE.voices)
    assert set(LANGUAGES) == {voice.id for voice in TABLE.voices}


def test_all_of_openai_s_voices_are_here_and_differ() -> None:
    assert set(OPENAI_VOICES) == set(OPENAI_NAMES)
    assert len({found(name) for name in OPENAI_VOICES.values()}) == 13
    assert None not in {found(name) for name in OPENAI_VOICES.values()}


def test_a_timbre_says_what_the_library_calls_it() -> None:
    timbre = TABLE.timbre(VoiceId("en-GB+f2"))
    assert timbre is not None
    assert timbre.identifier == "gmw/en+f2"
    assert timbre is TABLE.timbre(VoiceId("en-GB+f2"))


@pytest.mark.parametrize("voice", ["", "xx", "EN-us", "en-US+F2", "en-US+../../etc/passwd", "gmw/en-US"])
def test_only_a_voice_s_exact_id_reaches_the_library(voice: str) -> None:
    assert TABLE.timbre(VoiceId(voice)) is None
