"""A client for one server: what it sends, what it survives, and how soon a server sees it leave."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from time import perf_counter

import pytest
from tests.engines.remote.calling import MEGABYTE, client_of, get, head_only, nothing, stalls
from tests.engines.upstream import Asked, Script, Upstream, Wire, chunked, gives_json, upstream, whole
from tests.tools import need

from stentor.engines.remote import client as client_module
from stentor.engines.remote.client import Client, Part
from stentor.engines.remote.config import RemoteConfig
from stentor.errors import EngineBusy, EngineFailed, EngineUnavailable


async def test_a_request_is_json_with_our_headers_and_an_answer_its_bytes(server: Upstream) -> None:
    server.answers("/v1/speech", chunked([b"ab", b"c"], Content_Type='Audio/PCM; rate="22050"; x'))
    headers = {"Authorization": "Bearer sesame"}
    async with client_of(f"{server.url}/v1/", headers) as client:
        async with client.call("POST", "/speech", {"input": "Grüße"}, accept="audio/pcm") as answer:
            assert client.busy == 1
            assert (answer.status, answer.media_type, answer.parameters["rate"]) == (
                200,
                "audio/pcm",
                "22050",
            )
            assert await answer.read(MEGABYTE) == b"abc"
        assert client.busy == 0
    asked = server.asked[0]
    assert (asked.method, asked.path, asked.json) == ("POST", "/v1/speech", {"input": "Grüße"})
    assert asked.headers["authorization"] == "Bearer sesame"
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept"] == "audio/pcm"
    assert asked.headers["accept-encoding"] == "identity"
    assert asked.headers["user-agent"].startswith("stentor/")


async def test_a_form_has_its_parts(server: Upstream) -> None:
    server.answers("/prompt", gives_json({"ok": True}))
    parts = [Part("audio", b"RIFF", "a.wav", "audio/wav"), Part("reference_text", "Hello")]
    async with client_of(server.url) as client:
        assert await client.ask("POST", "/prompt", parts) == {"ok": True}
    asked = server.asked[0]
    assert asked.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="audio"; filename="a.wav"' in asked.body
    assert b"RIFF" in asked.body
    assert b"Hello" in asked.body


async def test_a_large_body_arrives_whole(server: Upstream) -> None:
    server.answers("/prompt", gives_json(None))
    async with client_of(server.url) as client:
        assert await client.ask("POST", "/prompt", {"prompt": "a" * 3 * MEGABYTE}) is None
    assert len(server.asked[0].json["prompt"]) == 3 * MEGABYTE


async def test_a_connection_is_used_again(server: Upstream) -> None:
    server.answers("/", chunked([b"a"]))
    server.answers("/v", gives_json([1]))
    async with client_of(server.url) as client:
        for _ in range(3):
            assert await get(client) == b"a"
            assert await client.ask("GET", "/v") == [1]
    assert server.connections == 1


async def test_a_connection_that_was_closed_meanwhile_is_no_failure(server: Upstream) -> None:
    """The server closes it just as it reads the next request on it."""

    async def script(asked: Asked, wire: Wire) -> None:
        if len(server.asked) == 2:
            wire.cut()
            return
        await wire.whole(b"[1]")

    server.answers("/", script)
    async with client_of(server.url) as client:
        assert await client.ask("POST", "/", {"input": "a"}) == [1]
        assert await client.ask("POST", "/", {"input": "b"}) == [1]
    assert [asked.connection for asked in server.asked] == [0, 0, 1]


async def test_a_fresh_connection_that_is_hung_up_is_not_tried_again(server: Upstream) -> None:
    async def script(asked: Asked, wire: Wire) -> None:
        wire.cut()

    server.answers("/", script)
    async with client_of(server.url) as client:
        with pytest.raises(EngineUnavailable, match="cloud is not available: its server hung up"):
            await client.ask("POST", "/")
    assert len(server.asked) == 1


async def test_nobody_listens() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        async with client_of(f"http://127.0.0.1:{held.getsockname()[1]}") as client:
            with pytest.raises(EngineUnavailable, match="its server refused the connection"):
                await get(client)


async def test_a_name_that_is_nobody_s() -> None:
    async with client_of("http://no-such-host.invalid") as client:
        with pytest.raises(
            EngineUnavailable, match=r"the name of its server, 'no-such-host\.invalid', is not"
        ):
            await get(client)


async def test_a_server_that_takes_no_connection_is_not_waited_for() -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        port = listening.getsockname()[1]
        held = [socket.socket() for _ in range(3)]
        try:
            for each in held:
                each.setblocking(False)
                each.connect_ex(("127.0.0.1", port))
            async with client_of(f"http://127.0.0.1:{port}", connect_seconds=0.1) as client:
                with pytest.raises(EngineUnavailable, match=r"no connection to its server within 0\.1 s"):
                    await get(client)
        finally:
            for each in held:
                each.close()


async def leave_early(client: Client) -> None:
    """Leave while the server has not answered."""
    task = asyncio.create_task(get(client))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def leave_in_the_middle(client: Client) -> None:
    async with client.call("GET", "/") as answer, aclosing(answer.pieces(MEGABYTE)) as pieces:
        await anext(pieces)


async def leave_unread(client: Client) -> None:
    async with client.call("GET", "/"):
        pass


@pytest.mark.parametrize(
    ("script", "leave"), [(nothing, leave_early), (stalls, leave_in_the_middle), (head_only, leave_unread)]
)
async def test_a_server_sees_at_once_that_its_caller_left(
    server: Upstream, script: Script, leave: Callable[[Client], Awaitable[None]]
) -> None:
    server.answers("/", script)
    async with client_of(server.url) as client:
        await leave(client)
        left = perf_counter()
        async with asyncio.timeout(1):
            await server.left.wait()
        assert server.left_at[0] - left < 0.05
        assert client.busy == 0


async def test_more_requests_than_its_connections_are_refused_and_not_queued(server: Upstream) -> None:
    server.answers("/", stalls)
    async with client_of(server.url, connections=2) as client:
        async with client.call("GET", "/"), client.call("GET", "/"):
            with pytest.raises(EngineBusy, match="cloud"):
                await get(client)
        async with client.call("GET", "/"):
            pass
    assert len(server.asked) == 3


async def test_nothing_is_kept_or_taken_from_the_environment(
    server: Upstream, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password sesame\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answers("/", whole(b"a", Set_Cookie="a=b; Path=/"))
    async with client_of(server.url) as client:
        assert await get(client) == b"a"
        assert await get(client) == b"a"
    for asked in server.asked:
        assert not {"cookie", "authorization"} & asked.headers.keys()


async def test_a_proxy_is_used_if_the_settings_name_one(server: Upstream) -> None:
    server.answers("*", whole(b"by the proxy"))
    async with client_of("http://far.invalid/v1", proxy=server.url) as client:
        assert await get(client, "/models") == b"by the proxy"
    assert server.asked[0].path == "http://far.invalid/v1/models"


async def test_a_proxy_that_refuses_is_not_taken_for_the_server(server: Upstream) -> None:
    server.answers("*", whole(b"", 407))
    async with client_of("https://far.invalid/v1", proxy=server.url) as client:
        with pytest.raises(EngineUnavailable, match="its proxy refused to go on"):
            await get(client)


async def test_a_proxy_that_is_not_there_is_not_taken_for_the_server(server: Upstream) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{held.getsockname()[1]}"
        for url in (server.url, "https://far.invalid/v1"):
            async with client_of(url, proxy=proxy) as client:
                with pytest.raises(EngineUnavailable, match="its proxy refused the connection"):
                    await get(client)
    async with client_of(server.url, proxy="http://me:sesame@no-such-host.invalid:3128") as client:
        with pytest.raises(
            EngineUnavailable, match=r"the name of its proxy, 'no-such-host\.invalid', is not"
        ) as met:
            await get(client)
        assert "sesame" not in met.value.message


async def test_an_engine_that_was_not_opened_or_is_closed_is_not_available(server: Upstream) -> None:
    client = Client("cloud", RemoteConfig(url=server.url))
    await client.close()
    with pytest.raises(EngineUnavailable, match="it was not opened"):
        await get(client)
    await client.open()
    await client.close()
    await client.close()
    with pytest.raises(EngineUnavailable, match="it was not opened"):
        async with client.elsewhere(server.url):
            pass


async def test_a_whole_answer_has_one_deadline(server: Upstream) -> None:
    async def script(asked: Asked, wire: Wire) -> None:
        await wire.head(Transfer_Encoding="chunked")
        while True:
            await wire.chunk(b" ")
            await asyncio.sleep(0.02)

    server.answers("/", script)
    async with client_of(server.url, answer_seconds=0.2) as client:
        with pytest.raises(EngineUnavailable, match=r"no answer within 0\.2 s"):
            await client.ask("GET", "/")


async def test_events_are_read_as_they_come(server: Upstream) -> None:
    parts = [b"event: x\nda", b"ta: 1\n\ndata: 2\n\n", b"data: 3"]
    server.answers("/", chunked(parts, Content_Type="text/event-stream"))
    async with client_of(server.url) as client, client.call("GET", "/") as answer:
        events = [event async for event in answer.events(MEGABYTE)]
    assert [(event.kind, event.data) for event in events] == [("x", "1"), ("message", "2")]


async def test_an_event_without_an_end_is_a_failure(
    server: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_LONGEST_EVENT", 1000)
    server.answers("/", chunked([b"data: " + b"a" * 2000]))
    async with client_of(server.url) as client, client.call("GET", "/") as answer:
        with pytest.raises(EngineFailed, match="an event is longer than 1,000 bytes"):
            [event async for event in answer.events(MEGABYTE)]


async def test_what_is_left_of_an_answer_is_drained_if_it_is_there(server: Upstream) -> None:
    async def lingers(asked: Asked, wire: Wire) -> None:
        await stalls(asked, wire)

    server.answers("/", chunked([b"a", b"b"]))
    server.answers("/lingers", lingers)
    async with client_of(server.url) as client:
        for path in ("/", "/", "/lingers", "/"):
            async with client.call("GET", path) as answer:
                async with aclosing(answer.pieces(MEGABYTE)) as pieces:
                    await anext(pieces)
                await answer.drain()
    assert [asked.connection for asked in server.asked] == [0, 0, 0, 1]


async def test_what_lies_elsewhere_is_fetched_without_the_key(server: Upstream) -> None:
    async with upstream() as bucket:
        bucket.answers("/result.ogg?signature=1", whole(b"OggS"))
        async with (
            client_of(server.url, {"X-API-Key": "sesame"}) as client,
            client.elsewhere(f"{bucket.url}/result.ogg?signature=1") as answer,
        ):
            assert await answer.read(MEGABYTE) == b"OggS"
    assert "x-api-key" not in bucket.asked[0].headers


@pytest.mark.parametrize("scheme", ["file:///etc/passwd", "ftp://host/a", "//host/a", "a", ""])
async def test_what_lies_elsewhere_lies_on_the_web(server: Upstream, scheme: str) -> None:
    async with client_of(server.url) as client:
        with pytest.raises(EngineFailed, match="neither http nor https"):
            async with client.elsewhere(scheme):
                pass


async def test_a_public_server_cannot_lead_into_a_private_network(
    server: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers("*", whole(b"secret"))
    port = server.url.rpartition(":")[2]
    async with client_of("http://192.0.2.1.invalid") as client:
        for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "2130706433", "["):
            with pytest.raises(EngineUnavailable, match=r"leads into a private network|cannot be read"):
                async with client.elsewhere(f"http://{host}:{port}/"):
                    pass
    assert server.asked == []


async def test_a_proxy_leads_nobody_into_a_private_network(server: Upstream) -> None:
    """What is connected to is the proxy then; where the URL leads is looked at before."""
    async with upstream() as proxy:
        proxy.answers("*", whole(b"OggS"))
        async with client_of("http://192.0.2.1.invalid", proxy=proxy.url) as client:
            for host in (
                "127.0.0.1",
                "localhost",
                "[::1]",
                "[64:ff9b::7f00:1]",
                "[2002:7f00:1::]",
                "10.1.2.3",
            ):
                with pytest.raises(EngineUnavailable, match="leads into a private network"):
                    async with client.elsewhere(f"http://{host}/a"):
                        pass
            assert proxy.asked == []
            async with client.elsewhere("http://93.184.216.34.invalid/a") as answer:
                assert await answer.read(MEGABYTE) == b"OggS"


@pytest.mark.parametrize(
    ("written", "rate"),
    [("audio/pcm;rate=16000", "16000"), ("Audio/PCM; rate*=us-ascii''24000", None), ("audio/pcm;=", None)],
)
async def test_a_media_type_may_be_odd(server: Upstream, written: str, rate: str | None) -> None:
    server.answers("/odd", whole(b"", Content_Type=written))
    async with client_of(server.url) as client, client.call("GET", "/odd") as answer:
        assert answer.media_type == "audio/pcm"
        assert answer.parameters.get("rate") == rate


def certificate(folder: Path) -> ssl.SSLContext:
    need("openssl")
    key, certified = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", certified, "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified, key)
    return context


@pytest.mark.e2e
async def test_a_certificate_must_be_trusted(tmp_path: Path) -> None:
    async with upstream(certificate(tmp_path)) as server, client_of(server.url) as client:
        with pytest.raises(EngineUnavailable, match="its server's certificate is not trusted"):
            await get(client)
        assert server.asked == []


async def test_a_server_that_speaks_no_tls_is_not_spoken_to() -> None:
    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    plain = await asyncio.start_server(greet, "127.0.0.1", 0)
    url = f"https://localhost:{plain.sockets[0].getsockname()[1]}"
    async with plain, client_of(url) as client:
        with pytest.raises(EngineUnavailable, match="no encrypted connection"):
            await get(client)


@pytest.mark.e2e
def test_the_module_alone_does_not_load_aiohttp() -> None:
    code = "import stentor.engines.remote.client, sys; print('aiohttp' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
