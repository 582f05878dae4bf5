"""The documents say what the code does: links resolve, nothing is left out, and every example runs."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import av
import numpy as np
import pytest

from stentor import errors, settings
from stentor.api.documented import AUDIO
from stentor.api.respond import error_object
from stentor.audio.encode import FORMATS
from stentor.cli import main as command
from stentor.engines import BUILT_IN, DEFAULT_ENGINES, load
from tests.tools import need

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
STORIES = ["README.md", "docs/quickstart.md", "docs/reference/api.md", "docs/reference/lexicons.md"]
ENGINES = "docs/how-to/add-an-engine.md"
DOCUMENTED_URL = "127.0.0.1:8000"
REPLACED = (
    settings.MODE,
    *settings.OLD_NAMES,
    *(name for names in settings.ENGINE_NAMES.values() for name in names),
)

_LINK = re.compile(r"(?<!!)\[[^\]]+\]\((?P<target>[^)\s]+)\)")
_HEADING = re.compile(r"^#+ (?P<title>.+)$", re.MULTILINE)
_BLOCK = re.compile(
    r"(?:^`(?P<file>[^`\n]+)`:\n\n)?^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and the file it is if it is one."""

    language: str
    code: str
    file: str | None


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def blocks(page: str) -> list[Block]:
    return [Block(found["language"], found["code"], found["file"]) for found in _BLOCK.finditer(read(page))]


def prose(text: str) -> str:
    return _BLOCK.sub("", text)


def anchors(page: Path) -> set[str]:
    titles = [found["title"] for found in _HEADING.finditer(prose(page.read_text("utf-8")))]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


# What stands there


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    for found in _LINK.finditer(prose(page.read_text("utf-8"))):
        target, _, anchor = found["target"].partition("#")
        if "://" in target:
            continue
        aim = (page.parent / target).resolve() if target else page
        assert aim.is_relative_to(ROOT), f"{found[0]} leaves the repository"
        assert aim.exists(), f"{found[0]} leads nowhere"
        if anchor:
            assert anchor in anchors(aim), f"{found[0]} names no heading"


def test_every_page_is_reached_from_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / found["target"].partition("#")[0]).resolve()
        for found in _LINK.finditer(index.read_text("utf-8"))
    }
    assert set((ROOT / "docs").glob("**/*.md")) - linked == {index}


def test_the_readme_is_short() -> None:
    assert len(read("README.md").splitlines()) < 150


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_words_for_make_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    for found in re.finditer(r"(?:`|\$ )make (?P<words>[^`#\n]+)", page.read_text("utf-8")):
        words = {word for word in found["words"].split() if "=" not in word}
        assert words <= targets, found[0]


# What must not be missing


@pytest.mark.parametrize("section", [*settings.SECTIONS, *(f"engines.{name}" for name in BUILT_IN)])
def test_every_setting_has_its_row(section: str) -> None:
    page = read("docs/reference/settings.md")
    engine = section.removeprefix("engines.")
    model = settings.SECTIONS.get(section) or load(engine).Config
    assert f"\n## {section}\n" in page
    for name in model.model_fields:
        assert f"\n| `{section}.{name}` |" in page


def test_every_variable_stands_there() -> None:
    page = read("docs/reference/settings.md")
    names = [
        *settings.environment_names(),
        *REPLACED,
        *settings.WITHOUT_EFFECT,
        *settings.DEMANDS_KEYS,
    ]
    assert [name for name in names if f"`{name}`" not in page] == []


def test_every_error_has_its_row() -> None:
    page = read("docs/reference/errors.md")
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    failures = [kind for kind in kinds if issubclass(kind, errors.StentorError)]
    assert failures
    for kind in failures:
        assert f"\n| `{kind.code}` | `{kind.__name__}` |" in page


def test_the_example_of_an_error_is_what_the_code_says() -> None:
    (example,) = [json.loads(block.code) for block in blocks("docs/reference/errors.md")]
    error = errors.UnknownVoice("aloy", ["alloy"])
    assert example == {"error": error_object(error), "detail": error.message}


def test_every_engine_has_its_heading_and_its_licence() -> None:
    page = read("docs/reference/voices.md")
    for name in DEFAULT_ENGINES:
        _, _, section = page.partition(f"\n## {name}\n")
        assert f"| Licence | `{load(name).capabilities.licence}` |" in section


def test_every_header_format_and_command_stands_there() -> None:
    headers, api, cli = (read(f"docs/reference/{page}.md") for page in ("headers", "api", "cli"))
    assert all(f"\n| `{name}` |" in headers for name in AUDIO["headers"])
    assert all(f"\n| `{name}` |" in api for name in FORMATS)
    assert all(f"\n## stentor {name}\n" in cli for name in command.commands)


# What code writes


@pytest.fixture
def reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, on a copy of the pages it writes."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    shutil.copytree(ROOT / "docs" / "reference", tmp_path / "docs")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "PAGES", tmp_path / "docs")
    return script


def check(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """Run the script; returns the sentence it ends with, nothing if all is well."""
    monkeypatch.setattr(sys, "argv", ["reference.py", *arguments])
    try:
        script.main()
    except SystemExit as ended:
        return str(ended.code)
    return ""


def test_the_reference_is_fresh(reference: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check(reference, monkeypatch, "--check") == ""


def test_a_stale_page_is_named_and_written_anew(
    reference: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    page: Path = reference.PAGES / "settings.md"
    fresh = page.read_text("utf-8")
    page.write_text(fresh.replace("| `server.port` |", "| `server.prt` |"), "utf-8")
    assert "stale" in (said := check(reference, monkeypatch, "--check"))
    assert "docs/settings.md" in said
    assert check(reference, monkeypatch) == ""
    assert page.read_text("utf-8") == fresh


def test_a_part_without_a_place_is_named(reference: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    (reference.PAGES / "headers.md").unlink()
    assert check(reference, monkeypatch, "--check").endswith("has a place for: headers.")


# What is said to work


def environment(folder: Path) -> dict[str, str]:
    """The environment of a newcomer in a folder: the server's programs at hand, and no settings."""
    bare = {name: value for name, value in os.environ.items() if name not in REPLACED}
    own = {name: value for name, value in bare.items() if not name.startswith(settings.PREFIX)}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {
        **own,
        "PATH": programs,
        "PYTHONPATH": str(folder),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "STENTOR_DATA_DIR": str(folder / "kept"),
    }


def run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Start a server in a folder, on a free port; yields its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "stentor", "serve", "--port", "0"],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://(\S+)", server.stdout.readline())
            assert found is not None
            run(folder, "curl", "--silent", "--fail", "--retry", "50", "--retry-delay", "1",
                "--retry-all-errors", f"http://{found[1]}/health/ready")  # fmt: skip
            yield found[1]
        finally:
            server.terminate()


def tell(page: str, folder: Path, address: str = DOCUMENTED_URL) -> None:
    """Do what a page says, in its order."""
    (folder / ".venv").symlink_to(sys.prefix)
    for block in blocks(page):
        code = block.code.replace(DOCUMENTED_URL, address)
        if block.file:
            write(folder / block.file, code)
        elif block.language == "sh":
            run(folder, "bash", "-eu", "-o", "pipefail", "-c", code)
        elif block.language == "python":
            run(folder, sys.executable, "-c", code)


def write(file: Path, code: str) -> None:
    """Write a file of an example; a package is installed, a test is run."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(code, "utf-8")
    if file.name == "pyproject.toml":
        install(file)
    elif file.name.startswith("test_"):
        run(file.parent, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", file.name)


def install(project: Path) -> None:
    """Install a package as an editable one is: its folder is on the path, its metadata beside it."""
    declared = tomllib.loads(project.read_text("utf-8"))["project"]
    name, version = declared["name"], declared["version"]
    metadata = project.parent / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lines = [
        f"[{group}]\n" + "".join(f"{entry} = {place}\n" for entry, place in entries.items())
        for group, entries in declared["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))


def seconds_of_speech(file: Path) -> float:
    """Decode a file and return how long it is; fails if it is silent."""
    with av.open(str(file)) as container:
        rate = container.streams.audio[0].rate
        frames = [frame.to_ndarray().astype(np.float64).ravel() for frame in container.decode(audio=0)]
    samples = np.concatenate(frames)
    assert np.abs(samples).max() > 0
    return samples.size / rate


@pytest.mark.e2e
@pytest.mark.parametrize("page", STORIES)
def test_examples_run(page: str, tmp_path: Path) -> None:
    need("curl")
    with serving(tmp_path) as address:
        tell(page, tmp_path, address)
    made = [file for file in tmp_path.iterdir() if file.suffix.lstrip(".") in FORMATS]
    assert made
    for file in made:
        assert 0.3 < seconds_of_speech(file) < 10, file.name


@pytest.mark.e2e
def test_the_example_engines_speak(tmp_path: Path) -> None:
    need("curl")
    tell(ENGINES, tmp_path)
    assert seconds_of_speech(tmp_path / "cq.wav") > 2
    assert seconds_of_speech(tmp_path / "saw.wav") > 1
    write(tmp_path / "stentor.toml", "[engines.morse]\n[engines.saw]\n")
    with serving(tmp_path) as address:
        for engine, voice in (("morse", "high"), ("saw", "bass"), ("saw", "alloy")):
            body = f'{{"model": "{engine}", "voice": "{voice}", "input": "Hello there."}}'
            file = tmp_path / f"{engine}-{voice}.mp3"
            as_json = ("--header", "Content-Type: application/json", "--data", body)
            url = f"http://{address}/v1/audio/speech"
            run(tmp_path, "curl", "--fail", "--silent", *as_json, "--output", str(file), url)
            assert seconds_of_speech(file) > 0.5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_example_is_forgotten(page: Path) -> None:
    name = str(page.relative_to(ROOT))
    told = any(block.language in ("sh", "python") and not block.file for block in blocks(name))
    assert not told or name in (*STORIES, ENGINES)
