"""The conformance kit, on providers that are good, partly so, and bad."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from click.testing import CliRunner
from fastapi import FastAPI, Request
from tests.api.inprocess import make_api
from tests.cloning import CloningEngine
from tests.engines.upstream import Asked, Script, Upstream, Wire, gives_json, upstream
from tests.fakes import tone
from tests.serving import served

from stentor.cli import main
from stentor.errors import InvalidRequest
from stentor.providercheck import ProviderCheck
from stentor.providercheck.finding import Finding, Mark

HEALTHY = {"status": "healthy", "model": "hum", "device": "cpu"}
PASSED, FAILED, NOT_OFFERED = Mark


async def report(url: str, key: str = "") -> dict[str, Finding]:
    return {finding.check: finding async for finding in ProviderCheck(url, key).report()}


def hums(asked: Asked) -> dict[str, Any]:
    """Answer as a good provider does, a twentieth of a second for each character."""
    body = asked.json
    sound = tone(0.05 * len(body["text"]))
    return {"audio": base64.b64encode(sound.tobytes()).decode(), "sample_rate": 24_000, "dtype": "float32"}


def speaks(changed: Callable[[dict[str, Any]], dict[str, Any]] = lambda told: told) -> Script:
    async def script(asked: Asked, wire: Wire) -> None:
        if not isinstance(asked.json.get("text"), str) or not asked.json["text"].strip():
            await wire.json({"detail": "There is no text."}, 422)
        else:
            await wire.json(changed(hums(asked)))

    return script


def parts(form: bytes) -> list[str]:
    """Return the names of a form's fields; it must hold a recording."""
    assert b"RIFF" in form
    return [name.decode() for name in re.findall(rb'; name="(\w+)"', form)]


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        made.answers("/health", gives_json(HEALTHY))
        made.answers("/v1/generate", speaks())
        yield made


async def test_a_stentor_is_a_provider() -> None:
    async with served(make_api()) as url:
        found = await report(url)
    assert not any(finding.counts for finding in found.values())
    assert {check for check, finding in found.items() if finding.mark is not PASSED} == {
        "voice prompt",
        "transcription",
    }
    assert "pieces, the first after" in found["events"].said


async def test_a_plain_provider_need_not_offer_everything(server: Upstream) -> None:
    found = await report(server.url)
    assert not any(finding.counts for finding in found.values())
    assert found["health"].said == "status healthy, model hum, device cpu"
    assert found["seed"].mark is PASSED
    assert {check for check, finding in found.items() if finding.mark is NOT_OFFERED} == {
        "unknown voice",
        "events",
        "voice prompt",
        "transcription",
    }


async def test_a_server_that_reads_the_query_is_a_provider() -> None:
    app = FastAPI()

    @app.post("/v1/generate")
    async def generate(text: str, voice_prompt: dict[str, Any], language: str = "en") -> dict[str, Any]:
        del voice_prompt, language
        return {"audio": tone(0.05 * len(text)).tolist(), "sample_rate": 24_000}

    @app.post("/v1/create_voice_prompt")
    async def create_voice_prompt(request: Request) -> dict[str, Any]:
        assert request.query_params["reference_text"].startswith("The quick")
        return {"voice_prompt": {"form": parts(await request.body())}}

    @app.post("/v1/transcribe")
    async def transcribe(request: Request) -> dict[str, Any]:
        return {"text": " ".join(parts(await request.body()))}

    @app.get("/health")
    async def health() -> dict[str, str]:
        return HEALTHY

    async with served(app) as url:
        found = await report(url)
    assert "asked by the query" in found["generate"].said
    assert found["voice prompt"].mark is PASSED
    assert found["transcription"].mark is PASSED
    assert found["voice prompt"].said.startswith("one of 37 characters, and it speaks: 2.20 s")
    assert "prompt id" not in found
    assert [check for check, finding in found.items() if finding.counts] == ["empty text"]


async def test_a_stentor_that_clones_speaks_by_ids_too() -> None:
    async with served(make_api(CloningEngine())) as url:
        found = await report(url)
    assert [finding for finding in found.values() if finding.counts] == []
    assert found["voice prompt"].mark is PASSED
    assert found["prompt id"].mark is PASSED


@pytest.mark.parametrize(
    ("named", "known", "check", "because"),
    [
        (True, "p-1", "prompt id", ""),
        (False, "p-1", "prompt id", "no header"),
        (True, "p-2", "prompt id", "409: Who"),
        (True, "", "prompt id", "an id that nobody has is answered with 200"),
        (True, "nothing", "voice prompt", "409: Who"),
    ],
)
async def test_a_provider_that_remembers_prompts_badly_is_found(
    server: Upstream, *, named: bool, known: str, check: str, because: str
) -> None:
    """Speaks by the whole prompt, unless it knows nothing, and by the id it knows; any, if that is empty."""
    plain = speaks()

    async def remembers(asked: Asked, wire: Wire) -> None:
        prompt = asked.json.get("voice_prompt")
        identity = prompt.get("id", "") if isinstance(prompt, dict) else ""
        if (identity and known and identity != known) or (prompt == {"tensors": "A"} and known == "nothing"):
            await wire.json({"error": {"code": "prompt_unknown", "message": "Who?"}}, 409)
        elif named and prompt:
            await wire.json(hums(asked), X_Voice_Prompt_Id="p-1")
        else:
            await plain(asked, wire)

    server.answers("/health", gives_json(HEALTHY | {"capabilities": {"prompt_ids": True}}))
    server.answers("/v1/generate", remembers)
    server.answers("/v1/create_voice_prompt", gives_json({"voice_prompt": {"tensors": "A"}}))
    finding = (await report(server.url))[check]
    assert (finding.mark is PASSED) is (not because)
    assert because in finding.said
    assert finding.counts is bool(finding.remedy)


@pytest.mark.parametrize("told", [{}, {"voice_prompt": {}}, {"voice_prompt": "a pickle"}, []])
async def test_a_prompt_that_is_none_is_found(server: Upstream, told: Any) -> None:
    server.answers("/v1/create_voice_prompt", gives_json(told))
    assert (await report(server.url))["voice prompt"].counts


async def test_a_key_that_is_not_checked_is_found(server: Upstream) -> None:
    good = speaks()
    keys = {"sesame", "not-the-key"}

    async def locked(asked: Asked, wire: Wire) -> None:
        if asked.headers.get("x-api-key") not in keys:
            await wire.json({"detail": "Invalid API key"}, 401)
        else:
            await good(asked, wire)

    server.answers("/v1/generate", locked)
    assert (await report(server.url, "sesame"))["wrong key"].counts
    keys.remove("not-the-key")
    assert (await report(server.url, "sesame"))["wrong key"].mark is PASSED
    assert (await report(server.url))["generate"].said == "401: Invalid API key"


async def test_a_provider_that_asks_for_no_key_is_one(server: Upstream) -> None:
    found = await report(server.url, "sesame")
    assert not any(finding.counts for finding in found.values())
    assert found["wrong key"].mark is NOT_OFFERED
    assert "speaks for whoever reaches it" in found["wrong key"].said


@pytest.mark.parametrize(
    ("changed", "check", "because"),
    [
        (lambda told: told | {"dtype": "int16"}, "samples", ""),
        (lambda told: told | {"sample_rate": 4000}, "samples", "last 13"),
        (lambda told: told | {"audio": ""}, "samples", "silence"),
        (lambda told: told | {"dtype": "bfloat16"}, "generate", "none of"),
        (lambda _: {"audio": tone(2).tolist(), "sample_rate": 24_000}, "longer text", "last 2.00 s"),
    ],
)
async def test_sound_that_is_wrong_is_found(
    server: Upstream, changed: Callable[[dict[str, Any]], dict[str, Any]], check: str, because: str
) -> None:
    server.answers("/v1/generate", speaks(changed))
    finding = (await report(server.url))[check]
    assert finding.counts
    assert because in finding.said
    assert finding.remedy


@pytest.mark.parametrize(
    ("told", "because"),
    [
        (b'data: {"type":"speech.audio.delta","audio":"AAAA"}\n\n', "without speech.audio.done"),
        (b'data: {"type":"speech.audio.delta","audio":"?"}\n\n', "not base64"),
        (b"data: nonsense\n\n", "an event says nonsense"),
        (b'data: {"type":"speech.audio.done"}\n\n', "silence"),
    ],
)
async def test_events_that_are_wrong_are_found(server: Upstream, told: bytes, because: str) -> None:
    plain = speaks()

    async def streams(asked: Asked, wire: Wire) -> None:
        if asked.headers["accept"] == "text/event-stream":
            await wire.whole(told, Content_Type="text/event-stream", X_Sample_Rate=24_000)
        else:
            await plain(asked, wire)

    server.answers("/v1/generate", streams)
    finding = (await report(server.url))["events"]
    assert finding.counts
    assert because in finding.said


async def test_errors_without_a_reason_are_found(server: Upstream) -> None:
    plain = speaks()

    async def mute(asked: Asked, wire: Wire) -> None:
        if asked.json["text"] == "":
            await wire.whole(b"", 400)
        elif not isinstance(asked.json["text"], str):
            await wire.json({"error": "Traceback"}, 500)
        else:
            await plain(asked, wire)

    server.answers("/v1/generate", mute)
    found = await report(server.url)
    assert "without a reason" in found["empty text"].said
    assert found["wrong body"].said == "answered with 500"


async def test_a_server_that_is_not_there_is_told_in_a_sentence() -> None:
    async with upstream() as gone:
        url = gone.url
    (finding,) = (await report(url)).values()
    assert finding.counts
    assert finding.said == "the server refused the connection"


async def test_a_server_that_speaks_no_http_is_told_in_a_sentence() -> None:
    async def greets(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-Hello\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(greets, "127.0.0.1", 0) as server:
        (finding,) = (await report(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")).values()
    assert finding.said == "the server answered with what is not HTTP"


@pytest.mark.parametrize(
    ("body", "said"), [(b"", "404"), (b"<html><title>Not here</title></html>", "404: a page of HTML")]
)
async def test_a_server_that_is_something_else_is_told_in_short(
    server: Upstream, body: bytes, said: str
) -> None:
    async def other(_asked: Asked, wire: Wire) -> None:
        await wire.whole(body, 404, Content_Type="text/html")

    server.answers("/health", other)
    server.answers("/v1/generate", other)
    found = await report(server.url)
    assert found["health"].said == "GET /health is answered with 404"
    assert found["generate"].said == said


def test_a_url_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="is no URL"):
        ProviderCheck("gpu-box:8000")


async def test_the_command_reports_and_tells_by_its_status(server: Upstream) -> None:
    good = await asyncio.to_thread(CliRunner().invoke, main, ["provider-check", server.url])
    assert good.exit_code == 0, good.output
    assert "passed       samples" in good.output
    assert good.output.endswith("It is a provider.\n")
    server.answers("/health", gives_json({}, 404))
    bad = await asyncio.to_thread(CliRunner().invoke, main, ["provider-check", server.url])
    assert bad.exit_code == 1
    assert "1 check failed that a provider must pass" in bad.output
    written = await asyncio.to_thread(CliRunner().invoke, main, ["provider-check", "--json", server.url])
    told = json.loads(written.output)
    assert (written.exit_code, told["conforms"], told["url"]) == (1, False, server.url)
    assert [check["check"] for check in told["checks"] if check["mark"] == "failed"] == ["health"]
