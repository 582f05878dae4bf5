"""Lexicons in JSON, as files and bodies hold them."""

from __future__ import annotations

import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any, TypeVar, overload

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from stentor.errors import InvalidLexicon, quoted
from stentor.text.lexicon import (
    MOST_WORDS,
    Entry,
    Lexicon,
    checked_alias,
    checked_language,
    checked_word,
)
from stentor.text.phonemes import checked_ipa

T = TypeVar("T")

_SLICE = 500
_RESERVED = frozenset({"test"})
"""What stands in the place of an id in paths."""
_IDENTITY = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class EntryForm(BaseModel):
    """A word or phrase, or several, and how they are said: an `alias`, a pronunciation in IPA, or both."""

    model_config = ConfigDict(extra="forbid", strict=True)

    word: str | None = Field(default=None, description="The word or phrase.", examples=["SQL"])
    words: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Or several that are said alike.",
        examples=[["colour", "color"]],
    )
    alias: str | None = Field(default=None, description="What is said instead.", examples=["sequel"])
    ipa: str | None = Field(
        default=None,
        description="How it is pronounced, in the International Phonetic Alphabet; `alias` is for engines "
        "that cannot be told.",
        examples=["kæt"],
    )
    language: str | None = Field(
        default=None, description="BCP-47 tag of the language this holds for.", examples=["en"]
    )

    def entry(self, place: str = "") -> Entry:
        """Return the same in our own words; raises InvalidLexicon that names the field, at `place`."""
        subject, within = (f"`{place}`", f"{place}.") if place else ("An entry", "")
        if (self.word is None) is (self.words is None):
            raise InvalidLexicon(f"{subject} must have either `word` or `words`.", param=place or "word")
        if self.alias is None and self.ipa is None:
            raise InvalidLexicon(f"{subject} must have an `alias` or an `ipa`.", param=place or "alias")
        if self.word is not None:
            words = [_checked(checked_word, self.word, f"{within}word")]
        else:
            written = enumerate(self.words or ())
            words = [_checked(checked_word, word, f"{within}words.{number}") for number, word in written]
        return Entry(
            tuple(dict.fromkeys(words)),
            _checked(checked_alias, self.alias, f"{within}alias"),
            _checked(checked_ipa, self.ipa, f"{within}ipa"),
            _checked(checked_language, self.language, f"{within}language"),
        )


def _listed(value: Any) -> Any:  # noqa: ANN401  any JSON
    if isinstance(value, dict):
        return [{"word": word, "alias": alias} for word, alias in value.items()]
    return value


def _in_slices(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401  any JSON
    """Check many entries a few at a time: pydantic holds the interpreter as long as it works."""
    if not isinstance(value, list) or len(value) <= _SLICE:
        return handler(value)
    if len(value) > MOST_WORDS:
        raise PydanticKnownError(
            "too_long", {"field_type": "List", "max_length": MOST_WORDS, "actual_length": len(value)}
        )
    try:
        slices = [handler(value[begin : begin + _SLICE]) for begin in range(0, len(value), _SLICE)]
    except ValidationError:
        return handler(value)  # fails with the number that the entry has in all
    return [entry for entries in slices for entry in entries]


Entries = Annotated[
    list[EntryForm],
    FailFast(),
    WrapValidator(_in_slices),
    BeforeValidator(_listed, json_schema_input_type=list[EntryForm] | dict[str, str]),
]
Name = Annotated[str, Field(min_length=1, max_length=200)]
VoiceNames = Annotated[list[Annotated[str, Field(min_length=1, max_length=256)]], Field(max_length=100)]


class LexiconForm(BaseModel):
    """A lexicon. A plain object of words and aliases is one as well, as long as no word is a field's name."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str | None = Field(
        default=None,
        description="Its name in paths and requests: at most 64 of a-z, 0-9, `-` and `_`. "
        "Made of `name` if not given.",
        examples=["products"],
    )
    name: Name | None = Field(default=None, description="For people.", examples=["Our products"])
    language: str | None = Field(
        default=None, description="BCP-47 tag for entries without one of their own.", examples=["en"]
    )
    voices: VoiceNames | None = Field(
        default=None, description="Voices it is for, as requests name them; null is all.", examples=[None]
    )
    enabled: bool = Field(
        default=True, description="Whether it is used without being named by a request.", examples=[True]
    )
    entries: Entries = Field(
        description="The entries; the first one holds where two have the same word. "
        "An object of words and aliases will do."
    )

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:  # noqa: ANN401  any JSON
        if isinstance(value, dict) and value and not cls.model_fields.keys() & value.keys():
            return {"entries": value} if all(isinstance(alias, str) for alias in value.values()) else value
        return value

    def lexicon(self, identity: str) -> Lexicon:
        """Return the same in our own words; raises InvalidLexicon."""
        return Lexicon(
            identity,
            self.name or identity,
            checked_entries(self.entries),
            _checked(checked_language, self.language, "language"),
            None if self.voices is None else tuple(self.voices),
            self.enabled,
        )


class LexiconPatch(BaseModel):
    """What is to be changed of a lexicon; what is left out stays."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name = Field(default="", description="For people.", examples=["Our products"])
    language: str | None = Field(default=None, description="As in the lexicon; null takes it away.")
    voices: VoiceNames | None = Field(default=None, description="As in the lexicon; null is all.")
    enabled: bool = Field(default=True, description="As in the lexicon.", examples=[False])
    add: Entries = Field(
        default=[],
        description="Entries to be added, in place of those for the same words in the same language.",
        examples=[[{"word": "GIF", "alias": "jif"}]],
    )
    remove: list[str] = Field(
        default=[], max_length=MOST_WORDS, description="Words to be removed.", examples=[["SQL"]]
    )

    def applied(self, lexicon: Lexicon) -> Lexicon:
        """Return the lexicon with the changes; raises InvalidLexicon."""
        given = self.model_fields_set
        return Lexicon(
            lexicon.id,
            self.name if "name" in given else lexicon.name,
            self._entries(lexicon.entries),
            _checked(checked_language, self.language, "language")
            if "language" in given
            else lexicon.language,
            (None if self.voices is None else tuple(self.voices)) if "voices" in given else lexicon.voices,
            self.enabled if "enabled" in given else lexicon.enabled,
        )

    def _entries(self, held: Sequence[Entry]) -> tuple[Entry, ...]:
        there = {word for entry in held for word in entry.graphemes}
        removed = set()
        for number, written in enumerate(self.remove):
            word = _checked(checked_word, written, f"remove.{number}")
            if word not in there:
                raise InvalidLexicon(
                    f"`remove.{number}`: There is no word {quoted(word)} in this lexicon.",
                    param=f"remove.{number}",
                )
            removed.add(word)
        added = checked_entries(self.add, "add")
        replaced = {(word, entry.language) for entry in added for word in entry.graphemes}
        kept = (
            (
                entry,
                tuple(w for w in entry.graphemes if w not in removed and (w, entry.language) not in replaced),
            )
            for entry in held
        )
        entries = (*(replace(entry, graphemes=words) for entry, words in kept if words), *added)
        count_words(entries)
        return entries


def checked_entries(forms: list[EntryForm], place: str = "entries") -> tuple[Entry, ...]:
    """Return entries in our own words; raises InvalidLexicon that names the field."""
    entries = tuple(form.entry(f"{place}.{number}") for number, form in enumerate(forms))
    count_words(entries)
    return entries


def count_words(entries: Iterable[Entry]) -> int:
    """Count the words of entries; raises InvalidLexicon if they are too many for a lexicon."""
    count = sum(len(entry.graphemes) for entry in entries)
    if count > MOST_WORDS:
        raise InvalidLexicon(f"A lexicon may have at most {MOST_WORDS:,} words.", param="entries")
    return count


def json_from_lexicon(lexicon: Lexicon) -> str:
    """Write a lexicon as LexiconForm reads it, an entry in a line."""
    described = {key: value for key, value in lexicon_object(lexicon).items() if key != "entries"}
    lines = ",\n".join(f"  {_json(entry)}" for entry in map(entry_object, lexicon.entries))
    head = _json(described)[:-1]
    return f'{head}, "entries": [\n{lines}\n]}}\n' if lines else f'{head}, "entries": []}}\n'


def lexicon_object(lexicon: Lexicon) -> dict[str, Any]:
    """Describe a lexicon as LexiconForm reads it."""
    return {
        "id": lexicon.id,
        "name": lexicon.name,
        "language": lexicon.language,
        "voices": lexicon.voices,
        "enabled": lexicon.enabled,
        "entries": [entry_object(entry) for entry in lexicon.entries],
    }


def entry_object(entry: Entry) -> dict[str, Any]:
    """Describe an entry as EntryForm reads it."""
    word, *others = entry.graphemes
    said = {"alias": entry.alias, "ipa": entry.ipa, "language": entry.language}
    return {
        **({"words": [word, *others]} if others else {"word": word}),
        **{key: value for key, value in said.items() if value is not None},
    }


def checked_identity(written: str) -> str:
    """Return an id; raises InvalidLexicon if it cannot be one."""
    if not _IDENTITY.fullmatch(written) or written in _RESERVED:
        raise InvalidLexicon(
            f"{quoted(written)} cannot be a lexicon's id: at most 64 of a-z, 0-9, `-` and `_` can, "
            "a letter or digit first, but for the word test.",
            param="id",
        )
    return written


def identity_from(name: str) -> str:
    """Make an id of a name: its letters without accents, and a number where nothing of them is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    identity = "-".join(re.findall("[a-z0-9]+", plain))[:64].rstrip("-")
    if identity and identity not in _RESERVED:
        return identity
    return f"lexicon-{zlib.crc32(name.encode('utf-8', 'surrogatepass')):08x}"


@overload
def _checked(check: Callable[[str], T], written: str, place: str) -> T: ...
@overload
def _checked(check: Callable[[str], T], written: str | None, place: str) -> T | None: ...
def _checked(check: Callable[[str], T], written: str | None, place: str) -> T | None:
    try:
        return None if written is None else check(written)
    except ValueError as error:
        raise InvalidLexicon(f"`{place}`: {error}", param=place) from error


def _json(value: Any) -> str:  # noqa: ANN401  any JSON
    return json.dumps(value, ensure_ascii=False)
