"""Markup becomes one form, whichever way it is written: SSML, light tags, or none."""

from __future__ import annotations

import re

from stentor.text.markup.ssml import read_ssml
from stentor.text.markup.tags import TagReader
from stentor.text.script import Manner, Script, Words

_SSML = re.compile(r"[\s\ufeff]*+(?:<\?xml\b[^>]{0,200}+>\s*+)?<(?:[a-z]{1,20}:)?speak(?=[\s/>])")


def read(source: str, *, ssml: bool | None, tags: bool, strict: bool, max_pause: float) -> Script:
    """Read a text that was cleaned of control characters.

    It is SSML if `ssml` says so, or if `ssml` is None and the text begins as SSML does. Otherwise light tags
    are read if `tags` says so. `max_pause` is in seconds. Raises InvalidMarkup for SSML, InvalidRequest for
    tags that cannot be done; with `strict`, also for SSML of which a part would be left out.
    """
    if ssml or (ssml is None and _SSML.match(source)):
        return read_ssml(source, max_pause=max_pause, strict=strict)
    if tags:
        reader = TagReader(max_pause)
        return Script((*reader.feed(source), *reader.finish()))
    return Script((Words(source, 0, len(source), Manner()),) if source else ())
