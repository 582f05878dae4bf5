"""Sentences: where they end, where they stand in the original, and that none is lost."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

import pytest
import sentencex
from hypothesis import example, given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.clean import is_speakable
from stentor.text.script import Break
from stentor.text.split import Sentence, Splitter

GOLDEN = sorted((Path(__file__).parent / "golden").glob("sentences-*.txt"))
CUT = "¦"


def cut(pieces: Iterable[str], longest: int = 300, *, eager: bool = False) -> list[Sentence]:
    splitter = Splitter(longest, eager=eager)
    sentences = [sentence for piece in pieces for sentence in splitter.feed(piece)]
    return sentences + list(splitter.finish())


def texts(text: str, longest: int = 300, *, eager: bool = False) -> list[str]:
    return [sentence.text for sentence in cut([text], longest, eager=eager)]


# Text in which a splitter has to decide something at almost every character.
TEXT = st.lists(
    st.sampled_from([
        *"abcIXyz 159   \n\n.!?…,;:'\"»)”。！？、，।؟\t-—(字👋",
        *("Dr.", "e.g.", "z. B.", "\u0301", "\r\n", "U.S.", "No.", " The ", "am 5.", "J. ", " Mai", ". . ."),
        *("\n# ", "\n- ", "\n1. ", "\n| ", "\n---\n", "\n```\n", "\n  ", "\n(a) ", "# ", "- "),
        *(
            "ไทย ",
            "。」と",
            "！",
            "!",
            "?»",
            " »",
            "« ",
            "［",
            ".[1]",
            "²",
            "\u200f",
            "\u2029",
            "；",
            "Ω;",
            "．",
            "iP",
        ),
    ]),
    max_size=80,
).map("".join)


@st.composite
def pieces(draw: st.DrawFn) -> list[str]:
    text = draw(TEXT)
    ends = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8)))
    return [text[begin:end] for begin, end in zip([0, *ends], [*ends, len(text)], strict=True)]


@given(pieces(), st.integers(5, 60), st.booleans())
@example(["It costs 3.", "5 euros."], 60, False)
@example(["Wait.", "..", " What?"], 60, False)
@example(["。y. ", ",9"], 12, False)
@example(["aa.\u2029।", "a"], 5, False)
@example(["He said “no.", "” Then he left."], 60, False)
def test_any_pieces_give_what_the_whole_gives(parts: list[str], longest: int, eager: bool) -> None:  # noqa: FBT001
    text = "".join(parts)
    assert cut(parts, longest, eager=eager) == cut([text], longest, eager=eager)
    assert cut(text, longest, eager=eager) == cut([text], longest, eager=eager)


@given(TEXT, st.integers(5, 60), st.booleans())
@example("word.. ", 5, False)
def test_a_sentence_stands_where_it_says_and_is_not_too_long(text: str, longest: int, eager: bool) -> None:  # noqa: FBT001
    end = 0
    for sentence in cut([text], longest, eager=eager):
        assert text[sentence.start : sentence.end] == sentence.text
        assert 0 < len(sentence.text) <= longest
        assert sentence.text == sentence.text.strip()
        assert sentence.start >= end
        end = sentence.end


@given(TEXT, st.integers(5, 60), st.booleans())
def test_nothing_that_can_be_said_is_lost(text: str, longest: int, eager: bool) -> None:  # noqa: FBT001
    kept = bytearray(len(text))
    for sentence in cut([text], longest, eager=eager):
        kept[sentence.start : sentence.end] = b"\1" * len(sentence.text)
    lost = "".join(character for character, seen in zip(text, kept, strict=True) if not seen)
    assert not is_speakable(lost)


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem.partition("-")[2])
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_every_language_is_cut_as_its_readers_would(path: Path, piece: int) -> None:
    marked = path.read_text("utf-8")
    text = marked.replace(CUT, "")
    expected = [part.strip() for part in marked.split(CUT) if is_speakable(part)]
    found = cut(text[at : at + piece] for at in range(0, len(text), piece))
    assert [sentence.text for sentence in found] == expected


@given(pieces(), st.lists(st.integers(0, 9), max_size=3), st.integers(5, 60))
def test_offsets_go_on_where_a_sentence_is_ended_by_hand(
    parts: list[str], ends: list[int], longest: int
) -> None:
    """As markup does: `finish` in the middle, and more text behind it."""
    text = "".join(parts)
    splitter = Splitter(longest)
    found: list[Sentence] = []
    places = set()
    at = 0
    for number, part in enumerate(parts):
        found += splitter.feed(part)
        at += len(part)
        if number in ends:
            found += splitter.finish()
            places.add(at)
    found += splitter.finish()
    assert [text[sentence.start : sentence.end] for sentence in found] == [s.text for s in found]
    assert not [place for place in places for sentence in found if sentence.start < place < sentence.end]


def test_a_sentence_ended_by_hand_ends() -> None:
    splitter = Splitter(300)
    assert not list(splitter.feed("Mr. "))
    assert [s.text for s in splitter.finish()] == ["Mr."]
    found = [*splitter.feed("smith is here"), *splitter.finish()]
    assert [(s.text, s.start, s.end) for s in found] == [("smith is here", 4, 17)]


@given(st.text(max_size=200))
def test_any_text_at_all_can_be_cut(text: str) -> None:
    assert all(text[found.start : found.end] == found.text for found in cut([text], 20))


def test_a_sentence_is_there_as_soon_as_the_next_begins() -> None:
    splitter = Splitter(300)
    assert [s.text for s in splitter.feed("One. ")] == []
    assert [s.text for s in splitter.feed("T")] == ["One."]
    assert [s.text for s in splitter.finish()] == ["T"]


def test_a_full_width_stop_needs_no_space_behind_it() -> None:
    assert texts("你好。今天很好！走吗？好") == ["你好。", "今天很好！", "走吗？", "好"]


def test_a_question_mark_in_a_quotation_stays_with_it() -> None:
    assert texts("“Really?” She nodded. (Yes.) Fine.") == ["“Really?”", "She nodded.", "(Yes.)", "Fine."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Dr. Smith and Mrs. Jones met Prof. Brown.",
        "It is 3.14, not 3.15, e.g. for J. S. Bach.",
        "See https://example.org/a.b?c=d.e for more.",
        "Das gilt z.B. am 5. Mai bzw. am 6. Juni.",
        "Well... maybe not.",
        "She lives in the U.S. and likes it.",
        "Look at Fig. 3 and No. 7.",
        "“Wait!” he said.",
        "Version 2.0.1 is out",
    ],
)
def test_a_dot_that_ends_nothing_cuts_nothing(sentence: str) -> None:
    assert texts(sentence) == [sentence]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It was I. You knew.", 2),
        ("In 1984. That was long ago.", 2),
        ("Stop!!! Really?! Yes…  No.", 4),
        ("यह है। वह था।", 2),
        ("هل أنت بخير؟ نعم۔ شكرا", 3),
        ("Одно. Два! Три?", 3),
    ],
)
def test_sentences_are_counted_as_a_reader_would(text: str, count: int) -> None:
    assert len(texts(text)) == count


def test_what_follows_a_sentence_is_told() -> None:
    found = cut(["Title\n\nOne sentence. Another.\n \nLast, and a clause"], 300)
    assert [(s.text, s.follows) for s in found] == [
        ("Title", Break.PARAGRAPH),
        ("One sentence.", Break.SENTENCE),
        ("Another.", Break.PARAGRAPH),
        ("Last, and a clause", Break.SENTENCE),
    ]


def test_a_single_line_break_is_no_paragraph() -> None:
    assert texts("one\ntwo") == ["one\ntwo"]


def test_too_long_a_sentence_is_cut_behind_a_clause() -> None:
    assert texts("alpha beta gamma, delta epsilon zeta eta", 30) == [
        "alpha beta gamma,",
        "delta epsilon zeta eta",
    ]


def test_too_long_a_clause_is_cut_behind_a_word() -> None:
    assert texts("alpha beta gamma delta", 12) == ["alpha beta", "gamma delta"]


def test_too_long_a_word_is_cut_anywhere() -> None:
    assert texts("a" * 25, 10) == ["a" * 10, "a" * 10, "a" * 5]


def test_a_forced_cut_leaves_an_accent_on_its_letter() -> None:
    text = "e\u0301" * 20
    found = texts(text, 9)
    assert not [piece for piece in found if unicodedata.combining(piece[0])]
    assert "".join(found) == text


def test_an_eager_splitter_lets_the_first_clause_go_and_only_that() -> None:
    text = "Now that everything is ready, let us begin, my friends. And then, after that, we rest, all of us."
    assert texts(text, eager=True) == [
        "Now that everything is ready,",
        "let us begin, my friends.",
        "And then, after that, we rest, all of us.",
    ]
    assert cut([text], eager=True)[0].follows is Break.CLAUSE


def test_an_eager_splitter_does_not_wait_for_the_end_of_the_sentence() -> None:
    splitter = Splitter(300, eager=True)
    assert [s.text for s in splitter.feed("Now that everything is ready, let")] == [
        "Now that everything is ready,"
    ]


def test_a_short_clause_is_no_reason_to_cut() -> None:
    assert texts("Well, yes, no, maybe so.", eager=True) == ["Well, yes, no, maybe so."]


def test_punctuation_alone_is_left_out() -> None:
    assert texts("... !!! ??? Hi. --- ...") == ["Hi."]


ENGLISH = (
    "Dr. Adams arrived on Jan. 5th at 10 a.m. in Washington. She paid $3.50 for coffee! "
    "“Is it far?” she asked. Nobody answered, e.g. because of the noise. "
    "J. R. R. Tolkien wrote it. See https://example.org/search?q=a.b for details. "
    "The firm, Smith & Co. of London, closed. Version 2.1 is better. Why? Because."
)
MIXED = (
    "Das ist gut, z.B. am Montag. Wirklich? 今天天气很好。我们去公园吧！你来吗？ "
    "これは本です。とても面白い。 Это книга. Она новая! यह एक किताब है। यह नई है। "
    "هل هذا كتاب؟ نعم، هو كتاب."
)


def ends(sentences: Iterable[str]) -> set[int]:
    """Where sentences end, counted in characters that are not white space."""
    found, at = set(), 0
    for sentence in sentences:
        at += len("".join(sentence.split()))
        found.add(at)
    return found


@pytest.mark.parametrize(("text", "language", "at_least"), [(ENGLISH, "en", 0.8), (MIXED, "en", 0.9)])
def test_it_agrees_with_sentencex(text: str, language: str, at_least: float) -> None:
    """Nearly every end that either of them finds is found by both."""
    ours, theirs = ends(texts(text)), ends(sentencex.segment(language, text))
    assert len(ours & theirs) / len(ours | theirs) >= at_least


@pytest.mark.parametrize("language", "am ar bn cs fa he hy ka ko my tr ur".split())
def test_it_agrees_with_sentencex_on_other_scripts(language: str) -> None:
    marked = Path(__file__).parent / "golden" / f"sentences-{language}.txt"
    text = marked.read_text("utf-8").replace(CUT, "")
    ours, theirs = ends(texts(text)), ends(sentencex.segment(language, text))
    assert len(ours & theirs) / len(ours | theirs) >= 0.9


def test_english_is_cut_as_a_person_would() -> None:
    assert texts(ENGLISH) == [
        "Dr. Adams arrived on Jan. 5th at 10 a.m. in Washington.",
        "She paid $3.50 for coffee!",
        "“Is it far?” she asked.",
        "Nobody answered, e.g. because of the noise.",
        "J. R. R. Tolkien wrote it.",
        "See https://example.org/search?q=a.b for details.",
        "The firm, Smith & Co. of London, closed.",
        "Version 2.1 is better.",
        "Why?",
        "Because.",
    ]


HOSTILE = {
    "dots": ".",
    "spaced dots": ". ",
    "dots and letters": ".a",
    "abbreviations": "Dr. ",
    "closers": ".))))))))",
    "quotes": '."',
    "spaces": " ",
    "newlines": "\n",
    "newlines and spaces": "\n ",
    "a line, then spaces": "a\n" + " " * 9,
    "commas": ", ",
    "letters": "a",
    "accents": "\u0301",
    "full-width stops": "。",
    "dandas": "।",
    "initials": "A. ",
    "ellipses": "…",
    "word and dots": "a" * 30 + "." * 30 + " ",
    "lowercase": "a b. ",
    "short sentences": "It. ",
    "bullets": "\n- a",
    "headings": "\n# a",
    "rules": "\n---",
    "lines": "a\n",
    "list numbers": "1. ",
    "ordinals": "am 5. M",
    "Thai": "ก ",
    "emoji": "!\U0001f469\u200d",
    "joiners": "\u200d",
    "flags": "\U0001f1e6",
    "footnotes": ".[1]",
    "brackets": '. [("',
    "Chinese quotations": "。」と",
    "guillemets": "? » ",
}


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("piece", [1 << 20, 97])
def test_hostile_text_costs_linear_time(unit: str, piece: int) -> None:
    def plan(text: str) -> None:
        cut(text[at : at + piece] for at in range(0, len(text), piece))

    assert effort(plan, unit) < 3
