"""Values that share their methods behave like the dataclasses that generate them."""

from __future__ import annotations

import copy
import inspect
import pickle
from dataclasses import KW_ONLY, FrozenInstanceError, dataclass, field, fields, replace
from typing import Any

import pytest

from xent_cli.contract.frozen import record, result, struct


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


@struct
class Checked:
    """A value that looks at itself, and makes one of its fields."""

    low: int = 0
    high: int = 1
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Refuse what is out of order."""
        if self.low > self.high:
            raise ValueError("out of order")


@record
class Empty:
    """No field."""


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


@BOTH
@pytest.mark.parametrize(
    ("arguments", "named"),
    [((), {}), ((), {"two": "b"}), ((1, "b", 0, ()), {}), ((1,), {"four": 4}), ((1,), {"one": 1})],
    ids=["missing", "missing too", "by name alone", "unknown", "twice"],
)
def test_other_calls_are_refused(made: type[Any], arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    """What a dataclass would not take is a TypeError."""
    for each in (made, Generated):
        with pytest.raises(TypeError):
            each(*arguments, **named)


@BOTH
def test_signatures_tell_fields_and_types(made: type[Any]) -> None:
    """What help() shows: the names in order, with their types, and which go by name alone."""
    shown, model = inspect.signature(made), inspect.signature(Generated)
    assert list(shown.parameters) == list(model.parameters)
    for name, parameter in model.parameters.items():
        assert shown.parameters[name].kind == parameter.kind
        assert shown.parameters[name].annotation == parameter.annotation
    assert shown.return_annotation is None


@BOTH
def test_copies_and_pickles_are_equal(made: type[Any]) -> None:
    """Values pass between processes, frozen or not."""
    value = made(1, three=(2, 3))
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == copy.copy(value) == value  # noqa: S301  (ours)


def test_made_defaults_are_not_shared() -> None:
    """A default that is made is made for each value."""
    one, other = Checked(), Checked()
    assert one == other
    assert one.notes is not other.notes


def test_a_value_may_look_at_itself() -> None:
    """`__post_init__` comes after the fields."""
    assert (Checked().low, Checked().high, Checked(1, 2, ["a"]).notes) == (0, 1, ["a"])
    with pytest.raises(ValueError, match="order"):
        Checked(2)


def test_no_fields_at_all() -> None:
    """There may be none."""
    assert repr(Empty()) == "Empty()"
