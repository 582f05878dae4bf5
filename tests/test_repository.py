"""Rules of the house that no other tool checks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools import need, skip_or_fail

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "stentor"
SOURCES = sorted(PACKAGE.rglob("*.py"))
EXEMPT = {PACKAGE / "__main__.py"}


def has_code(file: Path) -> bool:
    """Tell whether a file holds more than words: a package's own docstring and its version need no test."""
    statements = ast.parse(file.read_text("utf-8")).body
    return any(
        not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        and not (isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant))
        for statement in statements
    )


def mirror(source: Path) -> Path:
    """Return where the test of a source file stands."""
    place = source.relative_to(PACKAGE)
    name = "init" if place.stem == "__init__" else place.stem
    return ROOT / "tests" / place.with_name(f"test_{name}.py")


@pytest.mark.parametrize(
    "source",
    [source for source in SOURCES if source not in EXEMPT and has_code(source)],
    ids=lambda source: str(source.relative_to(PACKAGE)),
)
def test_each_source_file_has_its_test_file(source: Path) -> None:
    test = mirror(source)
    assert test.is_file(), f"{test.relative_to(ROOT)} is missing"
    assert "def test_" in test.read_text("utf-8")


def tracked() -> list[Path]:
    need("git")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        skip_or_fail("this is no checkout of git")
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [file for file in files if file.is_file()]


def words_in(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def test_each_test_file_in_a_mirror_place_has_its_source() -> None:
    """A test that outlives its source is looked for in vain."""
    folders = {mirror(source).parent for source in SOURCES} - {ROOT / "tests"}
    mirrored = {mirror(source) for source in SOURCES}
    tests = {file for file in tracked() if file.parent in folders and file.name.startswith("test_")}
    assert sorted(str(test.relative_to(ROOT)) for test in tests - mirrored) == []


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("stentor", {"torch", "numpy", "fastapi", "pydantic", "av"}),
        ("stentor.cli", {"torch", "numpy", "fastapi", "uvicorn", "av"}),
        ("stentor.types", {"torch", "numpy"}),
        ("stentor.errors", {"torch", "numpy"}),
        ("stentor.settings", {"torch", "av", "uvicorn", "sqlalchemy", "asyncpg", "obstore"}),
        ("stentor.app", {"torch", "av", "uvicorn", "sqlalchemy", "asyncpg", "obstore"}),
    ],
)
def test_what_an_import_does_not_cost(module: str, unwanted: set[str]) -> None:
    program = f"import sys, {module}; print(*sorted(name for name in sys.modules if '.' not in name))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert unwanted & set(ran.stdout.split()) == set()


def test_a_worker_imports_the_standard_library_alone() -> None:
    """It may run in an environment in which Stentor is not installed."""
    for name in ("engines/worker.py", "engines/espeak/library.py"):
        tree = ast.parse((PACKAGE / name).read_text("utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for imported in names:
                assert imported.partition(".")[0] in sys.stdlib_module_names, f"{name} imports {imported}"


_ENVIRONMENT = re.compile(r"\b(environ|environb|getenv|getenvb|putenv|dotenv_values|load_dotenv)\b")


def test_only_the_settings_read_the_environment() -> None:
    readers = set()
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            name = node.attr if isinstance(node, ast.Attribute) else ""
            imported = [alias.name for alias in node.names] if isinstance(node, ast.ImportFrom) else []
            if any(_ENVIRONMENT.fullmatch(used) for used in (name, *imported)):
                readers.add(str(source.relative_to(PACKAGE)))
    assert readers == {"settings/variables.py"}


# Written so that this file does not hold them itself.
_REGISTRIES = re.compile(
    "|".join(
        re.escape(host.replace("_", "."))
        for host in (
            "pypi_org", "pythonhosted_org", "registry_npmjs_org", "registry_yarnpkg_com", "deb_debian_org",
            "download_pytorch_org",
        )
    )
)  # fmt: skip
_MACHINE_PATH = re.compile(
    r"(?<![\w.:/~{}$-])/(?:home|root|Users|work|workspace|mnt|private|opt/\w+)/[\w.-]+"
)
_MAY_NAME_PATHS = {Path("tests/api/test_server.py")}
"""Their paths are made up, to be seen not to come out."""


def test_no_file_names_a_package_registry() -> None:
    """Where packages come from is the business of the machine that installs them."""
    assert [str(file.relative_to(ROOT)) for file in tracked() if _REGISTRIES.search(words_in(file))] == []


def test_no_file_names_a_path_of_somebodys_machine() -> None:
    found = {
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in tracked()
        if file.relative_to(ROOT) not in _MAY_NAME_PATHS
        for match in _MACHINE_PATH.finditer(words_in(file))
    }
    assert found == set()


def test_no_pattern_repeats_a_group_possessively() -> None:
    """Python 3.11.0 to 3.11.4 match such groups wrongly; `(?>(?:…)*)` says the same, and right everywhere."""
    possessive = re.compile(r"\)(?:[*+?]|\{\{?[\d,]*+\}?\})\+")
    found = {
        f"{path.relative_to(ROOT)}:{number}"
        for path in (ROOT / "src").rglob("*.py")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if possessive.search(line.replace(r"\)", ""))
    }
    assert found == set()
