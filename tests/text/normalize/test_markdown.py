from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.effort import effort

from stentor.text.edits import Edited
from stentor.text.normalize.markdown import strip_markdown


def bare(text: str) -> str:
    return Edited(text, strip_markdown(text)).text


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("plain text, 5 * 3 and a_b.", "plain text, 5 * 3 and a_b."),
        ("# Title\nText", "Title.\nText"),
        ("## Why?\nText", "Why?\nText"),
        ("#5 and #tag", "#5 and #tag"),
        ("**bold** *it* ***both*** __b__ _i_", "bold it both b i"),
        ("un*frigging*real", "unfriggingreal"),
        ("**5**kg 2**3 2*3", "5kg 2**3 2*3"),
        ("**Begun here.", "Begun here."),
        ("ended here**", "ended here"),
        ("~~gone~~ ~5", "gone ~5"),
        ("`code` ``co`de`` don`t", "code co`de don`t"),
        ("```python\nx = 1\n```", "\nx = 1\n"),
        ("- one\n- two\n- three", "one,\ntwo,\nthree"),
        ("* one.\n+ two!\n• three", "one.\ntwo!\nthree"),
        ("1. one\n2. two", "1. one,\n2. two"),
        ("- [ ] open\n- [x] done", "open,\ndone"),
        ("> quoted\n>> twice", "quoted\ntwice"),
        ("a\n---\nb", "a\n\nb"),
        ("Title\n===", "Title\n"),
        ("* * *", ""),
        ("| a | b |\n|---|:-:|\n| 1 | 2 |", "a, b.\n\n1, 2"),
        ("a | b", "a | b"),
        ("[text](https://x.y/z)", "text"),
        ('[**text**](x "title") and [b](<c>)', "text and b"),
        ("[wiki](https://x.y/a_(b))", "wiki"),
        ("![a cat](cat.png) and ![](cat.png)", "a cat and "),
        ("[![badge](a.svg)](b)", "badge"),
        ("[text][1] and [note][]", "text and note"),
        ("Said[^1].", "Said."),
        ("[1]: https://x.y", ""),
        ("array[0] and f(x)[1] and [sic]", "array[0] and f(x)[1] and [sic]"),
        ("see <https://x.y/_a_> or <me@x.y>", "see https://x.y/_a_ or me@x.y"),
        ("https://x.y/_a_/*b", "https://x.y/_a_/b"),
        ('<b>bold</b> <br/> <a href="x">y</a>', "bold   y"),
        ("a <b and c> d, 1 < 2", "a <b and c> d, 1 < 2"),
        ("a <!-- hidden --> b", "a  b"),
        ("AT&amp;T &lt;5&gt; &nbsp; &#233; &bogus;", "AT&T <5>   é &bogus;"),
        ("\\*not\\* \\_it\\_ C:\\dir", "*not* _it_ C:\\dir"),
        ("__init__.py", "init.py"),
    ],
)
def test_marks_are_taken_out(written: str, spoken: str) -> None:
    assert bare(written) == spoken


def test_what_is_taken_keeps_its_marks() -> None:
    text = "*a* *b*"
    assert Edited(text, strip_markdown(text, [(0, 1), (4, 7)])).text == "*a *b*"


_MARKS = st.sampled_from(
    "* ** _ ` ``` [ ] ( ) ![ ](x) ][ | # - > ~~ \\ & &amp; < </b> <b> <!-- --> a b 1 \n".split(" ")
)


@given(st.lists(_MARKS | st.text(max_size=2), max_size=20).map("".join))
def test_edits_are_in_order_and_letters_stay(text: str) -> None:
    edits = strip_markdown(text)
    done = 0
    for edit in edits:
        assert done <= edit.start < edit.end <= len(text)
        done = edit.end


@given(st.text("abc *_`~#>-\n", max_size=30))
def test_no_letter_is_lost(text: str) -> None:
    letters = [character for character in text if character.isalpha()]
    fenced = "```" in text or "~~~" in text
    assert fenced or [character for character in bare(text) if character.isalpha()] == letters


@pytest.mark.parametrize(
    "unit",
    [
        *"*_`[]()|#>~\\&<-\n",
        "**a",
        "[a",
        "[a](",
        "](a",
        "![",
        "<b ",
        '<a b="',
        "<!--",
        "&a",
        "|a",
        "a|\n",
        "- a\n",
        "# a\n",
        "> ",
        "1. ",
        "*a*",
        "`a",
        "[^",
        "[a][",
        "\\*",
        ']("',
        "<a@",
        "<http://",
    ],
)
def test_taking_them_out_takes_linear_time(unit: str) -> None:
    assert effort(strip_markdown, unit) < 3
