"""Every expected failure, by cause.

    StentorError
    ├── InvalidRequest            the caller can mend it
    │   ├── UnreadableBody        not UTF-8, not JSON, not the right type
    │   ├── UnsupportedMediaType
    │   ├── BodyTooLarge
    │   ├── BodyTooSlow
    │   ├── UpgradeRequired
    │   ├── InvalidMarkup         SSML that is not well-formed, or asks for what is not done
    │   ├── InvalidLexicon        words, aliases or pronunciations that cannot be used
    │   ├── LexiconExists         its id is taken
    │   ├── Conflict              something that is there forbids it
    │   ├── UnknownModel
    │   ├── UnknownVoice
    │   ├── UnknownLexicon
    │   ├── NothingToSpeak        no letter, digit or symbol in the text
    │   ├── TextTooLong
    │   ├── AnswerTooLong         more audio than is held for a whole answer
    │   ├── UnusableRecording     it cannot be decoded, or is no good sample of a voice
    │   └── Unsupported           the engine cannot do it, and `strict` was asked
    ├── Forbidden                 the operator does not let callers do it
    ├── NotOffered                no engine here does it
    ├── NotFound                  no such resource
    │   └── UnknownPrompt         its id is not remembered here
    ├── EngineError               the engine's own failure
    │   ├── NothingSpoken         it answered with silence
    │   ├── EngineCrashed         its process died on this text
    │   ├── RunawaySpeech         far more audio than the text explains
    │   ├── EngineFailed          it said so itself
    │   ├── EngineBusy            retryable
    │   └── EngineUnavailable     retryable
    ├── DecoderUnavailable        retryable
    ├── ServerEnding              retryable
    ├── StorageFailed             what should be kept could not be written
    └── SettingsError             the operator can mend it

A class carries the code that programs read and whether trying again can help;
what each means as an HTTP status is said once, in `stentor.api.respond`.
"""

from __future__ import annotations

import math
from typing import ClassVar


class StentorError(Exception):
    """The root of all expected failures: one sentence for a person, one code for a program."""

    code: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after: float | None = None
        """Seconds to wait before trying again, where they are known."""
        self.quotes = ""
        """What another program said, as it stands in the message: it may repeat what the caller sent."""

    @property
    def for_log(self) -> str:
        """The sentence in our own words alone."""
        return self.message.replace(self.quotes, "") if self.quotes else self.message


class InvalidRequest(StentorError):
    """A field of the request is missing, of the wrong type or out of range."""

    code = "invalid_request"

    def inside(self, part: str) -> InvalidRequest:
        """Return what says that it is about a part, such as `input.1.text`, where `input` is a list."""
        said = self.message.replace("of `input`", f"of `{part}`")
        self.message = said if part in said else f"{said.removesuffix('.')} (in `{part}`)."
        self.args = (self.message,)
        self.param = part
        return self


class UnreadableBody(InvalidRequest):
    """The body is not what its content type says."""

    code = "unreadable_body"


class UnsupportedMediaType(InvalidRequest):
    """The body's content type is one this route does not read."""

    code = "unsupported_media_type"

    def __init__(self, media_type: str, *others: str, wanted: str = "application/json") -> None:
        super().__init__(
            f"This route reads {' and '.join((wanted, *others))}, not {quoted(media_type)}. "
            f"Send the header `Content-Type: {wanted}`."
        )


class BodyTooLarge(InvalidRequest):
    """The body is larger than the server takes."""

    code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The request body is larger than the {limit:,} bytes this server takes.")


class BodyTooSlow(InvalidRequest):
    """The body did not arrive in the time the server waits for it."""

    code = "body_too_slow"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The request body did not arrive within the {seconds:g} seconds this server waits.")


class UpgradeRequired(InvalidRequest):
    """The path is a WebSocket, and was asked by plain HTTP."""

    code = "upgrade_required"

    def __init__(self) -> None:
        super().__init__("This is a WebSocket: connect with ws:// or wss://. docs/reference/api.md says how.")


class InvalidMarkup(InvalidRequest):
    """The SSML is not well-formed, or asks for something that is not done."""

    code = "invalid_markup"

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(
            f"{message.removesuffix('.')} (line {line}, column {column} of `input`).", param="input"
        )


class UnknownModel(InvalidRequest):
    """No engine answers to this model's name."""

    code = "model_not_found"

    def __init__(self, model: str, known: list[str]) -> None:
        super().__init__(
            f"There is no model {quoted(model)} here. Known models: {', '.join(known)}.", param="model"
        )


class UnknownVoice(InvalidRequest):
    """No engine in reach has this voice."""

    code = "voice_not_found"

    def __init__(
        self, voice: str, suggestions: list[str], mapped_from: str | None = None, place: str = ""
    ) -> None:
        because = f", which the voice map gives for {quoted(mapped_from)}" if mapped_from else ""
        nearest = f" Did you mean {' or '.join(suggestions)}?" if suggestions else ""
        super().__init__(
            f"There is no voice {quoted(voice)} here{because}{place}.{nearest} "
            "`stentor voices` and GET /v1/audio/voices list them all.",
            param="voice",
        )
        self._asked = voice, suggestions, mapped_from

    def at(self, place: str, param: str) -> UnknownVoice:
        """Return what says at which place, such as `line 2, column 5`, of which field it was asked for."""
        error = UnknownVoice(*self._asked, f" ({place})")
        error.param = param
        return error


class InvalidLexicon(InvalidRequest):
    """A lexicon cannot be used as it is written; nothing of it was kept."""

    code = "invalid_lexicon"


class LexiconExists(InvalidRequest):
    """There is a lexicon of this id already."""

    code = "lexicon_exists"

    def __init__(self, identity: str) -> None:
        super().__init__(
            f"There is a lexicon {quoted(identity)} already. PUT /v1/lexicons/{identity} replaces it; "
            "another `id` keeps both.",
            param="id",
        )


class Conflict(InvalidRequest):
    """What is asked for contradicts something that is there."""

    code = "conflict"


class UnknownLexicon(InvalidRequest):
    """A request names a lexicon that is not here."""

    code = "lexicon_not_found"

    def __init__(self, identity: str, param: str = "lexicons") -> None:
        super().__init__(
            f"There is no lexicon {quoted(identity)} here. GET /v1/lexicons lists them all.", param=param
        )


class NothingToSpeak(InvalidRequest):
    """The text holds nothing that can be said."""

    code = "nothing_to_speak"

    def __init__(self) -> None:
        super().__init__(
            "There is nothing to speak: `input` holds no letter, digit or symbol.", param="input"
        )


class TextTooLong(InvalidRequest):
    """The text is longer than the server's limit."""

    code = "text_too_long"

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(
            f"`input` is {length:,} characters long; this server takes at most {limit:,}. "
            "Send it in parts, or raise MAX_TEXT_LENGTH on the server.",
            param="input",
        )


class AnswerTooLong(InvalidRequest):
    """An answer that is not streamed would hold more audio than the server keeps for one."""

    code = "answer_too_long"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            f"The audio is longer than the {seconds:,} seconds this server holds for a whole answer. "
            "Stream it, or send the text in parts.",
            param="input",
        )


class Unsupported(InvalidRequest):
    """With `strict`, whatever would have been a warning."""

    code = "unsupported"


class UnusableRecording(InvalidRequest):
    """A recording cannot be decoded, or is of no use as a sample of a voice."""

    code = "recording_unusable"


class Forbidden(StentorError):
    """The operator does not let callers do this."""

    code = "forbidden"


class NotOffered(StentorError):
    """The protocol has this, and no engine of this server does it."""

    code = "not_offered"


class NotFound(StentorError):
    """There is no such resource."""

    code = "not_found"


class UnknownPrompt(NotFound):
    """A voice prompt was named by an id that is not remembered here, or not any more."""

    code = "prompt_unknown"

    def __init__(self, identity: str) -> None:
        super().__init__(
            f"There is no voice prompt {quoted(identity, 80)} here, or not any more: send all of it.",
            param="voice_prompt",
        )


class EngineError(StentorError):
    """An engine could not speak."""

    code = "engine_error"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message, param=param)
        self.answered: int | None = None
        """The status that a server on another machine answered with, if that is the reason."""


class NothingSpoken(EngineError):
    """The engine finished without an audible sample."""

    code = "nothing_spoken"

    def __init__(self, engine: str) -> None:
        super().__init__(
            f"The engine {engine} made no sound for this text. "
            "Its voice may not know the script; try another voice or language.",
            param="input",
        )


class EngineCrashed(EngineError):
    """The engine's process died while it spoke; it has been replaced, and the text would kill it again."""

    code = "engine_crashed"

    def __init__(self, engine: str, how: str) -> None:
        super().__init__(
            f"The engine {engine} crashed ({how}) on this text and was restarted. "
            "Nothing else was harmed; another voice or other words may work.",
            param="input",
        )


class RunawaySpeech(EngineError):
    """The engine made far more audio than the text can explain, and was stopped."""

    code = "runaway_speech"

    def __init__(self, engine: str, seconds: float) -> None:
        super().__init__(
            f"The engine {engine} was stopped after {seconds:.0f} seconds of audio for one sentence; "
            "the text is too long for it when read out. Send it in smaller parts.",
            param="input",
        )


class EngineFailed(EngineError):
    """The engine reported a failure of its own."""

    code = "engine_failed"


class EngineBusy(EngineError):
    """Too many requests wait for this engine already."""

    code = "engine_busy"
    retryable = True

    def __init__(
        self, engine: str, retry_after: float | None = None, why: str = "has too many requests waiting"
    ) -> None:
        when = "a moment" if retry_after is None else f"{max(1, math.ceil(retry_after))} s"
        super().__init__(f"The engine {engine} {why}. Try again in {when}.")
        self.retry_after = retry_after


class EngineUnavailable(EngineError):
    """The engine is not running."""

    code = "engine_unavailable"
    retryable = True


class DecoderUnavailable(StentorError):
    """The process that decodes recordings could not be started."""

    code = "decoder_unavailable"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Recordings cannot be decoded at the moment. Try again.")


class ServerEnding(StentorError):
    """The server ended before all of the answer was made."""

    code = "server_ending"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The server ended before all of this was spoken. Try again.")


class StorageFailed(StentorError):
    """What should be kept could not be written; what was there before still is."""

    code = "storage_failed"


class SettingsError(StentorError):
    """A setting is unknown, malformed or contradicts another."""

    code = "invalid_settings"


def quoted(value: str, limit: int = 60) -> str:
    """Show a caller's own short value in a sentence: printable, bounded, in quotation marks."""
    return f"'{printable(value, limit)}'"


def printable(value: str, limit: int = 60) -> str:
    """Make a caller's own short value fit for an answer and a log: printable and bounded."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value[:limit])
    return f"{shown}{'…' if len(value) > limit else ''}"
