"""Voice prompts through two servers in front of anyone's provider: made once, sent once, heard."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from click.testing import CliRunner

from stentor.cli import main
from tests.api.inprocess import assert_envelope
from tests.cloning import pitch_of, recording
from tests.e2e.beside import beside
from tests.e2e.cloner import TENSORS, Cloner
from tests.e2e.counting import Counting
from tests.e2e.server import ESPEAK, Server, running
from tests.hearing import decode, pitches

LONG = (
    "Nobody knew what the old man thought about it, but every child had a story to tell. "
    "Shall we go home, or wait for the rain to stop? Yesterday my brother bought a huge jar of honey."
)
TEXT = "Seven yellow lemons, and nine green apples."


@dataclass(frozen=True, slots=True)
class Chain:
    """A server that speaks by another, which speaks by anyone's provider; the wire between them counts."""

    near: Server
    middle: Server
    wire: Counting
    cloner: Cloner


def remote(url: str) -> dict[str, str]:
    return {"TTS_MODE": "remote", "TTS_REMOTE_URL": url}


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with ExitStack() as stack:
        cloner = stack.enter_context(beside(Cloner()))
        middle = stack.enter_context(running(tmp_path_factory.mktemp("middle"), remote(cloner.url)))
        wire = stack.enter_context(beside(Counting(middle.port)))
        near = stack.enter_context(running(tmp_path_factory.mktemp("near"), remote(wire.url)))
        yield Chain(near, middle, wire, cloner)


def create(server: Server, hertz: float) -> dict[str, Any]:
    answer = httpx.post(
        f"{server.url}/v1/create_voice_prompt",
        files={"audio": ("hum.wav", recording(hertz))},
        data={"reference_text": "Hm, hm."},
        timeout=30,
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def speak(server: Server, prompt: dict[str, Any]) -> float:
    """Have it speak by a prompt; returns the pitch that is heard."""
    body = {"text": TEXT, "voice_prompt": prompt}
    answer = httpx.post(f"{server.url}/v1/generate", json=body, timeout=30)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return pitch_of(np.frombuffer(base64.b64decode(told["audio"]), "<f4"), told["sample_rate"])


def test_a_prompt_is_made_through_both_and_the_right_one_is_heard(chain: Chain) -> None:
    voices = {hertz: create(chain.near, hertz)["voice_prompt"] for hertz in (220, 330)}
    assert chain.cloner.transcripts[-2:] == ["Hm, hm.", "Hm, hm."]
    for hertz in (220, 330, 220):
        assert voices[hertz]["safetensors"] == TENSORS
        assert speak(chain.near, voices[hertz]) == pytest.approx(hertz, rel=0.02)
        assert chain.cloner.prompts[-1] == voices[hertz]


def test_it_is_sent_once_and_then_by_its_id(chain: Chain) -> None:
    prompt = {"hertz": 260.0, "safetensors": TENSORS}
    sent = []
    for _ in range(3):
        before = chain.wire.sent
        assert speak(chain.near, prompt) == pytest.approx(260, rel=0.02)
        sent.append(chain.wire.sent - before)
    assert sent[0] > len(TENSORS)
    assert max(sent[1:]) < 2000
    assert chain.cloner.prompts[-3:] == [prompt] * 3


def test_a_caller_too_may_name_it_by_its_id(chain: Chain) -> None:
    made = create(chain.near, 280)
    assert speak(chain.near, {"id": made["id"]}) == pytest.approx(280, rel=0.02)
    unknown = {"text": TEXT, "voice_prompt": {"id": f"sha256:{'0' * 64}"}}
    answer = httpx.post(f"{chain.near.url}/v1/generate", json=unknown, timeout=30)
    assert_envelope(answer, 404, "prompt_unknown", "voice_prompt")


def test_all_three_keep_the_protocol(chain: Chain) -> None:
    for url in (chain.near.url, chain.middle.url, chain.cloner.url):
        checked = CliRunner().invoke(main, ["provider-check", url])
        assert checked.exit_code == 0, checked.output
        assert "passed       voice prompt" in checked.output
        assert ("passed       prompt id" in checked.output) is (url != chain.cloner.url)


def test_a_server_as_it_is_installed_follows_whom_it_hears(tmp_path: Path) -> None:
    """It says of each answer that the voice is adapted, and not cloned."""
    with running(tmp_path, ESPEAK) as server:
        assert server.health()["capabilities"]["cloning"] == "approximate"
        made = {}
        for voice in ("en-US+f3", "en-US+m7"):
            spoken = server.speak(LONG, voice=voice, response_format="wav")
            pitch = median_pitch(decode(spoken.content, "wav"), 24_000)
            answer = httpx.post(
                f"{server.url}/v1/create_voice_prompt",
                files={"audio": ("../../a.wav", spoken.content)},
                timeout=30,
            )
            assert answer.status_code == 200, answer.text
            assert answer.headers["x-stentor-warning"] == "the voice is adapted, not cloned"
            made[pitch] = answer.json()
        low, high = sorted(made)
        assert high > 1.5 * low
        for pitch, told in made.items():
            for prompt in (told["voice_prompt"], {"id": told["id"]}):
                body = {"text": LONG, "voice_prompt": prompt}
                answer = httpx.post(f"{server.url}/v1/generate", json=body, timeout=30)
                assert answer.headers["x-stentor-warning"] == "the voice is adapted, not cloned"
                heard = np.frombuffer(base64.b64decode(answer.json()["audio"]), "<f4")
                assert median_pitch(heard, answer.json()["sample_rate"]) == pytest.approx(pitch, rel=0.05)
        hostile = made[low]["voice_prompt"] | {"formants": "100\nmbrola ../../x"}
        refused = httpx.post(
            f"{server.url}/v1/generate", json={"text": TEXT, "voice_prompt": hostile}, timeout=30
        )
        assert_envelope(refused, 400, "invalid_request", "voice_prompt")
        hum = httpx.post(
            f"{server.url}/v1/create_voice_prompt", files={"audio": recording(220, 3)}, timeout=30
        )
        assert_envelope(hum, 400, "recording_unusable", "audio")
        checked = CliRunner().invoke(main, ["provider-check", server.url])
        assert checked.exit_code == 0, checked.output
        assert "passed       voice prompt" in checked.output
        assert server.espeak()["restarts"] == 0


def test_whoever_speaks_by_a_server_that_approximates_says_so_too(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("far", "near")]
    for folder in folders:
        folder.mkdir()
    with running(folders[0], ESPEAK) as far, running(folders[1], remote(far.url)) as near:
        assert near.health()["capabilities"]["cloning"] == "approximate"
        recorded = far.speak(LONG, voice="en-US+f3", response_format="wav").content
        answer = httpx.post(f"{near.url}/v1/create_voice_prompt", files={"audio": recorded}, timeout=30)
        assert answer.status_code == 200, answer.text
        assert answer.headers["x-stentor-warning"] == "the voice is adapted, not cloned"


def median_pitch(samples: np.ndarray, rate: int) -> float:
    found = pitches(samples, rate)
    return float(np.median(found[found > 0]))


def test_a_server_that_was_started_anew_is_sent_all_of_it_again(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("first", "second", "near")]
    for folder in folders:
        folder.mkdir()
    prompt = {"hertz": 240.0, "safetensors": TENSORS}
    with ExitStack() as stack:
        cloner = stack.enter_context(beside(Cloner()))
        first = ExitStack()
        middle = first.enter_context(running(folders[0], remote(cloner.url)))
        wire = stack.enter_context(beside(Counting(middle.port)))
        near = stack.enter_context(running(folders[2], remote(wire.url)))
        for _ in range(2):
            assert speak(near, prompt) == pytest.approx(240, rel=0.02)
        first.close()
        wire.port = stack.enter_context(running(folders[1], remote(cloner.url))).port
        before = wire.sent
        assert speak(near, prompt) == pytest.approx(240, rel=0.02)
        assert wire.sent - before > len(TENSORS)
        before = wire.sent
        assert speak(near, prompt) == pytest.approx(240, rel=0.02)
        assert wire.sent - before < 2000
