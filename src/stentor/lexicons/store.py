"""The lexicons of this server: kept in a folder, and put together for each request."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from operator import is_
from pathlib import Path
from time import monotonic

from stentor import threads
from stentor.errors import InvalidLexicon, LexiconExists, NotFound, UnknownLexicon, quoted
from stentor.lexicons.folder import LexiconFolder, Shelf
from stentor.text.lexicon import Entry, Lexicon, Matcher

_LOOK_EVERY = 0.5  # seconds; asking the file system at each request costs more than the rest of the plan
_QUICK = 500  # words; a matcher for more is made beside the event loop


class LexiconStore:
    """Lexicons by id, and the matchers made of them.

    What an operator puts into the folder, changes or removes there is noticed within half a second.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = LexiconFolder(folder)
        self._changing = asyncio.Lock()
        self._making = asyncio.Lock()
        self._look_again = 0.0
        self._shelf = Shelf()
        self._for_all: tuple[Lexicon, ...] = ()
        self._by_voice: dict[str, list[str]] = {}
        self._matchers: dict[str, tuple[object, Matcher]] = {}
        self._stamp = self._folder.stamp()
        self._put(self._folder.read())

    async def all(self) -> Sequence[Lexicon]:
        """List the lexicons by id."""
        await self._look()
        return tuple(self._shelf.lexicons.values())

    async def get(self, identity: str) -> Lexicon:
        """Return a lexicon; raises NotFound."""
        await self._look()
        return _found(self._shelf, identity)

    async def problems(self) -> Mapping[str, str]:
        """Say which files cannot be used, and why."""
        await self._look()
        return self._shelf.problems

    async def create(self, lexicon: Lexicon) -> None:
        """Keep a new lexicon; raises LexiconExists, StorageFailed."""

        def decide(shelf: Shelf) -> Lexicon:
            if lexicon.id in shelf.lexicons or lexicon.id in shelf.broken:
                raise LexiconExists(lexicon.id)
            return lexicon

        await self._change(lexicon.id, decide)

    async def put(self, identity: str, make: Callable[[Lexicon | None], Lexicon]) -> tuple[Lexicon, bool]:
        """Keep what is made of the lexicon of an id, or of none; returns it, and whether it is new.

        Raises StorageFailed.
        """
        made: list[tuple[Lexicon, bool]] = []

        def decide(shelf: Shelf) -> Lexicon:
            held = shelf.lexicons.get(identity)
            made.append((make(held), held is None))
            return made[0][0]

        await self._change(identity, decide)
        return made[0]

    async def change(self, identity: str, change: Callable[[Lexicon], Lexicon]) -> Lexicon:
        """Keep and return what `change` makes of a lexicon; raises NotFound, StorageFailed and its errors."""
        changed: list[Lexicon] = []

        def decide(shelf: Shelf) -> Lexicon:
            if identity in shelf.broken:
                raise InvalidLexicon(
                    f"The file of the lexicon {quoted(identity)} was changed and cannot be read now. "
                    "Mend it, or replace the lexicon."
                )
            changed.append(change(_found(shelf, identity)))
            return changed[0]

        await self._change(identity, decide)
        return changed[0]

    async def delete(self, identity: str) -> None:
        """Remove a lexicon; raises NotFound, StorageFailed."""

        def decide(shelf: Shelf) -> None:
            if identity not in shelf.broken:
                _found(shelf, identity)

        await self._change(identity, decide)

    async def for_request(
        self, voice_names: Collection[str] = (), named: Sequence[str] = (), inline: Sequence[Entry] = ()
    ) -> Matcher | None:
        """Return a matcher of all that holds for a request, None if nothing does.

        That is, from the weakest to the strongest: lexicons for all requests; those for one of its voices,
        by their ids; those it names, in its order; and entries of its own. Raises UnknownLexicon.
        """
        await self._look()
        shelf = self._shelf
        if unknown := [identity for identity in named if identity not in shelf.lexicons]:
            raise UnknownLexicon(unknown[0])
        chosen = [shelf.lexicons[found] for found in (*self._for_voices(voice_names), *dict.fromkeys(named))]
        sources: list[tuple[str, object, Sequence[Lexicon]]] = []
        if self._for_all:
            sources.append(("", self._for_all, self._for_all))
        sources += [(lexicon.id, lexicon, (lexicon,)) for lexicon in chosen]
        matchers = [await self._matcher(*source) for source in sources]
        if inline:
            matchers.append(await _made([inline]))
        return Matcher.stack(matchers) if matchers else None

    def _for_voices(self, names: Collection[str]) -> list[str]:
        if not self._by_voice:
            return []
        found = (self._by_voice.get(name.casefold(), ()) for name in names)
        return sorted({identity for identities in found for identity in identities})

    async def _matcher(self, key: str, source: object, lexicons: Sequence[Lexicon]) -> Matcher:
        """Return the matcher of lexicons; the one under the key, if it was made of the same source."""
        kept = self._matchers.get(key)
        if kept is None or kept[0] is not source:
            async with self._making:
                kept = self._matchers.get(key)
                if kept is None or kept[0] is not source:
                    made = await _made([list(lexicon.effective()) for lexicon in lexicons])
                    kept = self._matchers[key] = (source, made)
        return kept[1]

    async def _look(self) -> None:
        """See whether an operator has changed something; whoever changes something now sees it as well."""
        now = monotonic()
        if now < self._look_again or self._changing.locked():
            return
        self._look_again = now + _LOOK_EVERY
        stamp = self._folder.stamp()
        if stamp == self._stamp and not self._shelf.lexicons and not self._shelf.problems:
            return
        async with self._changing:
            self._stamp = stamp
            self._put(await threads.run(self._folder.read))

    async def _change(self, identity: str, decide: Callable[[Shelf], Lexicon | None]) -> None:
        async with self._changing:
            self._put(await threads.run(self._folder.change, identity, decide))

    def _put(self, shelf: Shelf) -> None:
        self._shelf = shelf
        lexicons = shelf.lexicons.values()
        for_all = tuple(lexicon for lexicon in lexicons if lexicon.enabled and lexicon.voices is None)
        if len(for_all) != len(self._for_all) or not all(map(is_, for_all, self._for_all)):
            self._for_all = for_all
        self._by_voice = {}
        for lexicon in lexicons:
            for voice in {name.casefold() for name in lexicon.voices or ()} if lexicon.enabled else ():
                self._by_voice.setdefault(voice, []).append(lexicon.id)
        self._matchers = {
            key: kept
            for key, kept in self._matchers.items()
            if key in shelf.lexicons or (for_all and not key)
        }


def _found(shelf: Shelf, identity: str) -> Lexicon:
    if identity not in shelf.lexicons:
        raise NotFound(f"There is no lexicon {quoted(identity)} here.", param="id")
    return shelf.lexicons[identity]


async def _made(lexicons: Sequence[Sequence[Entry]]) -> Matcher:
    if sum(len(entry.graphemes) for entries in lexicons for entry in entries) <= _QUICK:
        return Matcher(*lexicons)
    return await threads.run(Matcher, *lexicons)
