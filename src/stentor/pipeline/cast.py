"""Who speaks what: the voice that a request names and those its markup names, each in its language."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from stentor import threads
from stentor.audio.stretch import FASTEST, SLOWEST
from stentor.errors import UnknownVoice, Unsupported, quoted
from stentor.pipeline.wording import Rules
from stentor.text.language import script_runs
from stentor.text.language.scripts import primary
from stentor.text.lexicon import Matcher
from stentor.text.markup.faults import line_and_column
from stentor.text.normalize import LANGUAGES, prepare
from stentor.text.script import Manner, Phonemes, Words

if TYPE_CHECKING:
    from stentor.engines import Engine
    from stentor.lexicons.store import LexiconStore
    from stentor.pipeline.request import SpeechRequest
    from stentor.text.language import Detector
    from stentor.text.script import Item
    from stentor.types import Voice
    from stentor.voices.catalog import Catalog

_PLAIN = Manner()
_MOST_NAMED = 20  # warnings, which have to fit into a header
_LOOKED_AT = 20_000  # characters of a request, in which a lexicon's words are looked for to warn of them


@dataclass(frozen=True, slots=True)
class Role:
    """One voice in one language."""

    name: str
    """The caller's name for the voice."""
    engine: Engine
    voice: Voice
    language: str | None
    """As it was asked for; None leaves it to the voice."""
    rules: Rules


class Casting:
    """Finds the roles of requests."""

    def __init__(
        self, catalog: Catalog, lexicons: LexiconStore | None = None, detector: Detector | None = None
    ) -> None:
        self.catalog = catalog
        self._lexicons = lexicons
        self.detector = detector
        self._prepared: set[str] = set()  # languages whose rules are loaded

    async def prepare(self, language: str) -> None:
        """Load a language's rules beside the event loop, which they would hold, if it is the first time."""
        name = primary(language)
        if name in LANGUAGES and name not in self._prepared:
            await threads.run(prepare, language)
            self._prepared.add(name)

    async def cast(self, request: SpeechRequest, text: str, engines: Sequence[Engine]) -> Cast:
        """Find who of the engines speaks a request; raises UnknownVoice.

        `text` is what its language is told from, if the request names none.
        """
        cast = Cast(self, request, engines)
        engine, voice = await cast.voice(request.voice, request.language)
        cast.languages = self._languages(request, engine, voice)
        language = request.language
        if self.detector and cast.languages:
            language = self.detector.quick(text, cast.languages)
            language = language or await self.detector.detect(text, cast.languages)
        await cast.speak_in(language)
        return cast

    def _languages(self, request: SpeechRequest, engine: Engine, voice: Voice) -> tuple[str, ...]:
        """Return the languages a voice may be meant to speak, its own first; none if there is no choice."""
        if request.language or self.detector is None:
            return ()
        all_of_them = engine.capabilities.languages if self.catalog.speaks_all(request.voice) else ()
        return _choice(voice.languages, all_of_them)

    async def lexicon(self, voices: Collection[str], request: SpeechRequest) -> Matcher | None:
        """Find the words that these voices say otherwise in a request; raises UnknownLexicon."""
        if self._lexicons:
            return await self._lexicons.for_request(voices, request.lexicons, request.lexicon)
        return Matcher(request.lexicon) if request.lexicon else None


class Cast:
    """The roles of one request, and what they cannot do."""

    lead: Role
    """Who speaks what markup gives to nobody else."""

    def __init__(self, casting: Casting, request: SpeechRequest, engines: Sequence[Engine]) -> None:
        self.languages: tuple[str, ...] = ()
        """The languages that the text may be in, the voice's own first; none if that is settled."""
        self.forgives = False
        """Whether an unknown voice in the text is a warning, as in text that is already being spoken."""
        self._casting = casting
        self._request = request
        self._engines = engines
        self._voices: dict[tuple[str, str | None], tuple[Engine, Voice]] = {}
        self._language: str | None = None
        self._roles: dict[tuple[str | None, str | None], Role] = {}
        self._warnings: dict[str, None] = {}
        self._looked_at = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        """What will be left out, each once, in the order it was met; behind twenty, how many more."""
        found = tuple(self._warnings)
        more = len(found) - _MOST_NAMED
        return (*found[:_MOST_NAMED], f"and {more} more") if more > 0 else found

    @property
    def engines(self) -> list[Engine]:
        """The engines that speak."""
        roles = (self.lead, *self._roles.values())
        return list({role.engine.name: role.engine for role in roles}.values())

    def role(self, manner: Manner) -> Role:
        """Return who speaks in a manner that was assigned."""
        return self._roles.get((manner.voice, manner.language), self.lead)

    def warn(self, sentence: str) -> None:
        """Note that something will be left out."""
        self._warnings[sentence] = None

    def refuse(self) -> None:
        """Raise Unsupported if something would be left out and the request is strict; then forget it."""
        if self._request.strict and (left_out := self.warnings):
            self._warnings.clear()
            raise Unsupported(f"With `strict`, nothing may be left out, but {'; '.join(left_out)}.")

    async def speak_in(self, language: str | None) -> None:
        """Let the leading voice speak a language from now on; its own if it is that or None."""
        is_own = bool(language and self.languages and primary(language) == primary(self.languages[0]))
        self._language = None if is_own else language
        assigned = list(self._roles)
        self._roles.clear()
        self.lead = await self.find(self._request.voice, self._language)
        for voice, spoken in assigned:  # words that were given to them may still wait to be said
            await self._assigned(Manner(voice=voice, language=spoken))

    async def hear(self, text: str) -> bool:
        """Take up the language of a text that is still arriving; returns whether it is clear by now."""
        detector = self._casting.detector
        found = detector.quick(text, self.languages) if detector and self.languages else None
        if found:
            await self.speak_in(found)
        return bool(found) or not self.languages

    async def assign(self, items: Iterable[Item]) -> list[Item]:
        """Find every role that the items need; what its engine cannot do is taken from their manners.

        Raises UnknownVoice.
        """
        assigned: list[Item] = []
        for item in items:
            if isinstance(item, Words):
                try:
                    assigned += [await self._possible(words) for words in await self._by_script(item)]
                except UnknownVoice as error:
                    if not self._request.text:  # it arrives in pieces, of which nobody knows the lines
                        raise
                    raise error.at(*_place(self._request, item)) from None
            else:
                assigned.append(item)
        return assigned

    async def voice(self, name: str, language: str | None) -> tuple[Engine, Voice]:
        """Find a voice and its engine; raises UnknownVoice."""
        asked = name, language
        if asked not in self._voices:
            self._voices[asked] = await self._casting.catalog.find(self._engines, name, language)
        return self._voices[asked]

    async def find(self, name: str, language: str | None) -> Role:
        """Find a role; raises UnknownVoice."""
        engine, voice = await self.voice(name, language)
        if language and not speaks(voice, language):
            self.warn(
                f"`language` was ignored: {voice.id} of the engine {engine.name} does not speak "
                f"{quoted(language)}"
            )
            language = None
        lexicon = await self._casting.lexicon((name, voice.id), self._request)
        own = voice.languages[0] if voice.languages else "und"
        await self._casting.prepare(language or own)
        rules = Rules(language or own, self._request.switches, lexicon, engine.capabilities.phonemes)
        return Role(name, engine, voice, language, rules)

    async def _by_script(self, words: Words) -> list[Words]:
        """Cut words that are written in several scripts, so that each is spoken by who can read it."""
        role = await self._assigned(words.manner)
        own = role.language or (role.voice.languages[0] if role.voice.languages else "und")
        if words.reading or own == "und" or len(words.text) != words.end - words.start:
            return [words]
        runs = script_runs(words.text, own)
        if len(runs) == 1 and runs[0][2] == own:
            return [words]
        return [
            Words(
                words.text[start:end],
                words.start + start,
                words.start + end,
                words.manner if language == own else replace(words.manner, language=language),
            )
            for start, end, language in runs
        ]

    async def _assigned(self, manner: Manner) -> Role:
        if manner.voice is None and manner.language is None:
            return self.lead
        key = manner.voice, manner.language
        if key not in self._roles:
            name = manner.voice or self._request.voice
            told = self._language if self._casting.catalog.speaks_all(name) else None
            try:
                role = await self.find(name, manner.language or self._request.language or told)
            except UnknownVoice as error:
                if not self.forgives:
                    raise
                self.warn(error.message.removesuffix("."))
                role = self.lead
            self._roles[key] = role
        return self._roles[key]

    async def _possible(self, words: Words) -> Words:
        """Take what the engine cannot do from the words, and warn of it."""
        manner = words.manner
        if self._request.style and manner.style is None:
            manner = replace(manner, style=self._request.style)
        role = await self._assigned(manner)
        engine = role.engine
        if not engine.capabilities.phonemes and self._has_sounds(words, role.rules):
            self.warn(f"pronunciations were ignored: the engine {engine.name} takes none")
        if manner == _PLAIN:
            return words
        return replace(words, manner=self._possible_manner(manner, engine))

    def _has_sounds(self, words: Words, rules: Rules) -> bool:
        """Tell whether markup, or a lexicon that has no other word, says how words are pronounced."""
        lexicon = rules.lexicon
        if words.reading or lexicon is None or not lexicon.has_sounds_alone:
            return isinstance(words.reading, Phonemes)
        text = words.text[: _LOOKED_AT - self._looked_at]
        self._looked_at += len(text)
        edits = lexicon.edits(text, rules.language)
        return any(edit.ipa and edit.text == text[edit.start : edit.end] for edit in edits)

    def _possible_manner(self, manner: Manner, engine: Engine) -> Manner:
        abilities = engine.capabilities
        lowest, highest = abilities.pitch
        possible = replace(
            manner,
            style=manner.style if manner.style in abilities.styles else None,
            emphasis=manner.emphasis if abilities.emphasis else None,
            pitch=min(max(manner.pitch, lowest), highest),
        )
        if manner.style not in (possible.style, "neutral"):
            self.warn(f"the style {manner.style} was ignored: the engine {engine.name} cannot speak so")
        if manner.emphasis != possible.emphasis:
            self.warn(f"emphasis was ignored: the engine {engine.name} cannot emphasise")
        if manner.pitch != possible.pitch:
            self.warn(
                f"the pitch was limited to {possible.pitch:+g} semitones, as far as the engine "
                f"{engine.name} goes"
            )
        if not SLOWEST <= self._request.speed * manner.rate <= FASTEST:
            self.warn(f"the rate was limited: speech is {SLOWEST:g} to {FASTEST:g} times as fast as normal")
        return possible


@lru_cache(maxsize=256)
def _choice(own: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return one's own languages and others, each once; none if all are the same language."""
    languages = tuple(dict.fromkeys((*own, *others)))
    return languages if len({primary(tag) for tag in languages}) > 1 else ()


def _place(request: SpeechRequest, words: Words) -> tuple[str, str]:
    """Return where words of an unknown voice stand in a request, and the field that names the voice."""
    text, start, field = request.text, words.start, "input"
    for number, part in enumerate(request.parts):
        if part.start <= words.start < part.end:
            if words.manner.voice == part.voice:
                return f"`input.{number}.voice`", f"input.{number}.voice"
            text, start, field = text[part.start : part.end], start - part.start, f"input.{number}.text"
            break
    line, column = line_and_column(text, start)
    return f"for what stands at line {line}, column {column} of `{field}`", field


def speaks(voice: Voice, language: str) -> bool:
    """Tell whether a voice speaks a language, in whatever accent."""
    return any(tag == "und" or primary(tag) == primary(language) for tag in voice.languages)
