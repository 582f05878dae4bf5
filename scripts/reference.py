"""Write the parts of the reference that the code knows best, or check that they are fresh.

    python scripts/reference.py            write them
    python scripts/reference.py --check    exit 1 and say what is stale

A part stands between `<!-- generated: NAME -->` and `<!-- end -->` in a page under `docs/reference`.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel, SecretStr

from stentor import errors
from stentor.api.documented import AUDIO
from stentor.api.respond import status_of
from stentor.api.wire import BatchBody, SpeechBody
from stentor.app import create_app
from stentor.audio.encode import FORMATS
from stentor.cli import main as command
from stentor.engines import BUILT_IN, DEFAULT_ENGINES, Engine, load
from stentor.engines.espeak.voices import OPENAI_VOICES
from stentor.observe.metrics import METRICS
from stentor.pipeline.routes import RouteConfig
from stentor.settings import (
    ENGINE_NAMES,
    OLD_NAMES,
    OPENAI_KEY,
    SECTIONS,
    WITHOUT_EFFECT,
    Settings,
    environment_names,
    load_settings,
)

ROOT = Path(__file__).parents[1]
PAGES = ROOT / "docs" / "reference"
PART = re.compile(r"(?<=<!-- generated: )(?P<name>[a-z-]+)(?P<open> -->\n).*?(?=<!-- end -->)", re.DOTALL)

# A default that depends on the machine, in words.
COMPUTED = {"engines.espeak.replicas": "one for each processor, 4 at most"}


def main() -> None:
    check = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not check:
        sys.exit("reference.py knows one option: --check.")
    used: set[str] = set()
    stale: list[str] = []
    for page in sorted(PAGES.glob("*.md")):
        written = page.read_text("utf-8")
        used |= {found["name"] for found in PART.finditer(written)}
        fresh = PART.sub(_fresh, written)
        if fresh != written:
            stale.append(str(page.relative_to(ROOT)))
            if not check:
                page.write_text(fresh, "utf-8")
    if missing := sorted(PARTS.keys() - used):
        sys.exit(f"No page under docs/reference has a place for: {', '.join(missing)}.")
    if check and stale:
        sys.exit(f"The reference is stale; `make fix` writes it anew: {', '.join(stale)}.")
    print("The reference is fresh." if check or not stale else f"Wrote {', '.join(stale)}.")


def _fresh(found: re.Match[str]) -> str:
    name = found["name"]
    if name not in PARTS:
        sys.exit(f"`<!-- generated: {name} -->` names no part; there are {', '.join(PARTS)}.")
    return f"{name}{found['open']}\n{PARTS[name]().strip()}\n\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def settings() -> str:
    parts = [_section(name, model, _variables) for name, model in SECTIONS.items()]
    parts.append(_section("routes", RouteConfig, lambda _: []).replace("## routes", "## routes, a list", 1))
    parts += [_engine_section(name) for name in BUILT_IN]
    own = Settings.model_fields["data_dir"]
    row = ("`data_dir`", "`STENTOR_DATA_DIR`", f"`{own.default}`", "path", own.description or "")
    parts.append("## Without a table\n\n" + table(SETTING_HEAD, [row]))
    return "\n".join(parts)


SETTING_HEAD = ("Setting", "Variables", "Default", "Value", "What it does")


def _section(name: str, model: type[BaseModel], variables: Callable[[str], list[str]]) -> str:
    properties = model.model_json_schema()["properties"]
    rows = []
    for field, described in model.model_fields.items():
        path = f"{name}.{field}"
        rows.append((
            f"`{path}`",
            ", ".join(f"`{variable}`" for variable in variables(path)),
            COMPUTED.get(path)
            or (
                "required"
                if described.is_required()
                else _default(described.get_default(call_default_factory=True))
            ),
            _value(properties[field]),
            described.description or "",
        ))
    return f"## {name}\n\n{inspect.getdoc(model)}\n\n{table(SETTING_HEAD, rows)}"


def _engine_section(name: str) -> str:
    return _section(f"engines.{name}", load(name).Config, _engine_variables)


def _engine_variables(path: str) -> list[str]:
    _, engine, setting = path.split(".")
    old = [name for name, meant in ENGINE_NAMES.get(engine, {}).items() if meant == setting]
    old += [OPENAI_KEY] if path == "engines.openai.api_key" else []
    return [f"STENTOR_{path}".replace(".", "_").upper(), *old]


def _variables(path: str) -> list[str]:
    own = [variable for variable, setting in environment_names().items() if setting == path]
    old = [variable for variable, setting in OLD_NAMES.items() if setting == path]
    return sorted(own, key=len) + old


def _default(value: object) -> str:
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value in ((), [], {}, "", None, SecretStr("")):
        return "none"
    if isinstance(value, tuple):
        return ", ".join(f"`{entry}`" for entry in value)
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


_WORDS = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "table",
    "null": "null",
}


def _value(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{choice}`" for choice in schema["enum"])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return " or ".join(_value(choice) for choice in choices if choice.get("type") != "null")
    if "$ref" in schema:
        return _OBJECTS[schema["$ref"].rpartition("/")[2]]
    if schema["type"] == "array":
        return f"list of {_value(schema['items'])}" if _is_named(schema["items"]) else "list"
    if "properties" in schema:
        return "object"
    kind = "path" if schema.get("format") == "path" else _WORDS[schema["type"]]
    return f"{kind}{_bounds(schema)}"


_OBJECTS = {
    "Price": "table",
    "VoiceReference": '`{"id": "…"}`',
    "InputPart": '`{"voice": …, "text": …}`',
    "EntryForm": '`{"word": …, "alias": …, "ipa": …}`',
    "BatchItem": "objects",
}


def _is_named(schema: Mapping[str, Any]) -> bool:
    return bool({"$ref", "enum"} & schema.keys()) or schema.get("type") == "string"


def _bounds(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if "exclusiveMinimum" in schema:
        upper = f", at most {most:g}" if most is not None else ""
        return f" above {schema['exclusiveMinimum']:g}{upper}"
    if "maxLength" in schema:
        return f", at most {schema['maxLength']} characters"
    if least is None or (most is not None and abs(most) > 2**53):
        return ""
    return f", {least:g} to {most:g}" if most is not None else f", {least:,} or more"


def without_effect() -> str:
    return ", ".join(f"`{name}`" for name in WITHOUT_EFFECT) + ".\n"


def error_codes() -> str:
    rows = []
    for kind in _tree(errors.StentorError):
        status = "none" if kind is errors.SettingsError else str(status_of(_bare(kind)))
        rows.append((
            f"`{kind.code}`",
            f"`{kind.__name__}`",
            status,
            "yes" if kind.retryable else "no",
            inspect.getdoc(kind) or "",
        ))
    return table(("Code", "Class", "HTTP status", "Retry", "Meaning"), rows)


def _tree(kind: type[errors.StentorError]) -> Iterator[type[errors.StentorError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _tree(below)


def _bare(kind: type[errors.StentorError]) -> errors.StentorError:
    """Make an error without its sentence: constructors take what happened, and nothing did."""
    return kind.__new__(kind)


def headers() -> str:
    return table(
        ("Header", "What it says"),
        ((f"`{name}`", how["description"]) for name, how in AUDIO["headers"].items()),
    )


def metrics() -> str:
    rows = [
        (
            f"`{metric.name}`",
            metric.kind,
            ", ".join(f"`{label}`" for label in metric.labels),
            metric.help,
        )
        for metric in METRICS
    ]
    return table(("Metric", "Kind", "Labels", "What it says"), rows)


def routes() -> str:
    with tempfile.TemporaryDirectory() as folder:
        bare = load_settings(environ={"STENTOR_DATA_DIR": folder}, folder=Path(folder))
    document = create_app(bare).openapi()
    rows = [
        (f"`{method.upper()} {path}`", f"{operation['summary']}.")
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    return table(("Route", "What it does"), rows)


def speech_fields() -> str:
    return _fields(SpeechBody)


def batch_fields() -> str:
    return _fields(BatchBody, leave_out=set(SpeechBody.model_fields) - {"model", "voice"})


def _fields(model: type[BaseModel], leave_out: Iterable[str] = ()) -> str:
    schema = model.model_json_schema()
    required = set(schema.get("required", ()))
    shown = [name for name in schema["properties"] if name not in set(leave_out)]
    shown.sort(key=lambda name: name not in required)
    rows = []
    for name in shown:
        field = schema["properties"][name]
        default = "required" if name in required else _default(field.get("default"))
        rows.append((f"`{name}`", default, _value(field), field.get("description", "")))
    return table(("Field", "Default", "Value", "What it does"), rows)


def formats() -> str:
    rows = [
        (f"`{made.name}`", f"`{made.media_type}`", ", ".join(map(str, made.sample_rates)))
        for made in FORMATS.values()
    ]
    return table(("Format", "Media type", "Sample rates in hertz"), rows)


def cli() -> str:
    above = command.make_context("stentor", [], resilient_parsing=True, terminal_width=79)
    parts = [_help(above)]
    for name, below in command.commands.items():
        context = click.Context(below, above, name)
        parts.append(_help(context))
        inner = below.commands if isinstance(below, click.Group) else {}
        parts += [_help(click.Context(own, context, called)) for called, own in inner.items()]
    return "\n".join(parts)


def _help(context: click.Context) -> str:
    return f"## {context.command_path}\n\n```text\n{context.get_help()}\n```\n"


def engines() -> str:
    return "\n".join(_engine(name, load(name)()) for name in DEFAULT_ENGINES)


_CLONING = {False: "no", True: "yes: it clones the voice", "approximate": "nearly: it adapts its own voice"}


def _engine(name: str, engine: Engine) -> str:
    can = engine.capabilities
    voices = asyncio.run(_voices(engine))
    slowest, fastest = can.speed
    lowest, highest = can.pitch
    rows = [
        ("Licence", f"`{can.licence}`"),
        ("Sample rate", f"{can.sample_rate} Hz"),
        ("Speed of its own", f"{slowest:.2f} to {fastest:.2f}; beyond it the audio is stretched"),
        ("Longest utterance", f"{can.longest_utterance} characters; longer sentences are cut"),
        ("Follows `instructions`", "yes" if can.instructions else "no"),
        ("Uses `seed`", "yes" if can.seed else "no"),
        ("Styles", ", ".join(f"`{style}`" for style in can.styles) or "none"),
        ("Pitch", f"{lowest:+g} to {highest:+g} semitones" if lowest < highest else "as it is"),
        ("Emphasis", "yes" if can.emphasis else "no"),
        ("Pronunciations in IPA", "yes" if can.phonemes else "no"),
        ("Tells the times of words", "yes" if can.marks else "no"),
        ("Follows a recording", _CLONING[can.cloning]),
        ("Languages", f"{len(can.languages)}, a voice for each" if len(can.languages) > 1 else "any"),
    ]
    listed = table(("Voice", "Name"), voices)
    return f"## {name}\n\n{inspect.getdoc(engine)}\n\n{table(('What', ''), rows)}\n{listed}"


async def _voices(engine: Engine) -> list[tuple[str, str]]:
    return [(f"`{voice.id}`", voice.name) for voice in await engine.voices()]


def openai_voices() -> str:
    return table(
        ("OpenAI's name", "Voice of espeak"),
        ((f"`{name}`", f"`{voice}`") for name, voice in sorted(OPENAI_VOICES.items())),
    )


def variants() -> str:
    made = json.loads(files("stentor.engines.espeak").joinpath("voices.json").read_text("utf-8"))
    return ", ".join(f"`{name}`" for name in made["variants"]) + ".\n"


PARTS: Mapping[str, Callable[[], str]] = {
    "settings": settings,
    "without-effect": without_effect,
    "error-codes": error_codes,
    "headers": headers,
    "metrics": metrics,
    "routes": routes,
    "speech-fields": speech_fields,
    "batch-fields": batch_fields,
    "formats": formats,
    "cli": cli,
    "engines": engines,
    "openai-voices": openai_voices,
    "variants": variants,
}


if __name__ == "__main__":
    main()
