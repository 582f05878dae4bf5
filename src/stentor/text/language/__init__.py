"""Which language text is in: by what callers call it, by its script, by its words."""

from __future__ import annotations

from stentor.text.language.detect import Detector
from stentor.text.language.names import language_tag
from stentor.text.language.runs import script_runs

__all__ = ["Detector", "language_tag", "script_runs"]
