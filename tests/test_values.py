"""Values that share their methods behave like the dataclasses that generate them."""

from __future__ import annotations

from dataclasses import KW_ONLY, FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from xent_cli._values import record, result, struct


@dataclass(frozen=True, slots=True)
class Generated:
    """What `dataclass` makes."""

    one: int
    two: str = "b"
    hidden: int = field(default=0, repr=False, compare=False)
    _: KW_ONLY
    three: tuple[int, ...] = field(default_factory=tuple)


@result
class Result:
    """The same fields."""

    one: int
    two: str = "b"
    hidden: int = field(default=0, repr=False, compare=False)
    _: KW_ONLY
    three: tuple[int, ...] = field(default_factory=tuple)


@struct
class Struct:
    """The same fields."""

    one: int
    two: str = "b"
    hidden: int = field(default=0, repr=False, compare=False)
    _: KW_ONLY
    three: tuple[int, ...] = field(default_factory=tuple)


@record
class Record:
    """One field."""

    one: int


BOTH = pytest.mark.parametrize("made", [Result, Struct])
CALLS: tuple[tuple[tuple[Any, ...], dict[str, Any]], ...] = (
    ((1,), {}),
    ((1, "c"), {}),
    ((1, "b", 7), {}),
    ((1,), {"three": (1, 2)}),
)


@BOTH
@pytest.mark.parametrize(("arguments", "named"), CALLS)
def test_text_is_that_of_a_dataclass(made: type[Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """A value shows the call that makes it, without the fields that are not to be shown."""
    assert repr(made(*arguments, **named)) == repr(Generated(*arguments, **named)).replace("Generated", made.__name__)


@BOTH
def test_equal_where_the_fields_are(made: type[Any]) -> None:
    """Any two calls make equal values, with equal hashes, where they make equal dataclasses."""
    for first, first_named in CALLS:
        for second, second_named in CALLS:
            expected = Generated(*first, **first_named) == Generated(*second, **second_named)
            one, other = made(*first, **first_named), made(*second, **second_named)
            assert (one == other) is expected
            assert not expected or hash(one) == hash(other)


@BOTH
def test_values_of_two_classes_differ(made: type[Any]) -> None:
    """Equal fields are not enough."""
    assert made(1) != Generated(1)
    assert made(1) != (1, "b", ())


@BOTH
def test_values_are_dataclasses(made: type[Any]) -> None:
    """`fields` and `replace` take them, and fields behind the mark are named."""
    assert [each.name for each in fields(made)] == ["one", "two", "hidden", "three"]
    assert replace(made(1), two="c") == made(1, "c")
    with pytest.raises(TypeError):
        made(1, "b", 0, ())


def test_a_result_is_frozen() -> None:
    """What leaves the package cannot be changed."""
    with pytest.raises(FrozenInstanceError):
        Result(1).one = 2  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del Result(1).one


@pytest.mark.parametrize("made", [Result, Struct, Record])
def test_no_field_is_made_up(made: type[Any]) -> None:
    """A slip in the name of a field is an error."""
    with pytest.raises((AttributeError, TypeError)):
        made(1).four = 4


def test_a_record_is_itself() -> None:
    """Records are compared by identity, and show their fields all the same."""
    one = Record(1)
    assert one == one  # noqa: PLR0124  (identity is the rule)
    assert one != Record(1)
    assert len({one, Record(1)}) == 2
    assert repr(one) == "Record(one=1)"
