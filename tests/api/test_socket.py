"""The WebSocket's protocol, with engines that do as they are told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from stentor import errors
from stentor.api.context import ApiConfig
from stentor.engines import Engine
from stentor.engines.tone import ToneEngine
from stentor.pipeline.routes import RouteConfig
from stentor.types import Utterance
from tests.api.inprocess import make_api
from tests.fakes import ScriptedEngine, tone
from tests.hearing import decode, pcm


@contextmanager
def session(
    *engines: Engine, idle: float = 60, limit: int = 4096, routed: bool = False, **config: Any
) -> Iterator[WebSocketTestSession]:
    """Open a session, and configure it if anything is given; `routed` makes the engines a chain."""
    routes = [RouteConfig(engines=tuple(engine.name for engine in engines))] if routed else []
    api = make_api(*engines, api=ApiConfig(websocket_idle_seconds=idle), limit=limit, routes=routes)
    with TestClient(api) as client, client.websocket_connect("/v1/audio/speech/stream") as socket:
        if config:
            socket.send_json({"type": "session.config"} | config)
        yield socket


def say(socket: WebSocketTestSession, *texts: str, done: bool = True) -> None:
    for text in texts:
        socket.send_json({"type": "input.text", "text": text})
    if done:
        socket.send_json({"type": "input.done"})


def hear(socket: WebSocketTestSession) -> dict[str, Any] | bytes:
    message = socket.receive()
    if message["type"] == "websocket.close":
        raise WebSocketDisconnect(message["code"], message.get("reason"))
    if message.get("bytes") is not None:
        sound: bytes = message["bytes"]
        return sound
    told: dict[str, Any] = json.loads(message["text"])
    return told


def turn(socket: WebSocketTestSession) -> list[dict[str, Any] | bytes]:
    """Hear everything up to the end of a turn."""
    heard = []
    while True:
        told = hear(socket)
        heard.append(told)
        if isinstance(told, dict) and told["type"] == "session.done":
            return heard


def kinds(heard: list[dict[str, Any] | bytes]) -> list[str]:
    return [told["type"] if isinstance(told, dict) else "sound" for told in heard]


def test_a_turn_is_sentences_and_then_its_end() -> None:
    with session(voice="low", response_format="pcm") as socket:
        say(socket, "One sen", "tence. Two")
        heard = turn(socket)
    sentence = ["audio.start", "sound", "audio.done"]
    assert kinds(heard) == [*sentence, *sentence, "session.done"]
    first, sound, done = heard[:3]
    assert first == {
        "type": "audio.start",
        "utterance_index": 0,
        "sentence_index": 0,
        "sentence_text": "One sentence.",
        "format": "pcm",
        "sample_rate": 24_000,
        "engine": "tone",
    }
    assert isinstance(sound, bytes)
    assert done == {
        "type": "audio.done",
        "utterance_index": 0,
        "sentence_index": 0,
        "total_bytes": len(sound),
        "error": False,
    }
    assert heard[-1] == {"type": "session.done", "utterance_index": 0, "total_sentences": 2}


def test_a_sentence_ends_with_its_pause_so_that_files_can_be_played_in_a_row() -> None:
    with session(response_format="pcm", split_granularity="sentence") as socket:
        say(socket, "x" * 19 + ".")
        sound = next(told for told in turn(socket) if isinstance(told, bytes))
    samples = pcm(sound)
    assert samples.size / 24_000 == pytest.approx(1.0 + 0.3, abs=0.02)
    assert not samples[-round(0.29 * 24_000) :].any()


def test_streamed_audio_comes_in_frames_and_whole_audio_in_one() -> None:
    for stream_audio, several in ((True, True), (False, False)):
        with session(stream_audio=stream_audio, split_granularity="sentence") as socket:
            say(socket, "x" * 40)
            heard = turn(socket)
        frames = [told for told in heard if isinstance(told, bytes)]
        assert (len(frames) > 1) is several
        assert decode(b"".join(frames), "wav").size > 24_000


def test_a_turn_can_be_one_file() -> None:
    engine = ScriptedEngine()
    with session(engine, split_granularity="none") as socket:
        say(socket, "One. ", "Two. Three.")
        heard = turn(socket)
    assert kinds(heard) == ["audio.start", "sound", "audio.done", "session.done"]
    assert isinstance(heard[0], dict)
    assert heard[0]["sentence_text"] == "One. Two. Three."
    assert [asked.text for asked in engine.asked] == ["One.", "Two.", "Three."]


def test_a_clause_is_spoken_before_its_sentence_is_complete() -> None:
    with session() as socket:
        say(socket, "This clause is long enough to begin, and it", done=False)
        start = hear(socket)
        assert isinstance(start, dict)
        assert start["sentence_text"] == "This clause is long enough to begin,"


def test_turns_and_sentences_are_counted_from_nought() -> None:
    with session(split_granularity="sentence") as socket:
        for expected in range(3):
            say(socket, "One. Two.")
            events = [told for told in turn(socket) if isinstance(told, dict)]
            assert {event["utterance_index"] for event in events} == {expected}
            starts = [event["sentence_index"] for event in events if event["type"] == "audio.start"]
            assert starts == [0, 1]


def test_what_was_asked_reaches_the_engine() -> None:
    engine = ScriptedEngine(voices=("one", "two"))
    with session(engine, speaker="two", speed=1.0, language="en") as socket:
        say(socket, "Hello\x00there.")
        turn(socket)
    (asked,) = engine.asked
    assert (asked.text, asked.voice.id, asked.language) == ("Hello there.", "two", "en")


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("hello", "unreadable_body"),
        ("{}", "invalid_request"),
        ('{"type": "sing"}', "invalid_request"),
        ('{"type": "session.config", "voice": "nobody"}', "voice_not_found"),
        ('{"type": "session.config", "speed": "fast"}', "invalid_request"),
        ('{"type": "session.config", "stream_audio": 1}', "invalid_request"),
        ('{"type": "input.text", "text": null}', "invalid_request"),
    ],
)
def test_a_mistake_is_an_event_and_nothing_ends(message: str, code: str) -> None:
    with session() as socket:
        socket.send_text(message)
        told = hear(socket)
        assert isinstance(told, dict)
        assert (told["type"], told["error"]["code"]) == ("error", code)
        assert told["message"] == told["error"]["message"]
        assert told["message"].endswith((".", "?"))
        say(socket, "Hello.")
        assert kinds(turn(socket)) == ["audio.start", "sound", "audio.done", "session.done"]


def test_bytes_are_no_messages() -> None:
    with session() as socket:
        socket.send_bytes(b"hello")
        told = hear(socket)
        assert isinstance(told, dict)
        assert (told["type"], told["error"]["code"]) == ("error", "invalid_request")


def failing_second(utterance: Utterance) -> Iterator[Any]:
    yield tone(0.1)
    if utterance.text == "Two.":
        raise errors.EngineCrashed("scripted", "SIGSEGV")
    yield tone(0.1)


def failing_first(said: Utterance) -> Iterator[Any]:
    if said.text == "One.":
        raise errors.EngineFailed("It broke.")
    yield tone(0.1)


def test_a_sentence_that_fails_is_told_apart_and_the_next_is_spoken() -> None:
    engine = ScriptedEngine(failing_second)
    with session(engine, split_granularity="sentence", response_format="pcm", stream_audio=True) as socket:
        say(socket, "One. Two. Three.")
        heard = turn(socket)
    told = [event for event in heard if isinstance(event, dict)]
    (error,) = [event for event in told if event["type"] == "error"]
    assert (error["error"]["code"], error["sentence_index"], error["utterance_index"]) == (
        "engine_crashed",
        1,
        0,
    )
    assert [event["error"] for event in told if event["type"] == "audio.done"] == [False, True, False]
    assert told[-1]["total_sentences"] == 3


def starts(heard: list[dict[str, Any] | bytes]) -> list[tuple[Any, Any]]:
    """Who spoke each file, and who did not."""
    told = [event for event in heard if isinstance(event, dict) and event["type"] == "audio.start"]
    return [(event["engine"], event.get("fallback")) for event in told]


def test_the_next_engine_says_what_the_first_could_not_and_both_are_named() -> None:
    gone = ScriptedEngine(name="first", fail_at=0, error=errors.EngineUnavailable("It is gone."))
    second = ScriptedEngine(name="second")
    with session(gone, second, routed=True, voice="one", split_granularity="sentence") as socket:
        say(socket, "One. Tw", "o. Three.")
        heard = turn(socket)
    sentence = ["audio.start", "sound", "audio.done"]
    assert kinds(heard) == [*sentence, *sentence, *sentence, "session.done"]
    assert starts(heard) == [("second", ["first: engine_unavailable"])] * 3
    assert [said.text for said in second.asked] == ["One.", "Two.", "Three."]


@pytest.mark.parametrize("stream_audio", [True, False])
def test_a_failure_after_the_first_sound_is_told_and_nobody_takes_over(*, stream_audio: bool) -> None:
    first = ScriptedEngine([tone(0.3)] * 3, name="first", fail_at=1, error=errors.EngineFailed("Broken."))
    second = ScriptedEngine(name="second")
    with session(first, second, routed=True, voice="one", stream_audio=stream_audio) as socket:
        say(socket, "Hello.")
        heard = turn(socket)
    assert [kind for kind in kinds(heard) if kind != "sound"] == [
        "audio.start", "error", "audio.done", "session.done",
    ]  # fmt: skip
    assert starts(heard) == [("first", None)]
    assert isinstance(heard[-2], dict)
    assert heard[-2]["error"] is True
    assert second.asked == []


def test_if_nobody_can_speak_the_first_failure_is_told() -> None:
    engines = [
        ScriptedEngine(name=name, fail_at=0, error=error)
        for name, error in (("first", errors.EngineBusy("first")), ("second", errors.EngineFailed("No.")))
    ]
    with session(*engines, routed=True, voice="one") as socket:
        say(socket, "Hello.")
        heard = turn(socket)
    assert kinds(heard) == ["error", "audio.done", "session.done"]
    assert isinstance(heard[0], dict)
    assert (heard[0]["error"]["code"], heard[0]["sentence_index"]) == ("engine_busy", 0)


def test_what_was_left_out_is_told_with_the_first_sentence_that_is_heard() -> None:
    engine = ScriptedEngine(failing_first)
    with session(engine, voice="one", split_granularity="sentence", colour="blue") as socket:
        say(socket, "One. Two. Three.")
        heard = turn(socket)
    begun = [event for event in heard if isinstance(event, dict) and event["type"] == "audio.start"]
    assert [(event["sentence_index"], "warnings" in event) for event in begun] == [(1, True), (2, False)]


def test_a_turn_without_words_says_so_once() -> None:
    with session() as socket:
        say(socket, "... ", "!")
        assert kinds(turn(socket)) == ["error", "session.done"]
        say(socket)
        assert kinds(turn(socket)) == ["session.done"]


def test_warnings_come_with_the_next_sentence() -> None:
    with session(volume=3, split_granularity="sentence") as socket:
        say(socket, "One. Two.")
        first, second = [told for told in turn(socket) if isinstance(told, dict) and "format" in told]
    assert first["warnings"] == ["unknown fields were ignored: 'volume'"]
    assert "warnings" not in second


def test_closing_lets_what_was_begun_be_heard() -> None:
    with session() as socket:
        say(socket, "Hello.")
        socket.send_json({"type": "session.close"})
        assert kinds(turn(socket)) == ["audio.start", "sound", "audio.done", "session.done"]
        with pytest.raises(WebSocketDisconnect) as closed:
            hear(socket)
    assert closed.value.code == 1000


def test_a_session_that_says_nothing_is_closed_and_told_why() -> None:
    with session(idle=0.05) as socket, pytest.raises(WebSocketDisconnect) as closed:
        hear(socket)
    assert closed.value.code == 1001
    assert "too long" in closed.value.reason


@pytest.mark.e2e
def test_a_session_that_listens_is_not_idle() -> None:
    """A long turn is spoken for minutes, in which the client has nothing to say."""
    engine = ScriptedEngine([tone(0.1)] * 6, delay=0.05)
    with session(engine, idle=0.15, response_format="pcm", stream_audio=True) as socket:
        say(socket, "A long answer.")
        assert kinds(turn(socket))[-2:] == ["audio.done", "session.done"]


@pytest.mark.e2e
def test_silence_is_counted_from_the_end_of_the_speech() -> None:
    engine = ScriptedEngine(delay=0.4)
    with session(engine, idle=0.5) as socket:
        for _ in range(2):
            say(socket, "A slow answer.")
            assert kinds(turn(socket))[-2:] == ["audio.done", "session.done"]
            time.sleep(0.3)


def test_a_client_who_leaves_stops_the_engine() -> None:
    engine = ScriptedEngine([tone(0.05)] * 1000, delay=0.01)
    with session(engine, response_format="pcm", stream_audio=True) as socket:
        say(socket, "A long answer.", done=False)
        socket.send_json({"type": "input.done"})
        assert kinds([hear(socket), hear(socket)]) == ["audio.start", "sound"]
        socket.close()
    assert engine.closed == 1
    assert engine.made < 1000


def test_a_fault_closes_the_session_and_shows_nothing_of_the_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr("stentor.api.socket.encoded", broken)
    with session() as socket:
        say(socket, "Hello.")
        assert kinds([hear(socket)]) == ["audio.start"]
        with pytest.raises(WebSocketDisconnect) as closed:
            hear(socket)
    assert closed.value.code == 1011
    assert "secret" not in closed.value.reason


def test_two_engines_can_take_turns_in_one_session() -> None:
    engine = ScriptedEngine()
    with session(ToneEngine(), engine, model="scripted", voice="one") as socket:
        say(socket, "Hello.")
        turn(socket)
        socket.send_json({"type": "session.config", "model": "tone", "voice": "high"})
        say(socket, "Hello.")
        assert kinds(turn(socket)) == ["audio.start", "sound", "audio.done", "session.done"]
    assert len(engine.asked) == 1


def test_who_asks_by_plain_http_is_told_what_this_is() -> None:
    with TestClient(make_api(ScriptedEngine())) as client:
        answer = client.get("/v1/audio/speech/stream")
    assert answer.status_code == 426
    assert answer.json()["error"]["code"] == "upgrade_required"
    assert "WebSocket" in answer.json()["detail"]


def test_times_come_with_each_sentence() -> None:
    with session(voice="middle", timestamps=["word", "sentence"], response_format="pcm") as socket:
        say(socket, "One two. Three.")
        told = [message for message in turn(socket) if isinstance(message, dict)]
    times = [message for message in told if message["type"] == "audio.timestamps"]
    assert [message["type"] for message in told] == [
        "audio.start", "audio.timestamps", "audio.done",
        "audio.start", "audio.timestamps", "audio.done",
        "session.done",
    ]  # fmt: skip
    assert [[(word["word"], word["start"]) for word in message["words"]] for message in times] == [
        [("One", 0.0), ("two.", 0.2)],
        [("Three.", 0.0)],
    ]
    assert [(message["sentence_index"], message["sentences"][0]["char_start"]) for message in times] == [
        (0, 0), (1, 9),
    ]  # fmt: skip


def test_what_was_written_is_told_with_its_sound() -> None:
    with session(ScriptedEngine(), response_format="pcm") as socket:
        say(socket, "It costs $25.")
        start = turn(socket)[0]
    assert isinstance(start, dict)
    assert start["sentence_text"] == "It costs $25."
