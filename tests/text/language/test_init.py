"""What the package offers."""

from __future__ import annotations

from stentor.text.language import Detector, language_tag, script_runs


def test_a_language_is_told_by_name_by_script_and_by_words() -> None:
    assert language_tag("German") == "de"
    assert script_runs("Привет", "en") == [(0, 6, "ru")]
    assert Detector().quick("Das ist nicht gut.", ("de", "en")) == "de"
