"""When two labels are one class: numbers by their exact value, true and false in any case, all else as written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xent_cli.contract.label_values import value_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", "1.0"),
        ("1", "1e0"),
        ("0", "0.000000000000000000e+00"),
        ("-0", "0"),
        ("+2", "2"),
        ("True", "true"),
        (".5", "0.50"),
    ],
)
def test_one_value_is_one_label(one: str, other: str) -> None:
    """Ways to write one number, or one truth, are one label."""
    assert value_of(one) == value_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", "007"),
        ("9007199254740992", "9007199254740993"),
        ("9007199254740992.0", "9007199254740993.0"),
        ("a", "A"),
        ("", "0"),
    ],
)
def test_different_labels_stay_apart(one: str, other: str) -> None:
    """Names with zeros in front, whole numbers that share their nearest double, and letters of another case differ."""
    assert value_of(one) != value_of(other)


@given(st.integers(-(10**30), 10**30), st.integers(0, 3), st.integers(-(10**30), 10**30))
def test_whole_numbers_are_equal_where_rational_numbers_are(number: int, zeros: int, other: int) -> None:
    """Whole numbers, however they are written, are equal as labels if and only if they are equal as fractions."""
    written = f"{number}.{'0' * zeros}" if zeros else str(number)
    assert (value_of(written) == value_of(str(other))) == (Fraction(written) == other)
    assert value_of(written) == value_of(str(number))
