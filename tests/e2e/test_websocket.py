"""Speech over a WebSocket, while its text is still being written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.e2e.server import Server
from tests.hearing import decode, pcm, rms

TEXT = "Here is the first clause, which is long enough, and here is the second. Then comes another one!"


class Session:
    """A client of the socket that notes what it is told."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def say(self, type_: str, **fields: Any) -> None:
        await self.connection.send(json.dumps({"type": type_} | fields))

    async def hear(self) -> dict[str, Any] | bytes:
        """Wait for one message."""
        async with asyncio.timeout(20):
            message = await self.connection.recv()
        return message if isinstance(message, bytes) else json.loads(message)

    async def event(self, type_: str) -> dict[str, Any]:
        """Wait for one event, which must be of this type."""
        told = await self.hear()
        assert isinstance(told, dict), "an event was expected, and sound came"
        assert told["type"] == type_, told
        return told

    async def sentence(self) -> tuple[dict[str, Any], list[bytes], dict[str, Any]]:
        """Hear a sentence: its start, its frames, its end."""
        start = await self.event("audio.start")
        frames = []
        while isinstance(told := await self.hear(), bytes):
            frames.append(told)
        assert told["type"] == "audio.done", told
        assert told["total_bytes"] == sum(map(len, frames))
        assert not told["error"]
        for name in ("utterance_index", "sentence_index"):
            assert told[name] == start[name]
        return start, frames, told

    async def turn(self) -> tuple[list[dict[str, Any]], list[bytes]]:
        """Hear a turn to its end: its sentences, and the sound of each."""
        starts: list[dict[str, Any]] = []
        sounds: list[bytes] = []
        while True:
            told = await self.hear()
            assert isinstance(told, dict), told
            if told["type"] == "session.done":
                assert told["total_sentences"] == len(starts)
                return starts, sounds
            assert told["type"] == "audio.start", told
            starts.append(told)
            frames = []
            while isinstance(frame := await self.hear(), bytes):
                frames.append(frame)
            assert frame["type"] == "audio.done"
            assert frame["total_bytes"] == sum(map(len, frames))
            sounds.append(b"".join(frames))


@asynccontextmanager
async def session(server: Server, **config: Any) -> AsyncIterator[Session]:
    async with connect(f"ws://127.0.0.1:{server.port}/v1/audio/speech/stream", max_size=None) as connection:
        opened = Session(connection)
        if config:
            await opened.say("session.config", **config)
        yield opened


async def test_sound_leaves_at_the_first_clause_before_the_text_is_complete(server: Server) -> None:
    async with session(server, voice="nova", response_format="pcm", stream_audio=True) as live:
        words = TEXT.split(" ")
        for word in words[:11]:
            await live.say("input.text", text=f"{word} ")
        start, frames, _ = await live.sentence()
        assert start["sentence_text"] == "Here is the first clause, which is long enough,"
        assert (start["format"], start["sample_rate"]) == ("pcm", 24_000)
        assert (start["utterance_index"], start["sentence_index"]) == (0, 0)
        assert rms(pcm(b"".join(frames))) > 0.02
        for word in words[11:]:
            await live.say("input.text", text=f"{word} ")
        await live.say("input.done")
        starts, _ = await _rest(live)
        assert [start["sentence_text"] for start in starts] == [
            "and here is the second.",
            "Then comes another one!",
        ]
        assert [start["sentence_index"] for start in starts] == [1, 2]


async def _rest(live: Session) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Hear the other two sentences of the text, and the end of the turn."""
    heard = [await live.sentence() for _ in range(2)]
    done = await live.event("session.done")
    assert (done["utterance_index"], done["total_sentences"]) == (0, 3)
    return [start for start, _, _ in heard], [b"".join(frames) for _, frames, _ in heard]


async def test_the_same_words_are_spoken_however_the_text_is_cut(server: Server) -> None:
    told = []
    for step in (1, 5, len(TEXT)):
        async with session(server, response_format="pcm", split_granularity="sentence") as live:
            for begin in range(0, len(TEXT), step):
                await live.say("input.text", text=TEXT[begin : begin + step])
            await live.say("input.done")
            starts, sounds = await live.turn()
            assert all(rms(pcm(sound)) > 0.02 for sound in sounds)
            told.append([start["sentence_text"] for start in starts])
    assert told[0] == told[1] == told[2]
    assert told[0] == [
        "Here is the first clause, which is long enough, and here is the second.",
        "Then comes another one!",
    ]


@pytest.mark.parametrize(("granularity", "sentences"), [("none", 1), ("sentence", 2), ("clause", 3)])
async def test_granularity_decides_how_many_files_come(
    server: Server, granularity: str, sentences: int
) -> None:
    async with session(server, split_granularity=granularity) as live:
        await live.say("input.text", text=TEXT)
        await live.say("input.done")
        starts, sounds = await live.turn()
    assert len(starts) == sentences
    assert " ".join(start["sentence_text"] for start in starts) == TEXT
    for start, sound in zip(starts, sounds, strict=True):
        assert start["format"] == "wav"
        assert int.from_bytes(sound[40:44], "little") == len(sound) - 44
        assert rms(decode(sound, "wav")) > 0.02


@pytest.mark.parametrize("format_", ["mp3", "opus", "aac", "flac", "wav", "pcm"])
@pytest.mark.parametrize("stream_audio", [True, False])
async def test_each_sentence_is_a_file_of_its_own_in_every_format(
    server: Server, format_: str, *, stream_audio: bool
) -> None:
    config = {"response_format": format_, "stream_audio": stream_audio, "split_granularity": "sentence"}
    async with session(server, **config) as live:
        await live.say("input.text", text=TEXT)
        await live.say("input.done")
        for _ in range(2):
            start, frames, _ = await live.sentence()
            assert start["format"] == format_
            assert (len(frames) > 1) is stream_audio
            sound = decode(b"".join(frames), format_)
            assert sound.size / 24_000 > 1
            assert rms(sound) > 0.02
        await live.event("session.done")


async def test_turns_follow_each_other_and_settings_may_change_between(server: Server) -> None:
    async with session(server) as live:
        for turn, (voice, rate) in enumerate([("alloy", 24_000), ("de", 16_000), ("onyx", 8_000)]):
            await live.say("session.config", voice=voice, sample_rate=rate)
            await live.say("input.text", text="One sentence.")
            await live.say("input.done")
            start, frames, _ = await live.sentence()
            assert (start["utterance_index"], start["sentence_index"]) == (turn, 0)
            assert start["sample_rate"] == rate
            assert int.from_bytes(b"".join(frames)[24:28], "little") == rate
            assert (await live.event("session.done"))["utterance_index"] == turn


async def test_without_a_config_the_defaults_hold(server: Server) -> None:
    async with session(server) as live:
        await live.say("input.text", text="Hello there.")
        await live.say("input.done")
        starts, sounds = await live.turn()
    assert starts[0]["format"] == "wav"
    assert rms(decode(sounds[0], "wav")) > 0.02


BAD: list[tuple[str | bytes, str]] = [
    ("hello", "unreadable_body"),
    ("[]", "invalid_request"),
    ('{"type": "input.sing"}', "invalid_request"),
    ("{}", "invalid_request"),
    ('{"type": "input.text", "text": 5}', "invalid_request"),
    ('{"type": "input.text", "type": "input.done"}', "unreadable_body"),
    ('{"type": "session.config", "voice": "nobody"}', "voice_not_found"),
    ('{"type": "session.config", "model": "gpt-9"}', "model_not_found"),
    ('{"type": "session.config", "speed": 9}', "invalid_request"),
    ('{"type": "session.config", "response_format": "ogg"}', "invalid_request"),
    ('{"type": "session.config", "split_granularity": "word"}', "invalid_request"),
    (b"\x00\x01", "invalid_request"),
    ("[" * 100_000, "unreadable_body"),
    (r'{"\ud800": 1, "\ud800": 2}', "unreadable_body"),
    (r'{"type": "input.text", "\ud800": 2}', "unreadable_body"),
]


@pytest.mark.parametrize(("message", "code"), BAD, ids=lambda value: repr(value)[:40])
async def test_a_mistake_is_an_event_and_the_session_goes_on(
    server: Server, message: str | bytes, code: str
) -> None:
    async with session(server) as live:
        await live.connection.send(message)
        told = await live.event("error")
        assert told["error"]["code"] == code
        assert told["error"]["message"] == told["message"]
        assert told["message"].endswith((".", "?"))
        await live.say("input.text", text="Still here.")
        await live.say("input.done")
        _, sounds = await live.turn()
        assert rms(decode(sounds[0], "wav")) > 0.02


async def test_a_character_cut_in_half_between_two_messages_loses_nothing_else(server: Server) -> None:
    """Scripts that count in UTF-16 cut an emoji in two; the words around it are spoken all the same."""
    async with session(server, split_granularity="sentence") as live:
        await live.connection.send(r'{"type": "input.text", "text": "Good morning \ud83d"}')
        await live.connection.send(r'{"type": "input.text", "text": "\ude00 to all of you."}')
        await live.say("input.done")
        starts, sounds = await live.turn()
    spoken = " ".join(start["sentence_text"] for start in starts)
    assert "Good morning" in spoken
    assert "to all of you." in spoken
    assert all(rms(decode(sound, "wav")) > 0.02 for sound in sounds)


@pytest.mark.parametrize("text", ["", "   ", "... !"])
async def test_a_turn_with_nothing_to_say_ends_like_any_other(server: Server, text: str) -> None:
    async with session(server) as live:
        await live.say("input.text", text=text)
        await live.say("input.done")
        told = await live.hear()
        assert isinstance(told, dict)
        if told["type"] == "error":
            assert told["error"]["code"] == "nothing_to_speak"
            told = await live.event("session.done")
        assert (told["type"], told["total_sentences"]) == ("session.done", 0)


async def test_a_turn_that_grows_too_long_is_told_so_once_and_the_next_is_heard(server: Server) -> None:
    async with session(server, split_granularity="none") as live:
        for _ in range(45):
            await live.say("input.text", text="x" * 99 + " ")
        await live.say("input.done")
        errors = []
        while isinstance(told := await live.hear(), dict) and told["type"] == "error":
            errors.append(told["error"]["code"])
        assert isinstance(told, dict)
        assert told["type"] == "session.done"
        assert set(errors) == {"text_too_long"}
        await live.say("input.text", text="Short again.")
        await live.say("input.done")
        _, sounds = await live.turn()
        assert rms(decode(sounds[0], "wav")) > 0.02


async def test_text_that_kills_the_engine_is_an_error_of_its_sentence_alone(server: Server) -> None:
    async with session(server, voice="da", split_granularity="sentence") as live:
        await live.say("input.text", text="Hej. (-A.\n\nFarvel.")
        await live.say("input.done")
        failed, heard = [], []
        while True:
            told = await live.hear()
            if isinstance(told, bytes):
                heard.append(told)
            elif told["type"] == "error":
                failed.append(told)
            elif told["type"] == "session.done":
                break
        assert [error["error"]["code"] for error in failed] == ["engine_crashed"]
        assert failed[0]["sentence_index"] == 1
        assert len(heard) == 2
    assert server.settles()


async def test_a_config_in_mid_sentence_loses_no_word(server: Server) -> None:
    async with session(server, split_granularity="sentence") as live:
        await live.say("input.text", text="These words were ")
        await live.say("session.config", split_granularity="sentence", voice="onyx")
        await live.say("input.text", text="not lost.")
        await live.say("input.done")
        starts, _ = await live.turn()
    assert " ".join(start["sentence_text"] for start in starts) == "These words were not lost."


async def test_a_closed_session_ends_normally_after_what_was_begun(server: Server) -> None:
    async with session(server, response_format="pcm") as live:
        await live.say("input.text", text="One last sentence. ")
        await live.say("input.done")
        await live.say("session.close")
        _, sounds = await live.turn()
        assert rms(pcm(sounds[0])) > 0.02
        with pytest.raises(ConnectionClosed) as closed:
            await live.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


@pytest.mark.parametrize("granularity", ["none", "sentence", "clause"])
async def test_a_session_closed_in_mid_turn_speaks_what_it_heard(server: Server, granularity: str) -> None:
    async with session(server, split_granularity=granularity) as live:
        await live.say("input.text", text="One sentence. And half of another")
        await live.say("session.close")
        starts, sounds = await live.turn()
        assert " ".join(start["sentence_text"] for start in starts) == "One sentence. And half of another"
        assert all(rms(decode(sound, "wav")) > 0.02 for sound in sounds)
        with pytest.raises(ConnectionClosed) as closed:
            await live.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1000


async def test_what_is_left_out_is_told_with_the_next_sentence(server: Server) -> None:
    async with session(server, instructions="Whisper.", split_granularity="sentence") as live:
        await live.say("input.text", text="One\x07 sentence. And another.")
        await live.say("input.done")
        (first, second), _ = await live.turn()
    assert [warning.split(" ")[0] for warning in first["warnings"]] == ["`instructions`", "1"]
    assert "warnings" not in second


async def test_many_sessions_speak_at_once(server: Server) -> None:
    async def one(number: int) -> int:
        async with session(server, response_format="pcm", stream_audio=True) as live:
            await live.say("input.text", text=f"This is session number {number}.")
            await live.say("input.done")
            _, sounds = await live.turn()
            return len(sounds[0])

    assert min(await asyncio.gather(*map(one, range(20)))) > 24_000
