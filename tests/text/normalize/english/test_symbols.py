from __future__ import annotations

import pytest
from tests.text.normalize.readings import said


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("a&b", "a and b"),
        ("you && me", "you and me"),
        ("a == b != c", "a equals b not equal to c"),
        ("a -> b => c", "a to b to c"),
        ("=====", ""),
        ("5+", "five plus"),
        ("5 < 6", "five less than six"),
        ("a <b", "a <b"),
        ("#1 #a #", "number one hashtag a #"),
        ("~ 5", "about five"),
        ("well-known", "well-known"),
        ("a - b", "a - b"),
        ("from -5 to –6", "from minus five to minus six"),
        ("3*4 and 3 * 4", "three times four and three times four"),
        ("2^8", "two to the power of eight"),
        ("10²", "ten squared"),
        ("(x)³", "(x) cubed"),
        ("x⁻²", "x to the power of minus two"),
        ("①②", "one two"),
        ("Ⅷ", "eight"),
        ("CO₂", "CO two"),
        ("3/x", "three/x"),
        ("100/25", "one hundred over twenty-five"),
    ],
)
def test_signs(written: str, spoken: str) -> None:
    assert " ".join(said(written, "en-US").split()) == spoken
