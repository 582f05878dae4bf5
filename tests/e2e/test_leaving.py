"""Callers who leave, at any moment: the work stops, and nothing is left behind."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.e2e.server import Server, http_request, running
from tests.hearing import pcm, rms

SPEECH = "/v1/audio/speech"
SENTENCE = "This is a sentence that somebody will not hear to its end."
LONG = " ".join(f"Number {number}: {SENTENCE}" for number in range(40))


@dataclass(frozen=True)
class Footprint:
    """What a server holds of the machine."""

    threads: int
    descriptors: int
    workers: frozenset[int]
    restarts: int


def footprint(server: Server) -> Footprint:
    """Measure a server that has nothing to do."""
    assert server.settles(), f"it still works: {server.espeak()}"
    process = server.process
    return Footprint(
        process.num_threads(),
        process.num_fds(),
        frozenset(child.pid for child in process.children(recursive=True)),
        server.espeak()["restarts"],
    )


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Run a server whose WebSockets may be silent for two seconds, with its threads all started."""
    variables = {"STENTOR_API_WEBSOCKET_IDLE_SECONDS": "2"}
    with running(tmp_path_factory.mktemp("leaving"), variables) as server:
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(lambda _: server.speak(LONG[:600], speed=3.9).content, range(16)))
        yield server


@pytest.fixture
def nothing_is_left(idle: Server) -> Iterator[None]:
    """Hold that a server is after a test as it was before, and still speaks."""
    before = footprint(idle)
    yield
    deadline = time.monotonic() + 10
    while (after := footprint(idle)) != before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert after == before
    assert rms(pcm(idle.speak("Still here.", response_format="pcm").content)) > 0.02


def speech_request(text: str = LONG, **fields: Any) -> bytes:
    body = json.dumps({"model": "tts-1", "voice": "alloy", "input": text} | fields).encode()
    return http_request(SPEECH, body, "Content-Type: application/json")


def reset(connection: socket.socket) -> None:
    """Leave without a goodbye: the other side sees a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


LEAVINGS = ("half a request", "at once", "soon", "at the first chunk", "after more", "reset", "half closed")


def leave(server: Server, number: int) -> None:
    """Ask, and leave in one of many ways."""
    how = LEAVINGS[number % len(LEAVINGS)]
    chance = random.Random(number)
    shapes: list[dict[str, Any]] = [
        {}, {"stream": False}, {"stream_format": "sse"}, {"response_format": "pcm"},
    ]  # fmt: skip
    shape = chance.choice(shapes)
    text = LONG if how == "after more" else chance.choice([LONG, SENTENCE, "Hi."])
    request = speech_request(text, **shape)
    connection = server.connect()
    with contextlib.closing(connection), contextlib.suppress(ConnectionError):
        if how == "half a request":
            connection.sendall(request[: len(request) // 2])
            return
        connection.sendall(request)
        if how == "soon":
            time.sleep(chance.uniform(0, 0.02))
        elif how == "at the first chunk":
            connection.recv(1000)
        elif how == "after more":
            for _ in range(4):
                connection.recv(4000)
        elif how == "half closed":
            connection.shutdown(socket.SHUT_WR)
            time.sleep(0.005)
        elif how == "reset":
            connection.recv(100)
            reset(connection)


@pytest.mark.usefixtures("nothing_is_left")
def test_two_hundred_callers_leave_and_nobody_misses_them(idle: Server) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda number: leave(idle, number), range(200)))


@pytest.mark.usefixtures("nothing_is_left")
def test_a_caller_who_leaves_after_a_short_answer_was_made_kills_no_worker(idle: Server) -> None:
    """The worker is done long before the caller has read; there is nothing to stop any more."""
    for _ in range(6):
        with contextlib.closing(idle.connect()) as connection:
            connection.sendall(speech_request("Hi. " * 3, response_format="pcm"))
            connection.recv(100)
            reset(connection)
    time.sleep(2.5)  # a worker that does not answer a cancellation is killed after two seconds


@pytest.mark.usefixtures("nothing_is_left")
def test_slow_readers_hear_everything_and_keep_no_one_waiting(idle: Server) -> None:
    """More callers than workers have stopped reading; somebody else is answered all the same."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(contextlib.closing(idle.connect())) for _ in range(6)]
        for connection in sockets:
            connection.sendall(speech_request(response_format="pcm", sample_rate=48_000))
        time.sleep(1)
        assert idle.espeak()["busy"] + idle.espeak()["waiting"], "they were to be stalled by now"
        asked = {"model": "tts-1", "voice": "nova", "input": "I do not wait for them."}
        answer = httpx.post(f"{idle.url}{SPEECH}", json=asked, timeout=5)
        assert answer.status_code == 200
        for connection in sockets[::2]:
            heard = bytearray()
            while not heard.endswith(b"\r\n0\r\n\r\n") and (part := connection.recv(1 << 20)):
                heard += part
            assert heard.endswith(b"\r\n0\r\n\r\n")
            assert len(heard) > 48_000 * 2 * 60


HANDSHAKE = http_request(
    f"{SPEECH}/stream",
    b"",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    method="GET",
)


@pytest.mark.usefixtures("nothing_is_left")
def test_half_open_websockets_are_closed_after_a_while(idle: Server) -> None:
    sockets = [idle.connect() for _ in range(5)]
    for connection in sockets:
        connection.sendall(HANDSHAKE)
        assert b" 101 " in connection.recv(4096)
    for connection in sockets:
        with contextlib.closing(connection):
            connection.settimeout(10)
            closing = connection.recv(4096)
            assert closing[:1] == b"\x88", "a close frame was expected"
            assert int.from_bytes(closing[2:4]) == 1001


@pytest.mark.usefixtures("nothing_is_left")
def test_a_websocket_dropped_in_mid_sentence_stops_its_work(idle: Server) -> None:
    url = f"ws://127.0.0.1:{idle.port}{SPEECH}/stream"
    for dropped in range(20):
        with contextlib.suppress(ConnectionClosed, OSError), connect(url) as connection:
            connection.send(json.dumps({"type": "session.config", "stream_audio": True, "voice": "nova"}))
            connection.send(json.dumps({"type": "input.text", "text": LONG[: 200 + 100 * dropped]}))
            if dropped % 2:
                assert json.loads(connection.recv(timeout=10))["type"] == "audio.start"
            if dropped % 3:
                connection.socket.shutdown(socket.SHUT_RDWR)


def test_a_server_ends_promptly_while_callers_still_listen(tmp_path: Path) -> None:
    """Ctrl-C lets what was begun go on for `graceful_seconds` and not longer."""
    with contextlib.ExitStack() as stack, running(tmp_path, {"STENTOR_GRACEFUL_SECONDS": "1"}) as server:
        connection = stack.enter_context(contextlib.closing(server.connect()))
        connection.sendall(speech_request(response_format="pcm", sample_rate=48_000))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        stack.enter_context(connect(f"ws://127.0.0.1:{server.port}{SPEECH}/stream"))


def descriptors_once_quiet(server: Server) -> int:
    """Count what is open when the connections that asked for its health are gone."""
    time.sleep(0.5)
    return server.process.num_fds()


@contextlib.contextmanager
def reading_nothing(server: Server) -> Iterator[socket.socket]:
    """Connect with hardly any room for what will come; at the end the server must have hung up by itself."""
    before = descriptors_once_quiet(server)
    with contextlib.closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", server.port))
        yield connection
        assert server.process.num_fds() > before
        deadline = time.monotonic() + 15
        while server.process.num_fds() > before and time.monotonic() < deadline:
            time.sleep(0.1)
        assert server.process.num_fds() == before
    assert rms(pcm(server.speak("Still here.", response_format="pcm").content)) > 0.02


def test_a_caller_who_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    """A reader may be slow, and may pause; one who stops for good gives back his place."""
    with running(tmp_path, {"STENTOR_STALLED_SECONDS": "2"}) as server, reading_nothing(server) as connection:
        connection.sendall(speech_request(response_format="pcm", sample_rate=48_000))
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def masked(message: dict[str, Any]) -> bytes:
    """Write a message to the server as a frame, under a mask that changes nothing."""
    text = json.dumps(message).encode()
    length = bytes([0x80 + len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2)
    return b"\x81" + length + bytes(4) + text


def test_a_websocket_whose_client_takes_nothing_is_cut_off(tmp_path: Path) -> None:
    variables = {"STENTOR_API_WEBSOCKET_IDLE_SECONDS": "1", "STENTOR_STALLED_SECONDS": "4"}
    with running(tmp_path, variables) as server, reading_nothing(server) as connection:
        connection.sendall(HANDSHAKE)
        assert b" 101 " in connection.recv(4096)
        connection.sendall(
            masked({"type": "session.config", "response_format": "pcm", "sample_rate": 48_000})
            + masked({"type": "input.text", "text": LONG[:3900]})
            + masked({"type": "input.done"})
        )
        time.sleep(1)
        assert server.settles(), "its work must end before its connection does"


def test_a_websocket_is_closed_by_its_client_while_much_waits_to_be_spoken(idle: Server) -> None:
    url = f"ws://127.0.0.1:{idle.port}{SPEECH}/stream"
    with connect(url, max_queue=None) as connection:
        connection.send(json.dumps({"type": "session.config", "response_format": "pcm", "speed": 0.25}))
        for _ in range(10):
            connection.send(json.dumps({"type": "input.text", "text": LONG[:2000]}))
            connection.send(json.dumps({"type": "input.done"}))
        connection.send(json.dumps({"type": "session.close"}))
        assert json.loads(connection.recv(timeout=10))["type"] == "audio.start"
        left = time.monotonic()
    assert idle.settles()
    assert time.monotonic() - left < 2


def test_a_client_who_writes_far_ahead_is_told_that_it_does(idle: Server) -> None:
    url = f"ws://127.0.0.1:{idle.port}{SPEECH}/stream"
    turn = (json.dumps({"type": "input.text", "text": LONG[:4000]}), json.dumps({"type": "input.done"}))
    with connect(url, max_queue=None, max_size=None) as connection:
        with contextlib.suppress(ConnectionClosed):
            for message in turn * 3000:
                connection.send(message)
        with contextlib.suppress(ConnectionClosed):
            while True:
                connection.recv(timeout=10)
        assert connection.close_code == 1008
    assert idle.settles(3)
