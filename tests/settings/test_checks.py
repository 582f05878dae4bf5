"""Values become settings, or sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.settings.loading import value

from stentor.engines import EngineConfig
from stentor.engines.tone import ToneEngine
from stentor.settings import (
    load_settings,
)


class _Listing(EngineConfig):
    names: tuple[str, ...] = ()


def test_a_list_of_an_engine_is_written_with_commas(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = type("ListingEngine", (), {"Config": _Listing})
    monkeypatch.setattr(
        "stentor.settings.checks.load", lambda name: listing if name == "lister" else ToneEngine
    )
    variables = {"STENTOR_ENGINES_LISTER_NAMES": " a, b,,c ", "STENTOR_DEFAULT_ENGINE": "tone"}
    assert value(load_settings(environ=variables, folder=folder), "engines.lister.names") == ("a", "b", "c")
