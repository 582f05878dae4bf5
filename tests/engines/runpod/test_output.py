"""What workers put out is understood, whoever wrote them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.engines.remote.faults import Faults, Patience
from stentor.engines.runpod.output import Link, Sound, error_sentence, read_output
from stentor.errors import EngineFailed

FAULTS = Faults("cloud", "rpa_sesame", Patience(5, 60, 30))
URL = "https://bucket.s3.example/audio.ogg?X-Amz-Expires=3600"


def read(output: Any) -> list[Sound | Link]:
    return list(read_output(output, FAULTS))


@pytest.mark.parametrize(
    ("output", "heard"),
    [
        ({"status": "completed", "url": URL, "metadata": {"sample_rate": 1}}, [Link(URL)]),
        ({"audio_url": URL}, [Link(URL)]),
        ({"file_url": URL}, [Link(URL)]),
        ({"result": URL}, [Link(URL)]),
        ({"audio": URL}, [Link(URL)]),
        (URL, [Link(URL)]),
        ({"output": {"audio_url": URL}}, [Link(URL)]),
        ({"audio": "AAAA", "sample_rate": 24000}, [Sound("AAAA", 24_000)]),
        ({"audio": "AAAA", "sample_rate": 44100.0, "url": URL}, [Sound("AAAA", 44_100)]),
        ({"audio_chunk": "AAAA", "sample_rate": 48000}, [Sound("AAAA", 48_000, is_samples=True)]),
        ({"audio": "AAAA", "format": "pcm_16"}, [Sound("AAAA", 48_000, is_samples=True)]),
        ({"audio": "AAAA", "format": "pcm_24"}, [Sound("AAAA", 24_000, is_samples=True)]),
        ({"audio_chunk": "AAAA"}, [Sound("AAAA", 24_000, is_samples=True)]),
        ([{"output": {"audio": "AAAA"}}, {"audio": "BBBB"}], [Sound(4 * name, 24_000) for name in "AB"]),
        ({"status": "complete", "total_chunks": 3}, []),
        ({"status": "completed", "url": None, "error": None}, []),
        ("done", []),
        (None, []),
        (17, []),
    ],
)  # fmt: skip
def test_sound_and_links_are_found(output: Any, heard: list[Sound | Link]) -> None:
    assert read(output) == heard


def test_a_stream_that_wraps_its_parts_is_read_too() -> None:
    assert read({"output": {"audio": "AAAA"}}) == [Sound("AAAA", 24_000)]


@pytest.mark.parametrize("rate", [0, -1, 10**9, "48000", True, [48000], float("nan")])
def test_a_sample_rate_that_cannot_be_is_refused(rate: Any) -> None:
    with pytest.raises(EngineFailed, match="sample rate that cannot be"):
        read({"audio_chunk": "AAAA", "sample_rate": rate})


def test_tokens_are_refused_with_what_to_do() -> None:
    with pytest.raises(EngineFailed, match=r"LinaCodec.*`output_format`"):
        read({"status": "streaming", "format": "linacodec_tokens", "tokens": [1, 2], "embedding": [0.5]})


TRACEBACK = (
    'Traceback (most recent call last):\n  File "/handler.py", line 9, in f\n    g()\nValueError: no voice'
)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("speaker_voice 'x.mp3' not found", "speaker_voice 'x.mp3' not found"),
        (
            json.dumps({
                "error_type": "<class 'ValueError'>",
                "error_message": "no voice",
                "error_traceback": TRACEBACK,
                "hostname": "unknown",
                "worker_id": "abc",
                "runpod_version": "1.12.0",
            }),
            "no voice",
        ),
        ({"message": "no voice", "code": 3}, "no voice"),
        ({"error": {"message": "no voice"}}, "no voice"),
        (json.dumps({"error_type": "<class 'KeyError'>", "error_message": ""}), "<class 'KeyError'>"),
        (TRACEBACK, "ValueError: no voice"),
        (f"It failed.\n{TRACEBACK}", "It failed."),
        (f"handler: no voice \ntraceback: {TRACEBACK}", "no voice"),
        (f"handler:  \ntraceback: {TRACEBACK}", "ValueError: no voice"),
        ('{"error_message": ', '{"error_message":'),
        ("", ""),
        (None, ""),
        (["a"], ""),
        ({}, ""),
        ("Traceback (most recent call last)", ""),
    ],
)
def test_an_error_of_any_form_is_its_own_words(error: Any, said: str) -> None:
    assert error_sentence(error) == said


def test_an_output_with_an_error_is_one_clean_sentence() -> None:
    error = json.dumps({"error_message": f"rpa_sesame broke\nin {'x' * 1000}", "error_traceback": TRACEBACK})
    with pytest.raises(EngineFailed) as raised:
        read({"error": error, "error_type": "ValueError", "traceback": TRACEBACK})
    message = raised.value.message
    assert message.startswith("The engine cloud failed: … broke in x")
    assert message.isprintable()
    assert len(message) < 320
    assert "sesame" not in message


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(URL),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([
                "audio",
                "audio_chunk",
                "url",
                "error",
                "output",
                "tokens",
                "sample_rate",
                "status",
            ])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(ANY)
def test_nothing_a_worker_puts_out_is_more_than_a_failure(output: Any) -> None:
    with suppress(EngineFailed):
        assert all(isinstance(part, Sound | Link) for part in read(output))


def test_what_is_nested_without_end_is_not_followed() -> None:
    output: Any = {"audio": "AAAA"}
    for _ in range(500):
        output = [output]
    assert read(output) == []
