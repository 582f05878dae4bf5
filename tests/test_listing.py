"""Who can speak, as tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from stentor.listing import engines, voices
from stentor.settings import Settings, load_settings
from tests.api.inprocess import make_api
from tests.fakes import ScriptedEngine
from tests.serving import served

_CHAIN = """
[engines.gpu]
kind = "provider"
url = "http://127.0.0.1:9"

[engines.gpu-1]
kind = "openai"
url = "http://127.0.0.1:9/v1"

[[routes]]
engines = ["gpu", "tone"]
"""


@pytest.fixture
def chained(tmp_path: Path) -> Settings:
    (tmp_path / "stentor.toml").write_text(_CHAIN)
    return load_settings(environ={}, folder=tmp_path).settings


def test_engines_are_listed_by_their_names_in_the_order_they_are_asked(chained: Settings) -> None:
    rows = engines(chained)
    assert [row[:3] for row in rows] == [
        ("gpu", "provider", "default"),
        ("tone", "tone", "fallback"),
        ("espeak", "espeak", "in use"),
        ("gpu-1", "openai", "in use"),
        ("", "runpod", "installed"),
    ]
    assert [row[3] for row in rows] == ["http://127.0.0.1:9", "here", "here", "http://127.0.0.1:9/v1", ""]


async def test_a_server_that_is_not_there_is_noted(
    chained: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = await voices(chained, "gpu-1")
    assert ("alloy", "gpu-1", "alloy", "alloy") in rows
    assert {row[1] for row in rows} == {"gpu-1"}
    assert capsys.readouterr().err == (
        "Note: gpu-1 is not available: its server refused the connection; it may have other voices.\n"
    )


async def test_openai_s_names_are_of_whom_the_route_asks_first(chained: Settings) -> None:
    assert ("alloy", "gpu", "alloy", "alloy") in await voices(chained, None)


async def test_engines_of_this_machine_need_nobody_else(
    chained: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [row[0] for row in await voices(chained, "tone")][-3:] == ["low", "middle", "high"]
    assert capsys.readouterr().err == ""


async def test_a_remote_stentor_is_asked_for_its_voices(tmp_path: Path) -> None:
    async with served(make_api(ScriptedEngine(name="far", voices=["Käthe", "Jörg"]))) as url:
        variables = {"TTS_MODE": "remote", "TTS_REMOTE_URL": url}
        remote = load_settings(environ=variables, folder=tmp_path).settings
        rows = await voices(remote, "remote")
        everything = await voices(remote, None)
    assert {row[1] for row in rows} == {"remote"}
    assert {"Käthe", "Jörg"} <= {row[2] for row in rows}
    assert {row[2] for row in rows} <= {row[2] for row in everything if row[1] == "remote"}
    assert len({row[0].casefold() for row in rows}) == len(rows)
