"""eSpeak NG crashes on some plain text: that is one failed request, and nobody else notices."""

from __future__ import annotations

import httpx
import pytest

from tests.e2e.server import Server
from tests.hearing import pcm, rms

LETHAL = "(-A"
LONG = " ".join(f"Sentence number {number} goes on and is still being said." for number in range(70))


@pytest.mark.parametrize("fields", [{}, {"stream": False}, {"stream_format": "sse"}])
def test_text_that_kills_the_engine_is_422_and_the_next_request_is_spoken(
    server: Server, fields: dict[str, object]
) -> None:
    before = server.espeak()["restarts"]
    answer = server.speak(LETHAL, voice="da", **fields)
    assert answer.status_code == 422, answer.text
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("engine_crashed", "input")
    assert "SIG" in error["message"]
    assert server.speak("Still here.", response_format="pcm").status_code == 200
    assert server.settles()
    assert server.espeak()["restarts"] == before + 1


def test_a_crash_leaves_the_speech_of_others_whole(server: Server) -> None:
    """A long answer is under way on one worker while the other workers are killed by other requests."""
    body = {"model": "tts-1", "voice": "alloy", "input": LONG, "response_format": "pcm"}
    undisturbed = server.speak(LONG, response_format="pcm").content
    with httpx.stream("POST", f"{server.url}/v1/audio/speech", json=body, timeout=60) as stream:
        assert stream.status_code == 200
        parts = stream.iter_raw()
        heard = [next(parts)]
        for _ in range(3):
            assert server.speak(LETHAL, voice="da").status_code == 422
            heard.append(next(parts))
        heard.extend(parts)
    sound = b"".join(heard)
    assert abs(len(sound) - len(undisturbed)) <= 0.01 * len(undisturbed)
    assert rms(pcm(sound[-48_000:])) > 0.02, "the end of it is missing"
    assert server.settles()
    assert rms(pcm(server.speak("Still here.", response_format="pcm").content)) > 0.02
