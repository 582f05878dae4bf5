"""Text that arrives in pieces, as a language model writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stentor.text import markup
from stentor.text.markup.tags import TagReader
from stentor.text.script import Manner, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stentor.pipeline.lines import Step
    from stentor.pipeline.plan import Plan
    from stentor.text.script import Item

_HEARD = 1000  # characters that a language is told from


class IncomingText:
    """Makes lines of text as it comes: each as soon as its sentence is complete, of SSML once it is whole."""

    def __init__(self, plan: Plan, max_pause: float, *, eager: bool) -> None:
        self._plan = plan
        self._max_pause = max_pause
        self._reader = plan.reader(eager=eager)
        self._held = ""  # until it is known whether it is SSML, and then until it is whole
        self._plain: TagReader | _PlainReader | None = None
        self._heard = ""  # to tell the language from, until that is clear
        self._is_clear = False
        if plan.request.ssml is False:
            self._plain = self._text_reader()

    async def feed(self, text: str) -> list[Step]:
        """Return the lines that a piece completes; raises InvalidRequest."""
        if self._plain is None:
            self._held += text
            if markup.may_become_ssml(self._held, self._plan.request.ssml):
                return []
            self._plain = self._text_reader()
            text, self._held = self._held, ""
        return await self._lines(self._plain.feed(text))

    async def finish(self) -> list[Step]:
        """Return what is left; raises InvalidMarkup."""
        if self._plain is None and markup.is_ssml(self._held, self._plan.request.ssml):
            request = self._plan.request
            script = markup.read(
                self._held, ssml=True, tags=False, strict=request.strict, max_pause=self._max_pause
            )
            for warning in script.warnings:
                self._plan.cast.warn(warning)
            items: Sequence[Item] = script.items
        else:
            plain = self._plain or self._text_reader()
            items = [*plain.feed(self._held), *plain.finish()]
        return [*await self._lines(items), *self._reader.finish()]

    async def _lines(self, items: Sequence[Item]) -> list[Step]:
        if not self._is_clear and len(self._heard) < _HEARD:
            self._heard += "".join(item.text for item in items if isinstance(item, Words))
            self._is_clear = await self._plan.cast.hear(self._heard)
        return list(self._reader.feed(await self._plan.cast.assign(items)))

    def _text_reader(self) -> TagReader | _PlainReader:
        return TagReader(self._max_pause) if self._plan.request.tags else _PlainReader()


class _PlainReader:
    """Reads text without markup, as TagReader does with it."""

    def __init__(self) -> None:
        self._length = 0

    def feed(self, text: str) -> list[Item]:
        begin, self._length = self._length, self._length + len(text)
        return [Words(text, begin, self._length, Manner())] if text else []

    def finish(self) -> list[Item]:
        return []
