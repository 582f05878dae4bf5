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
_LONGEST_BEGINNING = 1000  # of text that may yet turn out to be SSML


class IncomingText:
    """Makes lines of text as it comes: each as soon as its sentence is complete, of SSML once it is whole."""

    def __init__(self, plan: Plan, max_pause: float, *, eager: bool) -> None:
        self._plan = plan
        plan.cast.forgives = not plan.request.strict
        self._max_pause = max_pause
        self._reader = plan.reader(eager=eager)
        self._held: list[str] = []  # until it is known whether it is SSML, and then until it is whole
        self._is_ssml = plan.request.ssml  # None while that is not known
        self._plain: TagReader | _PlainReader = TagReader(max_pause) if plan.request.tags else _PlainReader()
        self._heard = ""  # to tell the language from, until that is clear
        self._is_clear = False

    async def feed(self, text: str) -> list[Step]:
        """Return the lines that a piece completes; raises InvalidRequest."""
        if self._is_ssml is False:
            return await self._lines(self._plain.feed(self._take() + text))
        self._held.append(text)
        if self._is_ssml is None:
            self._is_ssml = _tell("".join(self._held))
        return await self.feed("") if self._is_ssml is False else []

    def _take(self) -> str:
        held = "".join(self._held)
        self._held.clear()
        return held

    async def finish(self) -> list[Step]:
        """Return what is left; raises InvalidMarkup."""
        if self._is_ssml:
            items: Sequence[Item] = self._script(self._take())
        else:
            items = [*self._plain.feed(self._take()), *self._plain.finish()]
        return [*await self._lines(items), *self._reader.finish()]

    def _script(self, source: str) -> Sequence[Item]:
        strict = self._plan.request.strict
        script = markup.read(source, ssml=True, tags=False, strict=strict, max_pause=self._max_pause)
        for warning in script.warnings:
            self._plan.cast.warn(warning)
        return script.items

    async def _lines(self, items: Sequence[Item]) -> list[Step]:
        if not self._is_clear and len(self._heard) < _HEARD:
            self._heard += "".join(item.text for item in items if isinstance(item, Words))
            self._is_clear = await self._plan.cast.hear(self._heard)
        assigned = await self._plan.cast.assign(items)
        self._plan.accepted()
        return list(self._reader.feed(assigned))


def _tell(begun: str) -> bool | None:
    """Tell whether a text is SSML by its beginning; None if that is too short."""
    if markup.is_ssml(begun, None):
        return True
    may_be = len(begun) <= _LONGEST_BEGINNING and markup.may_become_ssml(begun, None)
    return None if may_be else False


class _PlainReader:
    """Reads text without markup, as TagReader does with it."""

    def __init__(self) -> None:
        self._length = 0

    def feed(self, text: str) -> list[Item]:
        begin, self._length = self._length, self._length + len(text)
        return [Words(text, begin, self._length, Manner())] if text else []

    def finish(self) -> list[Item]:
        return []
