"""Captions as a viewer meets them: what stands in a cue, when, and that other programs read the files."""

from __future__ import annotations

import html
import re
import time
import unicodedata
from datetime import timedelta
from itertools import pairwise

import pytest
import srt as subrip
import webvtt
from hypothesis import example, given
from hypothesis import strategies as st

from stentor.text.captions import Cue, cues, srt, vtt
from stentor.text.split import Splitter
from stentor.text.words import spread
from stentor.types import Timed


def sentences(text: str, pace: float = 0.07, pause: float = 0.3) -> list[Timed]:
    """Say each sentence of a text at so many seconds a character."""
    splitter = Splitter(3000)
    found: list[Timed] = []
    at = 0.0
    for sentence in [*splitter.feed(text), *splitter.finish()]:
        end = at + pace * len(sentence.text)
        found.append(Timed(sentence.text, at, end, sentence.start, sentence.end))
        at = end + pause
    return found


def words(*said: tuple[str, float, float]) -> list[Timed]:
    """Words with a space between them, each with its start and end."""
    at = 0
    found = []
    for text, start, end in said:
        found.append(Timed(text, start, end, at, at + len(text)))
        at += len(text) + 1
    return found


def whole(said: list[Timed]) -> Timed:
    return Timed(" ".join(word.text for word in said), said[0].start, said[-1].end, 0, said[-1].source_end)


def columns(line: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(character) in "WF") for character in line)


def test_short_sentences_are_a_cue_each() -> None:
    said = [Timed("It rained all day.", 0.0, 1.5, 0, 18), Timed("We stayed at home.", 1.8, 3.25, 19, 37)]
    assert cues(said) == [Cue(0.0, 1.5, "It rained all day."), Cue(1.8, 3.25, "We stayed at home.")]


def test_a_cue_has_the_times_of_its_words() -> None:
    said = words(("One,", 0.51, 0.9), ("two.", 0.9, 2.25))
    assert cues([Timed("One, two.", 0.5, 3.0, 0, 9)], said) == [Cue(0.51, 2.25, "One, two.")]


def test_a_long_sentence_is_cut_behind_its_clauses() -> None:
    text = (
        "She opened the window of the room, looked down at the garden, and saw that the gate was open; "
        "nobody had come in, but all was gone."
    )
    assert [cue.text for cue in cues(sentences(text, 0.05))] == [
        "She opened the window of the room,\nlooked down at the garden,",
        "and saw that the gate was open;\nnobody had come in, but all was gone.",
    ]


def test_a_sentence_without_clauses_is_cut_into_about_equal_parts() -> None:
    text = (
        "The people who lived beside the old stone bridge over the river never knew that its builder "
        "had once crossed it alone at night."
    )
    assert [cue.text for cue in cues(sentences(text, 0.05))] == [
        "The people who lived beside the\nold stone bridge over the river",
        "never knew that its builder had\nonce crossed it alone at night.",
    ]


def test_slow_speech_is_cut_by_time() -> None:
    found = cues(sentences("one two three four five six seven eight", pace=0.45))
    assert [cue.text for cue in found] == ["one two three", "four five six", "seven eight"]


def test_very_short_sentences_share_a_cue() -> None:
    assert [cue.text for cue in cues(sentences("Hi. Go. Stop. All of us went home then. Yes."))] == [
        "Hi. Go.", "Stop. All of us went home then.", "Yes.",
    ]  # fmt: skip


def test_a_brief_cue_stays_as_long_as_it_can() -> None:
    said = [Timed("Yes.", 0.0, 0.3, 0, 4), Timed("No.", 3.0, 3.3, 5, 8), Timed("Never.", 4.5, 5.5, 9, 15)]
    assert cues(said) == [Cue(0.0, 1.0, "Yes."), Cue(3.0, 4.0, "No."), Cue(4.5, 5.5, "Never.")]


def test_no_cue_stands_through_a_long_silence() -> None:
    said = words(("wait", 0.0, 0.4), ("for", 0.4, 0.7), ("it", 2.7, 4.0))
    assert cues([whole(said)], said) == [Cue(0.0, 1.0, "wait for"), Cue(2.7, 4.0, "it")]


def test_scripts_without_spaces_are_not_given_any() -> None:
    text = "他说，今天天气非常好，我们去公园散步，然后回家吃饭，晚上看电影。"
    found = cues(sentences(text, pace=0.2))
    assert [cue.text for cue in found] == [
        "他说，今天天气非常好，我们去公园散步，\n然后回家吃饭，晚上看电影。",
    ]  # fmt: skip
    assert cues(sentences("你好\n世界 안녕 세계")) == [Cue(0.0, 0.77, "你好世界 안녕 세계")]
    assert cues(sentences("Go去Rome。"))[0].text == "Go去Rome。"


def test_right_to_left_text_stays_in_the_order_in_which_it_is_read() -> None:
    text = "مرحبا بكم في هذا البرنامج الجديد، هل أنتم مستعدون للبدء الآن معنا؟"
    found = cues(sentences(text, pace=0.05))
    assert [cue.text for cue in found] == [text.replace("الجديد، ", "الجديد،\n")]


def test_a_word_wider_than_a_line_is_cut_and_its_time_with_it() -> None:
    said = [Timed("x" * 100, 1.0, 11.0, 0, 100)]
    assert cues(said, said) == [
        Cue(1.0, 5.2, "x" * 42), Cue(5.2, 11.0, f"{'x' * 42}\n{'x' * 16}"),
    ]  # fmt: skip
    accent = "e\u0301"
    assert cues([Timed(accent * 50, 0.0, 1.0, 0, 100)])[0].text == f"{accent * 42}\n{accent * 8}"


def test_a_sentence_without_times_of_words_stands_beside_one_with_them() -> None:
    said = [Timed("One two.", 0.0, 2.0, 0, 8), Timed("Three four.", 2.5, 4.5, 9, 20)]
    known = [Timed("Three", 2.6, 3.0, 9, 14), Timed("four.", 3.0, 4.4, 15, 20)]
    assert cues(said, known) == [Cue(0.0, 2.0, "One two."), Cue(2.6, 4.4, "Three four.")]


def test_nothing_said_has_no_cues() -> None:
    assert cues([]) == []
    assert cues([Timed("…", 0.0, 1.0, 0, 1), Timed(" ", 1.0, 1.0, 1, 2)]) == []


def test_words_without_length_are_shown_for_a_moment() -> None:
    said = words(*[("word", 1.0, 1.0)] * 20)
    assert [(cue.start, cue.end) for cue in cues([whole(said)], said)] == [(1.0, 1.001), (1.001, 1.002)]


def test_files_are_as_they_are_expected() -> None:
    shown = [Cue(0.0, 1.2345, "Hello,\nworld."), Cue(3661.5, 360_000.0, "<b>&\u00e9 --> \u4f60</b>")]
    assert srt(shown) == (
        "1\n00:00:00,000 --> 00:00:01,234\nHello,\nworld.\n\n"
        "2\n01:01:01,500 --> 100:00:00,000\n<b>&é → 你</b>\n\n"
    )
    assert vtt(shown) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.234\nHello,\nworld.\n\n"
        "01:01:01.500 --> 100:00:00.000\n&lt;b&gt;&amp;é --&gt; 你&lt;/b&gt;\n"
    )
    assert (srt([]), vtt([])) == ("", "WEBVTT\n")


# What a file's reader could take for something else.
_WORDS = st.sampled_from([
    *("Hello,", "world.", "-->", "--", ">", "- >", "<b>", "</b>", "&amp;", "<v", "NOTE", "STYLE", "WEBVTT"),
    *("1", "2", "00:00:01,000", "00:00:01.000", "{\\an8}", "字", "好。", "안녕", "مرحبا", "e\u0301"),
    *("\u200f", "x" * 90, "字" * 50),
    *("a\n\nb", "\r\n", "\u2028", "\x85", "\x0c", "« a »"),
])  # fmt: skip


@st.composite
def speech(draw: st.DrawFn) -> tuple[list[Timed], list[Timed]]:
    """Sentences of words, with pauses between."""
    spoken: list[Timed] = []
    said: list[Timed] = []
    now = draw(st.sampled_from([0.0, 3599.9, 359_999.0]))
    place = 0
    for _ in range(draw(st.integers(0, 6))):
        begin = len(said)
        for text in draw(st.lists(_WORDS | st.text(min_size=1, max_size=12), min_size=1, max_size=20)):
            end = now + draw(st.sampled_from([0.0, 0.0004, 0.1, 0.3, 0.8, 9.0]) | st.floats(0, 3))
            said.append(Timed(text, now, end, place, place + len(text)))
            place += len(text) + draw(st.integers(0, 1))
            now = end + draw(st.sampled_from([0.0, 0.0, 0.0, 1.5]))
        first, last = said[begin], said[-1]
        text = " ".join(word.text for word in said[begin:])
        spoken.append(Timed(text, first.start, last.end, first.source_start, last.source_end))
        now += draw(st.sampled_from([0.0, 0.0001, 0.3, 2.0]))
        place += 1
    return spoken, said


def letters(text: str) -> str:
    return re.sub(r"\s", "", text)


@given(speech())
@example(([], []))
def test_cues_are_in_order_and_hold_every_word(case: tuple[list[Timed], list[Timed]]) -> None:
    spoken, said = case
    shown = cues(spoken, said)

    assert letters("".join(cue.text for cue in shown)) == letters("".join(word.text for word in said))
    assert all(cue.start < cue.end for cue in shown)
    assert all(one.end <= other.start for one, other in pairwise(shown))
    for cue in shown:
        lines = cue.text.split("\n")
        assert 1 <= len(lines) <= 2
        assert all(line.strip() for line in lines)
        assert not any(columns(re.sub(r"\W", "", line)) > 42 for line in lines)
        held = [word for word in said if word.start < cue.end - 0.001 and word.end > cue.start + 0.001]
        assert cue.end - cue.start < 7.002 or len(held) == 1


@given(speech())
def test_readers_of_subrip_read_what_was_written(case: tuple[list[Timed], list[Timed]]) -> None:
    shown = cues(*case)
    read = list(subrip.parse(srt(shown)))

    assert [(cue.start, cue.end) for cue in read] == [
        (timedelta(milliseconds=round(cue.start * 1000)), timedelta(milliseconds=round(cue.end * 1000)))
        for cue in shown
    ]
    if not any("->" in re.sub("[- ]+>", "->", cue.text) for cue in shown):
        assert [letters(cue.content) for cue in read] == [letters(cue.text) for cue in shown]


@given(speech())
def test_readers_of_webvtt_read_what_was_written(case: tuple[list[Timed], list[Timed]]) -> None:
    shown = cues(*case)
    read = webvtt.from_string(vtt(shown)).captions

    assert [(cue.start_in_seconds, cue.end_in_seconds) for cue in read] == [
        (int(cue.start), int(cue.end)) for cue in shown
    ]
    assert [letters(html.unescape(cue.raw_text)) for cue in read] == [letters(cue.text) for cue in shown]


@given(st.text(max_size=300), st.floats(0.001, 0.5))
def test_any_sentences_at_all_make_captions(text: str, pace: float) -> None:
    spoken = sentences(text, pace)
    guessed = [word for sentence in spoken for word in spread(sentence)]
    shown = cues(spoken)
    assert shown == cues(spoken, guessed)
    assert letters("".join(cue.text for cue in shown)) == letters("".join(word.text for word in guessed))
    assert len(list(subrip.parse(srt(shown)))) == len(webvtt.from_string(vtt(shown)).captions) == len(shown)


@pytest.mark.parametrize("word", ["word", "字", "\u200b", "x" * 300, "a,", "Yes."])
@pytest.mark.parametrize("lasting", [0.0, 0.4])
def test_long_speech_costs_no_more_than_its_length(word: str, lasting: float) -> None:
    def took(count: int) -> float:
        said = words(*((word, at * lasting, (at + 1) * lasting) for at in range(count)))
        began = time.process_time()
        vtt(cues([whole(said)], said))
        vtt(cues(said, said))
        return time.process_time() - began

    # Whatever else the machine does only adds.
    assert any(took(1_200) < 10 * took(300) for _ in range(4))
