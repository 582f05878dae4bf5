"""Markup becomes one form, whichever way it is written: SSML, light tags, or none."""

from __future__ import annotations

import re

from stentor.text.markup.ssml import read_ssml
from stentor.text.markup.tags import TagReader
from stentor.text.script import Manner, Script, Words

# A document type makes it SSML as well, so that it is refused and not read aloud.
_TAG_OF_SSML = re.compile(r"<(?:speak|break|prosody|phoneme|say-as|sub alias|voice name)\b", re.IGNORECASE)
_SSML = re.compile(
    r"[\s\ufeff]*+(?:<\?xml\b[^>]{0,200}+>\s*+(?>(?:<!DOCTYPE\s)?))?"
    r"(?:(?<=<!DOCTYPE\s)|<(?:!DOCTYPE\s{1,9}+)?(?:[a-z]{1,20}:)?speak(?=[\s/>]))"
)
# A beginning that says nothing yet: white space, an XML declaration, the first letters of the tag.
_TAG = r"(?:!D?O?C?T?Y?P?E?\s{0,9}+)?[a-z:]{0,26}+"
_BEGUN = re.compile(rf"[\s\ufeff]*+(?:<\?xml\b[^>]{{0,200}}+(?:>\s*+(?:<{_TAG})?)?|<(?:\?x?m?l?|{_TAG}))?")


def is_ssml(source: str, asked: bool | None) -> bool:  # noqa: FBT001  what a request says
    """Tell whether a text is read as SSML: as it was asked for, or else by how it begins."""
    return bool(_SSML.match(source)) if asked is None else asked


def may_become_ssml(begun: str, asked: bool | None) -> bool:  # noqa: FBT001  what a request says
    """Tell whether the beginning of a text may yet be that of SSML."""
    if asked is not None:
        return asked
    return is_ssml(begun, None) or bool(_BEGUN.fullmatch(begun))


def looks_like_ssml(source: str) -> bool:
    """Tell whether a text that is not SSML has tags of it, so that they would be read aloud."""
    return "<" in source and bool(_TAG_OF_SSML.search(source))


def read(source: str, *, ssml: bool | None, tags: bool, strict: bool, max_pause: float) -> Script:
    """Read a text that was cleaned of control characters.

    It is SSML if `ssml` says so, or if `ssml` is None and the text begins as SSML does. Otherwise light tags
    are read if `tags` says so. `max_pause` is in seconds. Raises InvalidMarkup for SSML, InvalidRequest for
    tags that cannot be done; with `strict`, also for SSML of which a part would be left out.
    """
    if is_ssml(source, ssml):
        return read_ssml(source, max_pause=max_pause, strict=strict)
    if tags:
        return Script(tuple(TagReader(max_pause).finish(source)))
    return Script((Words(source, 0, len(source), Manner()),) if source else ())
