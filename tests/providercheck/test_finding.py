"""What a check found, as it counts and as JSON has it."""

from __future__ import annotations

import pytest

from stentor.providercheck.finding import Finding, Mark


@pytest.mark.parametrize(
    ("mark", "required", "counts"),
    [
        (Mark.FAILED, True, True),
        (Mark.FAILED, False, False),
        (Mark.NOT_OFFERED, True, False),
        (Mark.PASSED, True, False),
    ],
)
def test_only_what_is_required_and_failed_counts(mark: Mark, *, required: bool, counts: bool) -> None:
    assert Finding("seed", mark, "", required=required).counts is counts


def test_json_has_the_mark_as_it_is_read() -> None:
    assert Finding("seed", Mark.NOT_OFFERED, "said", "do this").fields() == {
        "check": "seed",
        "mark": "not offered",
        "said": "said",
        "remedy": "do this",
        "required": True,
    }
