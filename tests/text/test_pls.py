"""Lexicons of the W3C are read as they are meant, and refused with line and column."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stentor.errors import InvalidLexicon
from stentor.text.lexicon import MOST_WORDS, Entry, Lexicon, checked_alias, checked_word
from stentor.text.pls import lexicon_from_pls, pls_from_lexicon

NAMESPACE = "http://www.w3.org/2005/01/pronunciation-lexicon"


def read(*lines: str, attributes: str = 'alphabet="ipa" xml:lang="en-GB"') -> Lexicon:
    """Read a document of these lines."""
    head = f'<?xml version="1.0"?>\n<lexicon version="1.0" xmlns="{NAMESPACE}" {attributes}>'
    return lexicon_from_pls("\n".join([head, *lines, "</lexicon>"]).encode(), "one", "One")


def lexeme(inside: str) -> str:
    return f"<lexeme><grapheme>a</grapheme>{inside}</lexeme>"


def test_a_whole_document_is_read() -> None:
    lexicon = read(
        '<meta name="author" content="me"/>',
        '<metadata><rdf:RDF xmlns:rdf="urn:rdf"><rdf:x><grapheme>no</grapheme></rdf:x></rdf:RDF></metadata>',
        '<lexeme xml:id="x" role="claws:NN0" xmlns:claws="urn:c">',
        "  <grapheme>colour</grapheme><grapheme> color\n</grapheme>",
        "  <phoneme>ˈkʌlə</phoneme><example>The colour.</example>",
        "</lexeme>",
        "<!-- between --><?pi?>",
        "<lexeme><grapheme>W3C</grapheme><alias>World Wide <![CDATA[Web & more]]></alias></lexeme>",
        '<lexeme xml:lang="de"><grapheme>AT&amp;T</grapheme><alias>A</alias><phoneme>a</phoneme></lexeme>',
    )
    assert lexicon == Lexicon(
        "one",
        "One",
        (
            Entry(("colour", "color"), ipa="ˈkʌlə"),
            Entry(("W3C",), "World Wide Web & more"),
            Entry(("AT&T",), "A", "a", "de"),
        ),
        "en-GB",
    )


@pytest.mark.parametrize(
    ("inside", "ipa"),
    [
        ("<phoneme>a</phoneme><phoneme>e</phoneme>", "a"),
        ('<phoneme>a</phoneme><phoneme prefer="true">e</phoneme><phoneme prefer="true">i</phoneme>', "e"),
        ('<phoneme prefer="1">a</phoneme><phoneme prefer="true">e</phoneme>', "a"),
        ('<phoneme alphabet="x-sampa">"eI</phoneme>', "ˈeɪ"),
        ('<phoneme alphabet="ipa">/ˈeɪ/</phoneme>', "ˈeɪ"),
    ],
)
def test_the_preferred_pronunciation_is_kept_in_ipa(inside: str, ipa: str) -> None:
    assert read(lexeme(inside)).entries == (Entry(("a",), ipa=ipa),)


def test_an_alphabet_holds_for_the_document() -> None:
    lexicon = read(lexeme("<phoneme>@</phoneme>"), attributes='alphabet="x-sampa"')
    assert (lexicon.entries[0].ipa, lexicon.language) == ("ə", None)


def test_an_alphabet_that_is_not_used_need_not_be_known() -> None:
    assert read(lexeme("<alias>b</alias>"), attributes='alphabet="x-own"').entries == (Entry(("a",), "b"),)


def test_a_document_without_a_namespace_is_read() -> None:
    document = b"<lexicon><lexeme><grapheme>a</grapheme><alias>b</alias></lexeme></lexicon>"
    assert lexicon_from_pls(document, "x", "X").entries == (Entry(("a",), "b"),)


def test_elements_of_others_are_passed_over() -> None:
    strange = '<o:x xmlns:o="urn:o"><lexeme>no</lexeme></o:x>'
    inside = f"{strange}<alias>b{strange} c</alias>"
    assert read(strange, lexeme(inside)).entries == (Entry(("a",), "b c"),)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_the_encoding_is_what_the_document_says(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><lexicon>{lexeme("<alias>é</alias>")}</lexicon>'
    assert lexicon_from_pls(text.encode(encoding), "x", "X").entries == (Entry(("a",), "é"),)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("  <lexeme>", "Line 4, column 3: The document is not well-formed XML: mismatched tag."),
        ("<lexeme><alias>b</alias></lexeme>", "Line 3, column 1: A <lexeme> must have a <grapheme>."),
        (lexeme(""), "Line 3, column 1: A <lexeme> must have a <phoneme> or an <alias>."),
        (lexeme("<alias> </alias>"), "Line 3, column 31: An alias must have something to say"),
        (lexeme("<phoneme>kæ7t</phoneme>"), "Line 3, column 31: '7' (U+0037), character 3 of the"),
        (lexeme('<phoneme alphabet="x-sampa">*</phoneme>'), "Line 3, column 31: '*' (U+002A), character 1"),
        (
            lexeme('<phoneme alphabet="sapi">*</phoneme>'),
            "31: The alphabet 'sapi' is not known; ipa and x-sampa are.",
        ),
        ("<lexeme><grapheme/></lexeme>", "Line 3, column 9: A word must not be empty."),
        (f"<lexeme><grapheme>{'a' * 101}</grapheme></lexeme>", "column 9: A word may have at most 100"),
        ('\n<lexeme xml:lang="e n"/>', "Line 4, column 1: 'e n' is no language tag, such as en or pt-BR."),
        ("<entry/>", "Line 3, column 1: <entry> cannot stand in <lexicon>."),
        ("<lexicon/>", "Line 3, column 1: <lexicon> cannot stand in <lexicon>."),
        (f"<{'a' * 200}/>", f"<{'a' * 60}…> cannot stand in <lexicon>."),
        ("<alias>a</alias>", "<alias> cannot stand in <lexicon>."),
        (lexeme("<alias><alias>b</alias></alias>"), "Line 3, column 38: <alias> cannot stand in <alias>."),
        ("&undefined;", "The document is not well-formed XML: undefined entity."),
        ("<o:x/>", "The document is not well-formed XML: unbound prefix."),
        ("<lexeme>\x00", "The document is not well-formed XML: not well-formed (invalid token)."),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(line: str, sentence: str) -> None:
    with pytest.raises(InvalidLexicon) as refused:
        read(line)
    assert sentence in refused.value.message
    assert refused.value.message.endswith(".")


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"", "Line 1, column 1: The document is not well-formed XML: no element found."),
        (b"{}", "Line 1, column 1: The document is not well-formed XML: not well-formed (invalid token)."),
        (b"\xff\xfe\xff", "The document is not well-formed XML: unclosed token."),
        (b"<speak/>", "Line 1, column 1: This is no lexicon: it must begin with <lexicon xmlns="),
        (b'<lexicon xmlns="urn:other"/>', "Line 1, column 1: This is no lexicon"),
        (b"<lexicon>\n\xe9</lexicon>", "Line 2, column 1: The document is not well-formed XML: "),
        (b'<?xml version="1.0" encoding="shift_jis"?><lexicon/>', "encoding cannot be read; UTF-8 can."),
        (b'<?xml version="1.0" encoding="hex"?><lexicon/>', "encoding cannot be read; UTF-8 can."),
        (b'<?xml version="1.0" encoding="idna"?><lexicon/>', "encoding cannot be read; UTF-8 can."),
        (b'<lexicon xml:lang="&#0;"/>', "reference to invalid character number"),
    ],
)
def test_what_is_no_lexicon_at_all_is_refused(document: bytes, sentence: str) -> None:
    with pytest.raises(InvalidLexicon) as refused:
        lexicon_from_pls(document, "x", "X")
    assert sentence in refused.value.message


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 20))


@pytest.mark.parametrize(
    "doctype",
    [
        f'<!DOCTYPE lexicon [<!ENTITY l0 "ha">{LAUGHS}]>',
        '<!DOCTYPE lexicon SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE lexicon [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE lexicon [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]>',
        "<!DOCTYPE lexicon>",
    ],
)
def test_a_doctype_is_refused_before_anything_of_it_is_read(doctype: str) -> None:
    document = f"<?xml version='1.0'?>\n  {doctype}<lexicon>&l19;&x;</lexicon>".encode()
    with pytest.raises(InvalidLexicon, match=r"^Line 2, column \d+: A DOCTYPE is not read here\.$"):
        lexicon_from_pls(document, "x", "X")


@pytest.mark.parametrize("tag", ["lexeme", "grapheme", "metadata", "o:x", "lexicon"])
def test_depth_is_bounded(tag: str) -> None:
    document = f'<lexicon xmlns:o="urn:o">{f"<{tag}>" * 100_000}'.encode()
    with pytest.raises(InvalidLexicon, match=r"nested more than 32 deep|cannot stand in"):
        lexicon_from_pls(document, "x", "X")


def test_a_million_lexemes_end_where_the_most_are_read() -> None:
    document = b"<lexicon>" + b"<lexeme><grapheme>a</grapheme><alias>b</alias></lexeme>\n" * 1_000_000
    tracemalloc.start()
    with pytest.raises(
        InvalidLexicon, match=r"Line 10001, column 9: A lexicon may have at most 10,000 words\."
    ):
        lexicon_from_pls(document, "x", "X")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_words_are_counted_wherever_they_stand() -> None:
    graphemes = "<grapheme>a</grapheme>" * (MOST_WORDS + 1)
    with pytest.raises(InvalidLexicon, match="at most 10,000 words"):
        read(f"<lexeme>{graphemes}")


def test_a_word_that_is_given_twice_is_kept_once() -> None:
    assert read(lexeme("<grapheme>a</grapheme><alias>b</alias>")).entries == (Entry(("a",), "b"),)


def test_what_is_written_is_the_specifications_form() -> None:
    entry = Entry(("AT&T", "<b>"), 'say "a"', "eɪ", "en-US")
    root = ET.fromstring(pls_from_lexicon(Lexicon("x", "X", (entry,), "en")))
    assert root.tag == f"{{{NAMESPACE}}}lexicon"
    xml = "{http://www.w3.org/XML/1998/namespace}lang"
    assert root.attrib == {"version": "1.0", "alphabet": "ipa", xml: "en"}
    (lexeme,) = root
    assert lexeme.attrib == {xml: "en-US"}
    assert [(child.tag.rpartition("}")[2], child.text) for child in lexeme] == [
        ("grapheme", "AT&T"), ("grapheme", "<b>"), ("phoneme", "eɪ"), ("alias", 'say "a"'),
    ]  # fmt: skip


def accepted(check: object, text: str) -> str:
    try:
        return str(check(text))  # type: ignore[operator]
    except ValueError:
        return ""


WORDS = st.text(max_size=20).map(lambda text: accepted(checked_word, text)).filter(bool)
ALIASES = st.text(max_size=20).map(lambda text: accepted(checked_alias, text)).filter(bool)
LANGUAGES = st.sampled_from([None, "en", "de-CH", "zh-Hant-TW"])


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    words = tuple(draw(st.lists(WORDS, min_size=1, max_size=3, unique=True)))
    alias = draw(st.none() | ALIASES)
    ipa = draw(st.sampled_from(["təˈmeɪtoʊ", "ç̃", "a | b"] if alias is None else [None, "ə"]))
    return Entry(words, alias, ipa, draw(LANGUAGES))


@given(st.lists(entries(), max_size=5), LANGUAGES)
def test_what_is_written_is_read_again(given: Sequence[Entry], language: str | None) -> None:
    lexicon = Lexicon("one", "One", tuple(given), language)
    assert lexicon_from_pls(pls_from_lexicon(lexicon).encode(), "one", "One") == lexicon


@given(st.text("<>/lexicongrapheme&;!-[]?= \"'a", max_size=60) | st.binary(max_size=40))
def test_anything_else_is_refused_and_no_fault(written: str | bytes) -> None:
    document = written if isinstance(written, bytes) else f"<lexicon>{written}".encode()
    try:
        lexicon_from_pls(document, "x", "X")
    except InvalidLexicon as refused:
        sentence = refused.message
    else:
        return
    assert sentence.startswith("Line ")
