"""What a check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any


class Mark(Enum):
    """How a check went."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_OFFERED = "not offered"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: what was looked at, what was seen, and what to do about it.

    A failure counts against the provider only if the check is `required`.
    """

    check: str
    mark: Mark
    said: str
    remedy: str = ""
    required: bool = True

    @property
    def counts(self) -> bool:
        """Whether the provider does not conform because of it."""
        return self.required and self.mark is Mark.FAILED

    def fields(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "mark": self.mark.value}


class WrongError(Exception):
    """What was seen is not what the protocol says; the remedy stands beside it."""

    def __init__(self, said: str, remedy: str) -> None:
        super().__init__(said)
        self.said = said
        self.remedy = remedy


class AbsentError(Exception):
    """The provider does not offer this, and need not."""
