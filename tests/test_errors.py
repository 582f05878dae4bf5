"""The failure tree, as programs and people read it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from stentor import errors
from stentor.errors import (
    AnswerTooLong,
    BodyTooLarge,
    BodyTooSlow,
    DecoderUnavailable,
    EngineBusy,
    EngineCrashed,
    EngineError,
    EngineUnavailable,
    InvalidMarkup,
    InvalidRequest,
    LexiconExists,
    NothingToSpeak,
    RunawaySpeech,
    ServerEnding,
    StentorError,
    TextTooLong,
    UnknownLexicon,
    UnknownModel,
    UnknownVoice,
    UnsupportedMediaType,
    quoted,
)


def tree(root: type[StentorError] = StentorError) -> Iterator[type[StentorError]]:
    yield root
    for branch in root.__subclasses__():
        if branch.__module__ == errors.__name__:
            yield from tree(branch)


def test_every_failure_has_a_code_of_its_own() -> None:
    codes = [failure.code for failure in tree()]
    assert len(codes) == len(set(codes)) > 15
    assert all(re.fullmatch("[a-z_]+", code) for code in codes)


def test_the_tree_drawn_on_top_of_the_file_is_the_tree() -> None:
    drawn = re.findall(
        r"^[ │├└─]*\b([A-Z]\w+)", (errors.__doc__ or "").partition("A class carries")[0], re.MULTILINE
    )
    assert sorted(set(drawn) - {"Every"}) == sorted(failure.__name__ for failure in tree())


def test_only_what_is_busy_or_absent_is_worth_trying_again() -> None:
    assert {failure for failure in tree() if failure.retryable} == {
        DecoderUnavailable,
        EngineBusy,
        EngineUnavailable,
        ServerEnding,
    }


def test_the_sentence_is_the_exception_s_text() -> None:
    failure = InvalidRequest("`speed` is too large.", param="speed")
    assert str(failure) == failure.message == "`speed` is too large."
    assert failure.param == "speed"


@pytest.mark.parametrize(
    ("failure", "said", "param"),
    [
        (UnsupportedMediaType("text/html"), "'text/html'", None),
        (BodyTooLarge(1_000_000), "1,000,000 bytes", None),
        (BodyTooSlow(60.0), "within the 60 seconds", None),
        (AnswerTooLong(1200), "1,200 seconds this server holds", "input"),
        (UnknownModel("x1", ["tts-1", "tone"]), "'x1' here. Known models: tts-1, tone.", "model"),
        (UnknownVoice("aloy", ["alloy", "ash"]), "'aloy' here. Did you mean alloy or ash?", "voice"),
        (UnknownVoice("x", []).at("line 1", "input"), "'x' here (line 1).", "input"),
        (InvalidMarkup("Bad.", 1, 2).inside("input.1"), "Bad (line 1, column 2 of `input.1`).", "input.1"),
        (InvalidRequest("Bad.").inside("input.1"), "Bad (in `input.1`).", "input.1"),
        (LexiconExists("tech"), "PUT /v1/lexicons/tech replaces it", "id"),
        (UnknownLexicon("tech"), "no lexicon 'tech' here", "lexicons"),
        (NothingToSpeak(), "no letter, digit or symbol", "input"),
        (TextTooLong(5000, 4096), "5,000 characters long; this server takes at most 4,096", "input"),
        (EngineCrashed("espeak", "SIGSEGV"), "espeak crashed (SIGSEGV)", "input"),
        (RunawaySpeech("espeak", 15.4), "after 15 seconds", "input"),
        (EngineBusy("espeak"), "espeak has too many requests waiting. Try again in a moment.", None),
        (EngineBusy("cloud", 11.2), "cloud has too many requests waiting. Try again in 12 s.", None),
        (EngineBusy("cloud", 0.0), "Try again in 1 s.", None),
    ],
)
def test_a_failure_names_what_went_wrong(failure: StentorError, said: str, param: str | None) -> None:
    assert said in failure.message
    assert failure.param == param


def test_without_a_near_voice_nothing_is_suggested() -> None:
    assert "Did you mean" not in UnknownVoice("qqq", []).message


def test_an_engine_s_failure_is_not_the_caller_s() -> None:
    assert not [failure for failure in tree(EngineError) if issubclass(failure, InvalidRequest)]


def test_a_caller_s_value_is_shown_in_quotation_marks() -> None:
    assert quoted("alloy") == "'alloy'"


def test_a_long_value_is_cut_and_says_so() -> None:
    assert quoted("a" * 61) == f"'{'a' * 60}…'"
    assert quoted("a" * 60) == f"'{'a' * 60}'"


def test_a_value_cannot_break_the_line_of_a_log() -> None:
    assert quoted("a\nb\x1b[31m\u202e") == "'a�b�[31m�'"
