"""The loop inside a worker process, spoken to over a socket as its parent does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from stentor.engines import worker
from stentor.engines.worker import AUDIO, CANCEL, END, ERROR, HEADER, MARK, MARKS, READY, SPEAK

pytestmark = pytest.mark.e2e  # it starts processes

SPEAKER = dedent("""
    import os, resource, sys, time

    class Speaker:
        def __init__(self, options):
            self.options = options
            if "fail" in options:
                raise RuntimeError(options["fail"])

        def speak(self, request, emit):
            getattr(self, request["do"])(request, emit)

        def echo(self, request, emit):
            for part in request["parts"]:
                emit(part.encode())

        def marked(self, request, emit):
            for part, marks in request["parts"]:
                emit(part.encode(), marks)

        def marks_for_ever(self, request, emit):
            while emit(b"", [(0, 1, 2)]):
                pass

        def options_(self, request, emit):
            emit(repr(self.options).encode())

        def modules(self, request, emit):
            emit("\\n".join(sys.modules).encode())

        def core(self, request, emit):
            emit(repr(resource.getrlimit(resource.RLIMIT_CORE)).encode())

        def fail(self, request, emit):
            emit(b"some")
            raise ValueError("no such word")

        def forever(self, request, emit):
            while emit(b"x" * 1000):
                pass

        def stubborn(self, request, emit):
            for _ in range(100):
                emit(b"x" * 1000)

        def until_cancelled(self, request, emit):
            while emit(b""):
                time.sleep(0.001)
""")


class Parent:
    """This end of one lane."""

    def __init__(self, process: subprocess.Popen[bytes], lane: socket.socket) -> None:
        self.process = process
        self._lane = lane
        lane.settimeout(10)

    def send(self, kind: int, payload: bytes = b"") -> None:
        self._lane.sendall(HEADER.pack(len(payload), kind) + payload)

    def speak(self, do: str, max_bytes: int = 1_000_000, **request: Any) -> None:
        self.send(SPEAK, json.dumps({"do": do, "max_bytes": max_bytes, **request}).encode())

    def read(self) -> tuple[int, bytes]:
        length, kind = HEADER.unpack(self._receive(HEADER.size))
        return kind, self._receive(length)

    def answer(self) -> tuple[bytes, int, bytes]:
        """Return all audio, and the frame that ends it."""
        audio = b""
        while (frame := self.read())[0] == AUDIO:
            audio += frame[1]
            assert len(audio) < 10_000_000, "it never ends"
        return audio, *frame

    def hang_up(self) -> int:
        self._lane.close()
        return self.process.wait(10)

    def _receive(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self._lane.recv(size - len(data))
            assert part, "the worker hung up"
            data += part
        return data


@pytest.fixture
def speaker(tmp_path: Path) -> Path:
    file = tmp_path / "speaker.py"
    file.write_text(SPEAKER, "utf-8")
    return file


@contextmanager
def started(place: str, *, parent: int | None = None, **options: Any) -> Iterator[Parent]:
    ours, theirs = socket.socketpair()
    command = [
        *(sys.executable, "-I", "-S", worker.__file__, str(parent or os.getpid())),
        *(place, json.dumps(options), str(theirs.fileno())),
    ]
    with ours, subprocess.Popen(command, pass_fds=[theirs.fileno()], stderr=subprocess.DEVNULL) as process:
        theirs.close()
        try:
            yield Parent(process, ours)
        finally:
            process.kill()


@pytest.fixture
def lane(speaker: Path) -> Iterator[Parent]:
    with started(f"{speaker}:Speaker", colour="blue") as parent:
        assert parent.read() == (READY, b"")
        yield parent


def test_audio_comes_in_the_order_it_was_made_and_then_the_end(lane: Parent) -> None:
    lane.speak("echo", parts=["one ", "", "two ", "three" * 100_000])
    assert lane.answer() == (b"one two " + b"three" * 100_000, END, b"")


def test_marks_come_before_the_samples_they_were_emitted_with(lane: Parent) -> None:
    lane.speak("marked", parts=[("one", [(0, 3, 5), (4, 7, 900)]), ("two", [])])
    assert [lane.read() for _ in range(4)] == [
        (MARKS, MARK.pack(0, 3, 5) + MARK.pack(4, 7, 900)),
        (AUDIO, b"one"),
        (AUDIO, b"two"),
        (END, b""),
    ]


def test_it_answers_one_request_after_the_other(lane: Parent) -> None:
    for word in ("a", "b", "c"):
        lane.speak("echo", parts=[word])
        assert lane.answer() == (word.encode(), END, b"")


def test_text_of_any_script_arrives(lane: Parent) -> None:
    lane.speak("echo", parts=["Grüße 世界 👋"])
    assert lane.answer()[0].decode() == "Grüße 世界 👋"


def test_the_speaker_is_made_with_the_engine_s_options(lane: Parent) -> None:
    lane.speak("options_")
    assert lane.answer()[0] == b"{'colour': 'blue'}"


def test_nothing_outside_the_standard_library_is_imported(lane: Parent) -> None:
    """An engine may live in an environment where Stentor is not installed."""
    lane.speak("modules")
    modules = {name.partition(".")[0] for name in lane.answer()[0].decode().split("\n")}
    assert modules - set(sys.stdlib_module_names) == {"__main__"}


def test_an_exception_is_the_request_s_error_and_the_worker_lives_on(lane: Parent) -> None:
    lane.speak("fail")
    audio, kind, payload = lane.answer()
    assert (audio, kind) == (b"some", ERROR)
    assert json.loads(payload) == {"code": "failed", "message": "no such word", "type": "ValueError"}
    lane.speak("echo", parts=["still here"])
    assert lane.answer()[0] == b"still here"


def test_a_request_it_cannot_read_at_all_is_an_error_too(lane: Parent) -> None:
    lane.speak("no_such_method")
    assert json.loads(lane.answer()[2])["type"] == "AttributeError"


@pytest.mark.parametrize("do", ["forever", "stubborn"])
def test_more_audio_than_allowed_is_cut_off(lane: Parent, do: str) -> None:
    lane.speak(do, max_bytes=10_500)
    audio, kind, payload = lane.answer()
    assert (len(audio), kind, json.loads(payload)["code"]) == (10_000, ERROR, "runaway")


def test_marks_count_as_well(lane: Parent) -> None:
    """Else a worker could fill its parent's memory without a sound."""
    lane.speak("marks_for_ever", max_bytes=100)
    frames = [lane.read() for _ in range(17)]
    assert [kind for kind, _ in frames] == [*[MARKS, AUDIO] * 8, ERROR]
    assert json.loads(frames[-1][1])["code"] == "runaway"


def test_as_much_audio_as_allowed_is_fine(lane: Parent) -> None:
    lane.speak("stubborn", max_bytes=100_000)
    audio, kind, _ = lane.answer()
    assert (len(audio), kind) == (100_000, END)


def test_cancel_ends_the_work_and_the_next_request_is_answered(lane: Parent) -> None:
    lane.speak("until_cancelled")
    assert lane.read()[0] == AUDIO
    lane.send(CANCEL)
    assert lane.answer()[1:] == (END, b"")
    lane.speak("echo", parts=["next"])
    assert lane.answer() == (b"next", END, b"")


def test_after_cancel_a_stubborn_speaker_s_audio_goes_nowhere(lane: Parent) -> None:
    lane.send(CANCEL)  # of nothing: it is passed over
    lane.speak("echo", parts=["a"])
    assert lane.answer() == (b"a", END, b"")


def test_a_cancel_that_comes_too_late_harms_nothing(lane: Parent) -> None:
    lane.speak("echo", parts=["a"])
    lane.send(CANCEL)
    lane.speak("echo", parts=["b"])
    audio, kind, _ = lane.answer()
    assert kind == END
    assert audio in (b"a", b"")
    assert lane.answer() == (b"b", END, b"")


def test_it_ends_when_the_parent_hangs_up(lane: Parent) -> None:
    assert lane.hang_up() == 0


def test_ctrl_c_is_for_the_parent(lane: Parent) -> None:
    lane.process.send_signal(signal.SIGINT)
    lane.speak("echo", parts=["still here"])
    assert lane.answer()[0] == b"still here"


def test_a_crash_leaves_no_core_file(lane: Parent) -> None:
    lane.speak("core")
    assert lane.answer()[0] == b"(0, 0)"


def test_a_speaker_that_does_not_load_says_why(speaker: Path) -> None:
    with started(f"{speaker}:Speaker", fail="the model is missing") as parent:
        kind, payload = parent.read()
        assert (kind, json.loads(payload)["message"]) == (ERROR, "the model is missing")
        assert parent.process.wait(10) == 1


@pytest.mark.parametrize(
    ("place", "kind"),
    [("{folder}/none.py:Speaker", "FileNotFoundError"), ("{folder}/speaker.py:None_", "AttributeError")],
)
def test_a_speaker_that_is_not_there_is_an_error(speaker: Path, place: str, kind: str) -> None:
    with started(place.format(folder=speaker.parent)) as parent:
        assert json.loads(parent.read()[1])["type"] == kind


def test_it_does_not_begin_without_its_parent(speaker: Path) -> None:
    """The parent may have died while the worker was being started."""
    with started(f"{speaker}:Speaker", parent=1) as parent:
        assert parent.process.wait(10) == 0
