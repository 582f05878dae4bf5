"""Two servers, one of which speaks for the other: marks, styles, leaving, and what is heard when it dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from stentor.cli import main
from tests.api.inprocess import speech
from tests.e2e.server import Server, running
from tests.hearing import decode

TEXT = "Seven yellow lemons, and nine green apples."


@contextmanager
def through(folder: Path, url: str) -> Iterator[Server]:
    """Run a server whose voice is another's."""
    with running(folder, {"TTS_MODE": "remote", "TTS_REMOTE_URL": url}) as made:
        yield made


@pytest.fixture(scope="module")
def near(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with through(tmp_path_factory.mktemp("near"), server.url) as made:
        yield made


def whole(server: Server, text: str = TEXT, **fields: Any) -> httpx.Response:
    body = speech(text, voice="en-US", response_format="wav", **fields)
    answer = httpx.post(f"{server.url}/v1/audio/speech/base64", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


def seconds(server: Server, text: str = TEXT, **fields: Any) -> float:
    answer = server.speak(text, voice="en-US", response_format="wav", **fields)
    assert answer.status_code == 200, answer.text
    return len(decode(answer.content, "wav")) / 24_000


def test_what_another_server_can_do_is_on_offer_here(near: Server, server: Server) -> None:
    own, far = (
        httpx.get(f"{url}/v1/models/{name}", timeout=10).json()
        for url, name in ((near.url, "remote"), (server.url, "espeak"))
    )
    assert own["capabilities"] == far["capabilities"]
    assert near.speak().headers["x-stentor-engine"] == "remote"


def test_words_are_timed_across_the_hop_as_without_it(near: Server, server: Server) -> None:
    here, there = (whole(made, timestamps=["word"]).json()["words"] for made in (near, server))
    assert [word["word"] for word in here] == [word["word"] for word in there]
    for one, two in zip(here, there, strict=True):
        assert one["start"] == pytest.approx(two["start"], abs=0.03)
        assert (one["char_start"], one["char_end"]) == (two["char_start"], two["char_end"])


@pytest.mark.parametrize("markup", [f"[sad]{TEXT}[/sad]", f"[excited]{TEXT}[/excited]"])
def test_styles_are_heard_across_the_hop(near: Server, server: Server, markup: str) -> None:
    plain, styled = seconds(near), seconds(near, markup)
    assert styled == pytest.approx(seconds(server, markup), rel=0.03)
    assert abs(styled - plain) > 0.03 * plain


def test_pace_is_heard_across_the_hop(near: Server, server: Server) -> None:
    for speed in (0.25, 0.7, 2.5, 4.0):
        assert seconds(near, speed=speed) == pytest.approx(seconds(server, speed=speed), rel=0.03)


def test_leaving_reaches_the_workers_of_the_other_server(near: Server, server: Server) -> None:
    body = speech(f"{TEXT} " * 60, voice="en-US", response_format="pcm", stream=True)
    with httpx.stream("POST", f"{near.url}/v1/audio/speech", json=body, timeout=20) as answer:
        next(answer.iter_raw())
    assert server.settles()
    assert near.settles()


def test_both_servers_keep_the_protocol(near: Server, server: Server) -> None:
    for url in (server.url, near.url):
        checked = CliRunner().invoke(main, ["provider-check", url])
        assert checked.exit_code == 0, checked.output


def test_espeak_speaks_once_the_other_server_is_gone(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("far", "near")]
    for folder in folders:
        folder.mkdir()
    with ExitStack() as stack:
        far = ExitStack()
        server = far.enter_context(running(folders[0]))
        near = stack.enter_context(through(folders[1], server.url))
        assert near.speak().headers["x-stentor-engine"] == "remote"
        far.close()
        answer = near.speak()
        assert answer.status_code == 200
        assert answer.headers["x-stentor-engine"] == "espeak"
        assert answer.headers["x-stentor-fallback"] == "remote: engine_unavailable"
        assert decode(answer.content, "mp3").any()
