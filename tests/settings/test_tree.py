"""The tree."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.settings.loading import load

from stentor.engines.espeak import EspeakEngine
from stentor.settings import (
    SECTIONS,
    Settings,
)


def test_settings_cannot_be_changed_afterwards(folder: Path) -> None:
    settings = load(folder).settings
    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1
    assert isinstance(settings, Settings)


def test_every_setting_says_what_it_is() -> None:
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            assert (field.description or "").endswith("."), f"{section}.{name}"
    for name, field in EspeakEngine.Config.model_fields.items():
        assert (field.description or "").endswith("."), f"engines.espeak.{name}"
