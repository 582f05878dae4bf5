"""The voice a caller means, and the engine that has it."""

from __future__ import annotations

import pytest
from tests.fakes import ScriptedEngine

from stentor.engines import Engine
from stentor.errors import UnknownModel, UnknownVoice
from stentor.types import Voice
from stentor.voices.aliases import OPENAI_VOICES, VoiceMap
from stentor.voices.catalog import OPENAI_MODELS, Catalog


def catalog(*engines: ScriptedEngine, default: str | None = None, **names: str) -> Catalog:
    by_name = {engine.name: engine for engine in engines}
    return Catalog(by_name, default or engines[0].name, VoiceMap(names, None))


ONE = ScriptedEngine(name="first", voices=["ann", "ben"])
OTHER = ScriptedEngine(name="second", voices=["ben", "cleo"])


async def find(where: Catalog, voice: str, language: str | None) -> tuple[Engine, Voice]:
    return await where.find(where.candidates("tts-1"), voice, language)


async def found(where: Catalog, voice: str, model: str = "tts-1") -> tuple[str, str]:
    engine, meant = await where.find(where.candidates(model), voice, None)
    return engine.name, meant.id


async def test_a_voice_is_found_by_its_id_in_any_case() -> None:
    assert await found(catalog(ONE), "BEN") == ("first", "ben")


async def test_the_default_engine_comes_first_and_then_the_others() -> None:
    assert await found(catalog(ONE, OTHER), "ben") == ("first", "ben")
    assert await found(catalog(ONE, OTHER, default="second"), "ben") == ("second", "ben")
    assert await found(catalog(ONE, OTHER), "cleo") == ("second", "cleo")


@pytest.mark.parametrize("model", OPENAI_MODELS)
async def test_each_of_openai_s_models_means_any_engine(model: str) -> None:
    assert await found(catalog(ONE, OTHER), "cleo", model) == ("second", "cleo")


async def test_an_engine_s_name_means_that_engine_alone() -> None:
    both = catalog(ONE, OTHER)
    assert await found(both, "ben", "second") == ("second", "ben")
    with pytest.raises(UnknownVoice):
        await found(both, "cleo", "first")


async def test_an_unknown_model_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownModel, match=r"'whisper-1'.*tts-1.*first, second"):
        await found(catalog(ONE, OTHER), "ben", "whisper-1")


async def test_an_unknown_voice_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownVoice, match="Did you mean cleo"):
        await found(catalog(ONE, OTHER), "clo")
    with pytest.raises(UnknownVoice, match="Did you mean alloy"):
        await found(catalog(ONE), "Aloy")


async def test_a_name_that_is_hardly_alike_is_not_suggested() -> None:
    speaker = ScriptedEngine(name="speaker", voices=["jbo", "robin"])
    with pytest.raises(UnknownVoice) as caught:
        await find(catalog(speaker), "bob", None)
    assert "Did you mean" not in caught.value.message


async def test_only_what_would_be_found_is_suggested() -> None:
    mute = ScriptedEngine(name="mute", voices=[])
    for voice in ("alloy", "aloy"):
        with pytest.raises(UnknownVoice) as caught:
            await find(catalog(mute), voice, None)
        assert "Did you mean" not in caught.value.message
    with pytest.raises(UnknownVoice) as caught:
        await find(catalog(ONE, ann="zoe"), "anna", None)
    assert "Did you mean" not in caught.value.message


async def test_a_very_long_voice_is_refused_like_any_other() -> None:
    with pytest.raises(UnknownVoice) as caught:
        await find(catalog(ONE), "x" * 1_000_000, None)
    assert len(caught.value.message) < 300


@pytest.mark.parametrize("name", OPENAI_VOICES)
async def test_every_openai_voice_is_somebody(name: str) -> None:
    engine, _ = await found(catalog(ONE, OTHER), name)
    assert engine == "first"
    assert await found(catalog(ONE), name.upper()) == await found(catalog(ONE), name)


async def test_openai_s_names_are_spread_over_the_voices() -> None:
    spread = {(await found(catalog(ONE), name))[1] for name in OPENAI_VOICES}
    assert spread == {"ann", "ben"}


async def test_an_engine_says_which_of_its_voices_is_openai_s() -> None:
    engine = ScriptedEngine()
    engine.openai_voices = {"alloy": "two"}
    assert await found(catalog(engine), "alloy") == ("scripted", "two")


async def test_an_engine_s_own_voice_wins_over_openai_s_name() -> None:
    engine = ScriptedEngine(voices=["someone", "alloy"])
    assert await found(catalog(engine), "alloy") == ("scripted", "alloy")


async def test_an_engine_without_voices_leaves_openai_s_names_to_the_next() -> None:
    mute = ScriptedEngine(voices=[])
    assert await found(catalog(mute, ONE), "nova") == await found(catalog(ONE), "nova")


async def test_the_operator_s_name_wins_over_all() -> None:
    where = catalog(ONE, OTHER, alloy="cleo", boss="ben", ann="ben")
    assert await found(where, "Alloy") == ("second", "cleo")
    assert await found(where, "boss") == ("first", "ben")
    assert await found(where, "ann") == ("first", "ben")


async def test_the_operator_may_name_a_voice_after_openai_s() -> None:
    assert await found(catalog(ONE, boss="alloy"), "boss") == await found(catalog(ONE), "alloy")


async def test_an_operator_s_name_for_nobody_is_refused_and_names_the_target() -> None:
    with pytest.raises(UnknownVoice, match="'zoe'"):
        await find(catalog(ONE, boss="zoe"), "boss", None)


async def test_an_engine_that_does_not_have_what_openai_s_name_was_given_to_speaks_for_it() -> None:
    """So one can take over from another, whose voices have other names."""
    where = catalog(ONE, OTHER, nova="cleo")
    assert await found(where, "nova") == ("second", "cleo")
    assert await found(where, "nova", "first") == await found(catalog(ONE), "nova", "first")
    with pytest.raises(UnknownVoice, match="'zoe' here, which the voice map gives for 'nova'"):
        await found(catalog(ONE, OTHER, nova="zoe"), "nova", "first")
    with pytest.raises(UnknownVoice):
        await found(catalog(ONE, OTHER, boss="cleo"), "boss", "first")


async def test_the_language_reaches_the_engine() -> None:
    class Polyglot(ScriptedEngine):
        async def find_voice(self, name: str, language: str | None) -> Voice | None:
            asked.append((name, language))
            return await super().find_voice(name, language)

    asked: list[tuple[str, str | None]] = []
    await find(catalog(Polyglot(), boss="one"), "boss", "de")
    assert asked == [("one", "de")]


def test_models_are_openai_s_and_the_engines() -> None:
    models = catalog(ONE, OTHER, default="second").models()
    assert [model.id for model in models] == [*OPENAI_MODELS, "first", "second"]
    assert {model.engine.name for model in models if model.id in OPENAI_MODELS} == {"second"}


async def test_the_list_holds_every_name_and_each_can_be_asked_for() -> None:
    where = catalog(ONE, OTHER, boss="ben", nobody="zoe")
    listed = [entry async for entry in where.listing()]
    assert [entry.id for entry in listed] == ["boss", *OPENAI_VOICES, "ann", "ben", "ben", "cleo"]
    for entry in listed:
        by_engine = await found(where, entry.id, entry.engine.name)
        assert by_engine == (entry.engine.name, entry.voice.id)


async def test_a_voice_whose_name_the_operator_gave_away_is_listed_once_with_its_new_meaning() -> None:
    where = catalog(ScriptedEngine(voices=["Ann", "Ben"]), ann="Ben")
    listed = [(entry.id.casefold(), entry.voice.id) async for entry in where.listing()]
    assert [meant for name, meant in listed if name == "ann"] == ["Ben"]


async def test_a_voice_is_described_under_the_name_it_was_asked_by() -> None:
    where = catalog(ONE, OTHER, boss="cleo")
    for name, engine, voice in (
        ("boss", "second", "cleo"),
        ("ann", "first", "ann"),
        ("alloy", "first", "ann"),
    ):
        described = await where.describe(name)
        assert (described.id, described.engine.name, described.voice.id) == (name, engine, voice)


async def test_an_unknown_voice_cannot_be_described() -> None:
    with pytest.raises(UnknownVoice):
        await catalog(ONE).describe("zoe")


async def test_engines_can_be_replaced_and_everything_follows() -> None:
    where = catalog(ONE, OTHER, boss="zoe")
    third = ScriptedEngine(name="third", voices=["zoe"])
    where.use({"third": third, "first": ONE}, "third")
    assert where.default_engine is third
    assert [model.id for model in where.models()] == [*OPENAI_MODELS, "third", "first"]
    assert await found(where, "boss") == ("third", "zoe")
    assert await found(where, "alloy") == ("third", "zoe")
    assert [listed.id async for listed in where.listing() if listed.engine is ONE] == ["ann", "ben"]
    with pytest.raises(UnknownModel, match=r"Known models: .*third, first"):
        where.candidates("second")


async def test_a_request_that_was_given_engines_before_gets_their_successors() -> None:
    where = catalog(ONE, OTHER)
    given = where.candidates("tts-1")
    successor = ScriptedEngine(name="second", voices=["cleo"])
    where.use({"first": ONE, "second": successor}, "first")
    assert (await where.find(given, "cleo", None))[0] is successor
    where.use({"first": ONE}, "first")
    with pytest.raises(UnknownVoice):
        await where.find(given, "cleo", None)


async def test_an_engine_that_is_replaced_while_it_looks_for_a_voice_is_not_the_one_found() -> None:
    class Pondering(ScriptedEngine):
        async def find_voice(self, name: str, language: str | None) -> Voice | None:
            where.use({"first": ONE}, "first")
            return await super().find_voice(name, language)

    where = catalog(Pondering(name="first", voices=["ben"]))
    assert (await where.find(where.candidates("tts-1"), "ben", None))[0] is ONE


async def test_an_engine_usually_speaks_as_it_does_for_alloy_whatever_the_name_was_given() -> None:
    mute = ScriptedEngine(name="mute", voices=[])
    where = catalog(ONE, OTHER, mute, alloy="cleo")
    for engine, expected in ((ONE, "ann"), (OTHER, "ben"), (mute, None)):
        voice = await where.usual_voice(engine)
        assert (voice.id if voice else None) == expected
