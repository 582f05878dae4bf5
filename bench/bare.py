"""The least that could do the same work: what Stentor is measured against.

`python -m bench.bare paced` serves paced audio from bare ASGI. `python -m bench.bare engine` speaks sentences
with the espeak library in a loop and prints the CPU seconds, for each number of repetitions it reads.
`python -m bench.bare forward` hands on the streams of another server with nothing but aiohttp.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

import uvicorn
import uvloop

from bench.engines import CHUNK_SECONDS, RATE


def serve(application: Any) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
    config = uvicorn.Config(
        application,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        lifespan="off",
        proxy_headers=False,
    )
    uvicorn.Server(config).run(sockets=[listening])


async def paced(_scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """Answer with as many chunks of 100 ms as the body's `input` says, one each 100 ms."""
    message = await receive()
    count = int(json.loads(message["body"])["input"]) if message.get("body") else 0
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"audio/pcm")]})
    chunk = bytes(round(2 * RATE * CHUNK_SECONDS))
    loop = asyncio.get_running_loop()
    began = loop.time()
    for index in range(count):
        await asyncio.sleep(max(0.0, began + index * CHUNK_SECONDS - loop.time()))
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def forward(url: str) -> None:
    """Ask another server what was asked, and pass on what it says piece by piece."""
    from aiohttp import ClientSession, web  # noqa: PLC0415

    async with ClientSession(auto_decompress=False) as session:

        async def passed_on(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            headers = {"content-type": "application/json"}
            async with session.request(
                request.method, url + request.path, data=body, headers=headers
            ) as answer:
                response = web.StreamResponse(
                    status=answer.status, headers={"content-type": answer.headers["content-type"]}
                )
                await response.prepare(request)
                async for piece in answer.content.iter_any():
                    await response.write(piece)
                await response.write_eof()
                return response

        application = web.Application()
        application.router.add_route("*", "/{path:.*}", passed_on)
        runner = web.AppRunner(application, access_log=None)
        await runner.setup()
        listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
        await web.SockSite(runner, listening).start()
        print(f"http://127.0.0.1:{listening.getsockname()[1]}", flush=True)
        await asyncio.Event().wait()


def engine(sentence: str, voice: str) -> None:
    """Speak and resample in a loop: what one sentence costs without any server."""
    import espeakng_loader  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415
    import soxr  # noqa: PLC0415

    library = ctypes.CDLL(str(espeakng_loader.get_library_path()))
    signature = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
    library.espeak_Initialize(2, 100, str(espeakng_loader.get_data_path()).encode(), 0x8000)
    library.espeak_SetVoiceByName(voice.encode())
    parts: list[bytes] = []

    def take(samples: Any, count: int, _events: Any) -> int:
        if count > 0:
            parts.append(ctypes.string_at(samples, 2 * count))
        return 0

    callback = signature(take)
    library.espeak_SetSynthCallback(callback)
    text = sentence.encode()
    for line in sys.stdin:
        began = time.process_time()
        for _ in range(int(line)):
            parts.clear()
            library.espeak_Synth(text, len(text) + 1, 0, 0, 0, 1, None, None)
            samples = np.frombuffer(b"".join(parts), np.int16)
            soxr.ResampleStream(22050, 24000, 1, dtype="int16", quality="HQ").resample_chunk(
                samples, last=True
            ).tobytes()
        print(time.process_time() - began, flush=True)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["paced"]:
            serve(paced)
        case ["forward", url]:
            uvloop.run(forward(url))
        case ["engine", sentence, voice]:
            engine(sentence, voice)
