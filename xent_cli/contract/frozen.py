"""Frozen dataclasses at a part of the start-up cost of those that generate all their methods.

`dataclass(frozen=True)` compiles six methods for each class, half a millisecond in all; the tens of classes that a run
needs would take longer to define than a small file takes to score. Here all but `__init__` are shared by all classes,
and that is compiled without the annotations. `result` is for what leaves the package. In `struct` and `record`, which
stay inside, it is the type checker alone that forbids assignment.
"""

from __future__ import annotations

from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def result(cls: type[T]) -> type[T]:
    """A frozen dataclass: to its users, one that `dataclass` made; each field can be set once."""
    frozen = _comparable(_with_init(dataclass(slots=True, eq=False, repr=False, init=False)(cls)))
    frozen.__setattr__ = _set_once  # type: ignore[method-assign]
    frozen.__delattr__ = _kept  # type: ignore[method-assign]
    return frozen


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def struct(cls: type[T]) -> type[T]:
    """A dataclass that is equal to those of its class with equal fields."""
    return _comparable(_with_init(dataclass(slots=True, eq=False, repr=False, init=False)(cls)))


@dataclass_transform(frozen_default=True, eq_default=False, field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """A dataclass that is equal to itself alone: it holds arrays, or says itself what it is equal to."""
    return _shown(_with_init(dataclass(slots=True, eq=False, repr=False, init=False)(cls)))


def _with_init(cls: type[T]) -> type[T]:
    """The class with an `__init__` that takes the fields in their order, or by name."""
    known: dict[str, Any] = {"_absent": MISSING}
    taken, lines, types = ["self"], list[str](), dict[str, Any]()
    for each in sorted(fields(cls), key=lambda each: bool(each.kw_only)):  # type: ignore[arg-type]  # it is a dataclass
        name, value = each.name, each.name
        if each.kw_only and "*" not in taken:
            taken.append("*")
        if each.default_factory is not MISSING:
            known[f"_make_{name}"], default = each.default_factory, "=_absent"
            value = f"_make_{name}() if {name} is _absent else {name}"
        elif each.default is not MISSING:
            known[f"_default_{name}"], default = each.default, f"=_default_{name}"
        else:
            default = ""
        taken.append(name + default)
        lines.append(f"self.{name} = {value}")
        types[name] = each.type
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    # Measured in 15 paired runs (minimum): the 101 classes of a scoring run take 24 ms of processor time so, and 33 ms
    # with the `__init__` that `dataclass` writes: 2 to 3 % of a small run.
    exec(f"def __init__({', '.join(taken)}):\n " + "\n ".join(lines or ["pass"]), known)  # noqa: S102  (our own names)
    known["__init__"].__annotations__ = types | {"return": None}
    cls.__init__ = known["__init__"]  # type: ignore[method-assign]
    return cls


def _set_once(one: object, name: str, value: object) -> None:
    """Set a field that has no value yet, as `__init__` and unpickling do."""
    if hasattr(one, name):
        raise FrozenInstanceError(f"cannot assign to field {name!r}")
    object.__setattr__(one, name, value)


def _kept(one: object, name: str) -> None:
    """Refuse to delete a field."""
    del one
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _shown(cls: type[T]) -> type[T]:
    """The class with its text."""
    cls.__repr__ = _text  # type: ignore[method-assign]
    return cls


def _comparable(cls: type[T]) -> type[T]:
    """The class with its text and its comparison."""
    cls.__eq__ = _equal  # type: ignore[method-assign]
    cls.__hash__ = _hash  # type: ignore[assignment]
    return _shown(cls)


def _content(one: Any) -> tuple[Any, ...]:
    """The fields that count in a comparison."""
    return tuple(getattr(one, each.name) for each in fields(one) if each.compare)


def _equal(one: object, other: object) -> bool:
    """Whether two values are of one class and have equal fields."""
    return _content(one) == _content(other) if type(other) is type(one) else NotImplemented


def _hash(one: object) -> int:
    """The hash of the fields."""
    return hash(_content(one))


def _text(one: Any) -> str:
    """A value as the call that makes it."""
    shown = ", ".join(f"{each.name}={getattr(one, each.name)!r}" for each in fields(one) if each.repr)
    return f"{type(one).__qualname__}({shown})"
