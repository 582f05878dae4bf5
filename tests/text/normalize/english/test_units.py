from __future__ import annotations

import pytest

from stentor.text.normalize.english.units import Unit, unit_named


@pytest.mark.parametrize(
    ("sign", "many"),
    [
        ("km", "kilometers"),
        ("μg", "micrograms"),
        ("km/h", "kilometers per hour"),
        ("m/s²", "meters per second squared"),
        ("kg/m³", "kilograms per cubic meter"),
        ("ft2", "square feet"),
        ("sq ft", "square feet"),
        ("sq. m", "square meters"),
        ("cu in", "cubic inches"),
        ("l/100km", "liters per one hundred kilometers"),
        ("°C", "degrees Celsius"),
        ("Mbps", "megabits per second"),
    ],
)
def test_signs_of_units(sign: str, many: str) -> None:
    unit = unit_named(sign, is_glued=True, is_american=True)
    assert unit is not None
    assert unit.many == many


@pytest.mark.parametrize("sign", ["A", "B", "TV", "am", "pm", "apples", "km/x", "K"])
def test_what_is_likelier_something_else_is_no_unit(sign: str) -> None:
    assert unit_named(sign, is_glued=True, is_american=True) is None


def test_a_space_makes_some_units_words() -> None:
    assert unit_named("in", is_glued=False, is_american=True) is None
    assert unit_named("in", is_glued=True, is_american=True) == Unit("inch", "inches")
    assert unit_named("K", is_glued=False, is_american=True) == Unit("kelvin", "kelvins")


def test_the_british_spell_otherwise() -> None:
    assert unit_named("km/l", is_glued=True, is_american=False) == Unit(
        "kilometre per litre", "kilometres per litre"
    )
