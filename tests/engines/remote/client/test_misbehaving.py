"""Servers that stall, drip, cut and lie."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from time import perf_counter
from typing import Any

import pytest
from tests.engines.remote.calling import MEGABYTE, client_of, get, head_only, nothing, stalls
from tests.engines.upstream import Asked, Script, Upstream, Wire, chunked, gives_json, whole

from stentor.engines.remote import client as client_module
from stentor.errors import EngineBusy, EngineError, EngineFailed, EngineUnavailable


async def dripping_headers(asked: Asked, wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await wire.send(b"X-A: b\r\n")
        await asyncio.sleep(0.02)


async def drips(asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked")
    while True:
        await wire.chunk(b" ")
        await asyncio.sleep(0.02)


async def huge_headers(asked: Asked, wire: Wire) -> None:
    await wire.head(X_Huge="a" * 100_000)


async def many_headers(asked: Asked, wire: Wire) -> None:
    await wire.head(**{f"X_{number}": "a" for number in range(5000)})


async def short(asked: Asked, wire: Wire) -> None:
    await wire.head(Content_Length=100)
    await wire.send(b"some")
    wire.writer.close()


async def cut_chunks(asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked")
    await wire.chunk(b"some")
    await asyncio.sleep(0.01)
    wire.cut()


async def broken_chunks(asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked")
    await wire.chunk(b"some")
    await asyncio.sleep(0.01)
    await wire.send(b"zzz\r\n")


async def endless(asked: Asked, wire: Wire) -> None:
    await wire.head(Transfer_Encoding="chunked")
    while True:
        await wire.chunk(b"a" * 10_000)


async def no_http(asked: Asked, wire: Wire) -> None:
    await wire.send(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


BROKEN: list[tuple[Script, type[EngineError], str]] = [
    (nothing, EngineUnavailable, "no answer within 0.2 s"),
    (dripping_headers, EngineUnavailable, "no answer within 0.2 s"),
    (head_only, EngineUnavailable, "no answer within"),
    (stalls, EngineFailed, "in the middle of its answer: nothing came for 0.2 s"),
    (drips, EngineFailed, "took too long for its answer"),
    (huge_headers, EngineFailed, "what is not HTTP"),
    (many_headers, EngineFailed, "what is not HTTP"),
    (short, EngineFailed, "in the middle of its answer: the connection was cut"),
    (cut_chunks, EngineFailed, "in the middle of its answer: the connection was cut"),
    (broken_chunks, EngineFailed, "in the middle of its answer"),
    (endless, EngineFailed, "more than 1,048,576 bytes"),
    (no_http, EngineFailed, "what is not HTTP"),
    (whole(b"x", Content_Encoding="gzip"), EngineFailed, "compressed"),
    (whole(b"", 302, Location="https://evil.example/"), EngineFailed, "redirect (302) to evil.example"),
    (whole(b"", 204), EngineFailed, "what is not JSON"),
    (whole(b"[" * 100_000), EngineFailed, "what is not JSON"),
    (whole(b"1" * 100_000), EngineFailed, "what is not JSON"),
    (gives_json({"detail": "Not now"}, 503, Retry_After=9), EngineBusy, "in 9 s"),
    (gives_json({"error": {"message": "Bad voice"}}, 400), EngineFailed, "(400): Bad voice."),
    (whole(b"a" * 1_000_000, 500), EngineUnavailable, "its server failed (500): aaa"),
]


@pytest.mark.parametrize(("script", "kind", "said"), BROKEN, ids=range(len(BROKEN)))
async def test_a_server_that_misbehaves_is_one_of_our_errors(
    server: Upstream, script: Script, kind: type[EngineError], said: str
) -> None:
    server.answers("/", script)
    patience: dict[str, Any] = {
        "connect_seconds": 0.1, "answer_seconds": 0.2, "stalled_seconds": 0.2, "whole_seconds": 0.5,
    }  # fmt: skip
    async with client_of(server.url, **patience) as client:
        async with asyncio.timeout(3):
            with pytest.raises(EngineError) as failed:
                async with client.call("GET", "/") as answer:
                    await answer.json(MEGABYTE)
        assert client.busy == 0
    assert type(failed.value) is kind
    assert said in failed.value.message
    assert failed.value.message.startswith("The engine cloud ")
    assert failed.value.message.isprintable()


async def test_an_error_that_never_ends_is_told_all_the_same(
    server: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(asked: Asked, wire: Wire) -> None:
        await wire.head(400, Content_Length=100)
        await wire.send(b"No such voice")
        await wire.left()

    monkeypatch.setattr(client_module, "_COMPLAINS_WITHIN", 0.05)
    server.answers("/", script)
    async with client_of(server.url) as client:
        with pytest.raises(EngineFailed, match="No such voice"):
            await get(client)


async def test_what_came_before_a_cut_was_given(server: Upstream) -> None:
    server.answers("/", cut_chunks)
    heard = []
    async with client_of(server.url) as client, client.call("GET", "/") as answer:
        pieces = answer.pieces(MEGABYTE)
        heard.append(await anext(pieces))
        with pytest.raises(EngineFailed):
            await anext(pieces)
    assert heard == [b"some"]


async def test_a_slow_taker_is_not_a_stalled_server(server: Upstream) -> None:
    server.answers("/", chunked([b"a" * MEGABYTE] * 4))
    async with client_of(server.url, stalled_seconds=0.1) as client, client.call("GET", "/") as answer:
        taken = 0
        async with aclosing(answer.pieces(8 * MEGABYTE)) as pieces:
            async for piece in pieces:
                if not taken:
                    await asyncio.sleep(0.3)
                taken += len(piece)
    assert taken == 4 * MEGABYTE


async def test_a_server_that_takes_its_time_to_begin_may_not_stall_as_long(server: Upstream) -> None:
    async def script(asked: Asked, wire: Wire) -> None:
        await asyncio.sleep(0.3)
        await stalls(asked, wire)

    server.answers("/", script)
    async with (
        client_of(server.url, answer_seconds=5, stalled_seconds=0.1) as client,
        client.call("GET", "/") as answer,
    ):
        began = perf_counter()
        with pytest.raises(EngineFailed, match=r"nothing came for 0\.1 s"):
            await answer.read(MEGABYTE)
        assert perf_counter() - began < 3
