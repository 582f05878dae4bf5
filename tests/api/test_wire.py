"""Bodies as callers write them: what is taken, what is refused, and with which sentence."""

from __future__ import annotations

from typing import Any

import pytest

from stentor.api.body import validate
from stentor.api.wire import BatchBody, CaptionsBody, SessionConfig, SpeechBody
from stentor.errors import InvalidLexicon, InvalidRequest
from stentor.pipeline.request import Part, SpeechRequest
from stentor.text.lexicon import Entry
from stentor.text.normalize import Switches

LEAST = {"model": "tts-1", "input": "Hi.", "voice": "alloy"}


def test_the_least_body_has_openais_defaults() -> None:
    body = validate(LEAST, SpeechBody)
    assert (body.response_format, body.speed, body.stream_format) == ("mp3", 1.0, "audio")
    assert body.stream
    assert body.request() == SpeechRequest(text="Hi.", model="tts-1", voice="alloy")


def test_every_field_reaches_the_request() -> None:
    body = validate(
        {
            **LEAST,
            "voice": {"id": "nova"},
            "response_format": "flac",
            "speed": 2,
            "instructions": "Whisper.",
            "language": " German ",
            "seed": -7,
            "sample_rate": 16000,
            "strict": True,
            "style": "calm",
            "ssml": False,
            "tags": False,
            "normalize": {"urls": False},
            "lexicon": [{"word": "SQL", "alias": "sequel"}, {"word": "tomato", "ipa": "təˈmɑːtəʊ"}],
            "lexicons": ["names"],
            "timestamps": ["word", "sentence"],
            "pitch": 3,
        },
        SpeechBody,
    )
    assert body.request() == SpeechRequest(
        text="Hi.",
        model="tts-1",
        voice="nova",
        format="flac",
        speed=2.0,
        instructions="Whisper.",
        language="de",
        seed=-7,
        sample_rate=16000,
        strict=True,
        style="calm",
        ssml=False,
        tags=False,
        switches=Switches(urls=False),
        lexicon=(Entry(("SQL",), "sequel"), Entry(("tomato",), None, "təˈmɑːtəʊ")),
        lexicons=("names",),
        times=("word", "sentence"),
        unknown_fields=("pitch",),
    )


@pytest.mark.parametrize("written", ["Auto", "auto", "", "  ", None])
def test_a_language_left_open_is_none(written: str | None) -> None:
    assert validate({**LEAST, "language": written}, SpeechBody).request().language is None


@pytest.mark.parametrize("field", ["instructions", "language", "seed", "sample_rate"])
def test_null_means_not_given_where_openai_says_optional(field: str) -> None:
    assert validate({**LEAST, field: None}, SpeechBody).request() == SpeechRequest("Hi.", "tts-1", "alloy")


@pytest.mark.parametrize("speed", [0.25, 1, 4, 4.0])
def test_the_ends_of_the_speed_range_are_in_it(speed: float) -> None:
    assert validate({**LEAST, "speed": speed}, SpeechBody).speed == speed


WRONG: list[tuple[str, Any, str]] = [
    ("model", 5, "must be a string"),
    ("model", None, "must be a string"),
    ("model", "", "must not be empty"),
    ("model", "m" * 257, "at most 256 characters"),
    ("input", None, "must be a string"),
    ("input", 5, "must be a string"),
    ("input", [], "must hold at least 1 item"),
    ("input", ["Hi."], ""),
    ("input", [{"voice": "nova"}], "is required"),
    ("input", [{"text": "Hi."}], "is required"),
    ("input", [{"voice": 5, "text": "Hi."}], "must be a name or an object"),
    ("input", [{"voice": "nova", "text": 5}], "must be a string"),
    ("input", [{"voice": "nova", "text": "Hi.", "speed": 2}], "is not known here"),
    ("style", "funky", "must be one of neutral, happy"),
    ("style", 5, "must be a string"),
    ("ssml", "yes", "must be true or false"),
    ("tags", None, "must be true or false"),
    ("normalize", "yes", "must be true or false"),
    ("normalize", {"colours": False}, "may hold numbers, ordinals"),
    ("normalize", {"urls": 1}, "must be true or false"),
    ("lexicon", "SQL", "must be a list"),
    ("lexicon", ["SQL"], "must be an object"),
    ("lexicon", {"SQL": 5}, "must be a string"),
    ("lexicon", [{"word": "SQL", "sounds": "x"}], "is not known here"),
    ("lexicon", {f"w{number}": "x" for number in range(1001)}, "must hold at most 1000 items"),
    ("lexicon", [{"words": ["x"] * 501, "alias": "y"}] * 2, "must hold at most 1000 items"),
    ("lexicons", "names", "must be a list"),
    ("timestamps", "word", "must be a list"),
    ("timestamps", ["letter"], "must be 'word' or 'sentence'"),
    ("voice", 5, "must be a name or an object"),
    ("voice", None, "must be a name or an object"),
    ("voice", ["alloy"], "must be a name or an object"),
    ("voice", "", "must not be empty"),
    ("voice", "v" * 257, "must be at most 256 characters long"),
    ("voice", {"name": "alloy"}, ""),
    ("voice", {"id": 5}, ""),
    ("voice", {"id": "alloy", "language": "en"}, ""),
    ("response_format", 3, "must be a string"),
    ("speed", 0, "must be at least 0.25"),
    ("speed", -1, "must be at least 0.25"),
    ("speed", 4.01, "must be at most 4"),
    ("speed", "fast", "must be a number"),
    ("speed", "1", "must be a number"),
    ("speed", True, "must be a number"),
    ("speed", None, "must be a number"),
    ("speed", [1], "must be a number"),
    ("speed", float("inf"), "must be a"),
    ("speed", float("nan"), "must be a"),
    ("speed", 10**400, "must be a"),
    ("seed", 1.5, "must be a whole number"),
    ("seed", "1", "must be a whole number"),
    ("seed", True, "must be a whole number"),
    ("seed", 2**63, "must be at most"),
    ("sample_rate", "24000", "must be a whole number"),
    ("sample_rate", 24000.5, "must be a whole number"),
    ("strict", "yes", "must be true or false"),
    ("strict", 1, "must be true or false"),
    ("stream", "false", "must be true or false"),
    ("stream_format", "mp3", "must be 'audio' or 'sse'"),
    ("stream_format", None, "must be 'audio' or 'sse'"),
    ("instructions", "x" * 4097, "at most 4096 characters"),
    ("instructions", {"tone": "glad"}, "must be a string"),
    ("language", "x" * 65, "at most 64 characters"),
]


@pytest.mark.parametrize(("field", "value", "said"), WRONG)
def test_a_wrong_field_is_named_in_a_sentence(field: str, value: object, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, field: value}, SpeechBody)
    error = refused.value
    assert error.param is not None
    assert error.param.split(".")[0] == field
    assert error.message.startswith(f"`{field}")
    assert said in error.message
    assert error.message.endswith(".")


@pytest.mark.parametrize(
    ("entry", "said", "param"),
    [
        ({"word": "SQL"}, "must have an `alias` or an `ipa`", "lexicon.0"),
        ({"alias": "sequel"}, "must have either `word` or `words`", "lexicon.0"),
        ({"word": "SQL", "ipa": "s5"}, "'5'", "lexicon.0.ipa"),
    ],
)
def test_an_entry_of_a_lexicon_is_checked(entry: dict[str, str], said: str, param: str) -> None:
    with pytest.raises(InvalidLexicon) as refused:
        validate({**LEAST, "lexicon": [entry]}, SpeechBody).request()
    assert said in refused.value.message
    assert refused.value.param == param


def test_a_lexicon_may_be_words_and_aliases() -> None:
    asked = validate({**LEAST, "lexicon": {"SQL": "sequel"}}, SpeechBody).request()
    assert asked.lexicon == (Entry(("SQL",), "sequel"),)


def test_nothing_is_put_into_words_if_that_is_refused() -> None:
    assert validate({**LEAST, "normalize": False}, SpeechBody).request().switches is None
    assert validate({**LEAST, "normalize": {}}, SpeechBody).request().switches == Switches()


def test_a_list_is_one_text_of_several_voices() -> None:
    """The first voice is that of a request which names none."""
    parts = [{"voice": "nova", "text": "Hi."}, {"voice": {"id": "echo"}, "text": "Hello."}]
    request = validate({"model": "tts-1", "input": parts}, SpeechBody).request()
    assert (request.text, request.voice) == ("Hi.Hello.", "nova")
    assert request.parts == (Part(0, 3, "nova"), Part(3, 9, "echo"))
    assert validate({**LEAST, "input": parts}, SpeechBody).request().voice == "alloy"


def test_captions_are_json_unless_asked_otherwise() -> None:
    assert validate(LEAST, CaptionsBody).format == "json"
    with pytest.raises(InvalidRequest, match="`format` must be 'json', 'srt' or 'vtt'"):
        validate({**LEAST, "format": "ass"}, CaptionsBody)


@pytest.mark.parametrize("field", ["model", "input", "voice"])
def test_what_is_required_is_asked_for(field: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({name: value for name, value in LEAST.items() if name != field}, SpeechBody)
    assert refused.value.message == f"`{field}` is required."
    assert refused.value.param == field


@pytest.mark.parametrize("field", ["model", "language", "instructions"])
def test_half_a_character_in_a_field_is_refused_in_plain_words(field: str) -> None:
    """A lone surrogate is no text; the sentence that says so is for a person, not for a Rust programmer."""
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, field: "\ud800"}, SpeechBody)
    assert refused.value.param == field
    assert "raw data" not in refused.value.message


def test_half_a_character_as_a_fields_name_is_refused_with_something_said_of_it() -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, "\ud800": 1}, SpeechBody)
    assert "``" not in refused.value.message
    assert refused.value.param != ""


def test_a_batch_needs_items() -> None:
    with pytest.raises(InvalidRequest, match="`items` must hold at least 1 item"):
        validate({"items": []}, BatchBody)
    with pytest.raises(InvalidRequest, match="`items` is required"):
        validate({}, BatchBody)
    with pytest.raises(InvalidRequest, match=r"`items.1.input` is required"):
        validate({"items": [{"input": "One."}, {"text": "Two."}]}, BatchBody)
    with pytest.raises(InvalidRequest, match=r"`items.0`"):
        validate({"items": ["One."]}, BatchBody)


def test_a_session_begins_with_wav_and_clauses() -> None:
    config = validate({"type": "session.config"}, SessionConfig)
    assert (config.response_format, config.split_granularity, config.stream_audio) == ("wav", "clause", False)
    assert config.request() == SpeechRequest("", "tts-1", "alloy", format="wav")


def test_a_session_may_call_its_voice_speaker() -> None:
    spoken = validate({"type": "session.config", "speaker": "echo"}, SessionConfig)
    assert spoken.request().voice == "echo"
    both = validate({"type": "session.config", "voice": {"id": "nova"}, "speaker": "echo"}, SessionConfig)
    assert both.request().voice == "nova"


@pytest.mark.parametrize(
    ("voice", "said"),
    [
        (5, 'must be a name or an object like {"id": "alloy"}'),
        ("v" * 257, "must be at most 256 characters long"),
    ],
)
def test_a_wrong_voice_is_named_wherever_it_stands(voice: object, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validate({"items": [{"input": "Hi."}], "voice": voice}, BatchBody)
    assert (refused.value.message, refused.value.param) == (f"`voice` {said}.", "voice")
    with pytest.raises(InvalidRequest) as refused:
        validate({**LEAST, "voice": voice}, SpeechBody, "items.0.")
    assert (refused.value.message, refused.value.param) == (f"`items.0.voice` {said}.", "items.0.voice")
    for field in ("voice", "speaker"):
        with pytest.raises(InvalidRequest) as refused:
            validate({"type": "session.config", field: voice}, SessionConfig)
        assert (refused.value.message, refused.value.param) == (f"`{field}` {said}.", field)


def test_a_voice_of_the_longest_name_is_taken() -> None:
    assert validate({**LEAST, "voice": "v" * 256}, SpeechBody).voice == "v" * 256
