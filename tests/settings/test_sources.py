"""What every source says, put together."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.settings.loading import load

from stentor.errors import SettingsError
from stentor.settings import (
    load_settings,
)


def test_an_engine_can_be_left_out(folder: Path) -> None:
    assert list(load(folder, STENTOR_ENGINES_TONE_ENABLED="false").settings.engines) == ["espeak"]
    with pytest.raises(SettingsError, match=r"speech\.default_engine"):
        load(folder, STENTOR_ENGINES_ESPEAK_ENABLED="false")


def test_the_voice_map_stands_beside_the_settings(folder: Path) -> None:
    assert load(folder).settings.voices.map_file == folder / "voice_map.json"


def test_the_data_folder_may_be_in_the_home(folder: Path) -> None:
    assert "~" not in str(load(folder).settings.data_dir)


ROUTED = """
[engines.quiet]
kind = "tone"
first_sound_within = 2.5

[circuit]
open_after = 5

[[routes]]
voices = ["hum"]
engines = ["quiet"]

[[routes]]
engines = ["espeak", ["tone", "quiet"]]
weights = { tone = 2 }
"""


def test_routes_are_chains_in_their_order(tmp_path: Path) -> None:
    (tmp_path / "stentor.toml").write_text(ROUTED, "utf-8")
    settings = load_settings(environ={}, folder=tmp_path).settings
    assert [route.engines for route in settings.routes] == [("quiet",), ("espeak", ("tone", "quiet"))]
    assert settings.routes[1].weights == {"tone": 2}
    assert settings.circuit.open_after == 5
    assert settings.engines["quiet"].first_sound_within == 2.5


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('[[routes]]\nengines = ["nobody"]', r"`routes.0` has the engine 'nobody', which is none in use"),
        ('[[routes]]\nengines = ["tone", ["x"]]', r"'x', which is none in use"),
        ("[[routes]]\nengines = []", r"`routes.0.engines`"),
        ("[[routes]]\nvoices = ['a']", r"`routes.0.engines`"),
        ('[[routes]]\nengines = ["tone"]\nbalance = "fair"', r"`routes.0.balance`"),
        ('[[routes]]\nengines = ["tone"]\nvoice = "a"', r"`routes.0.voice`"),
        ('[[routes]]\nengines = ["tone"]\nweights = { tone = 0 }', r"`routes.0.weights.tone`"),
        ("[circuit]\nopen_after = 0", r"`circuit.open_after`"),
    ],
)
def test_a_route_that_leads_nowhere_is_refused(tmp_path: Path, written: str, said: str) -> None:
    (tmp_path / "stentor.toml").write_text(written, "utf-8")
    with pytest.raises(SettingsError, match=said):
        load_settings(environ={}, folder=tmp_path)
