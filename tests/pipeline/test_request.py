"""What was asked, by default."""

from __future__ import annotations

from stentor.pipeline.request import SpeechRequest
from stentor.text.normalize import Switches


def test_a_request_asks_for_mp3_with_everything_put_into_words_and_no_times() -> None:
    request = SpeechRequest("Hi.", "tts-1", "alloy")
    assert (request.format, request.speed, request.switches) == ("mp3", 1.0, Switches())
    assert (request.tags, request.ssml, request.times, request.strict) == (True, None, (), False)
    assert (request.parts, request.lexicon, request.lexicons) == ((), (), ())
