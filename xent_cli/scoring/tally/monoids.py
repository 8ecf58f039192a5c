"""How partial results add: field by field, or entry by entry."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar


class Addable(Protocol):
    """What can be added to its like."""

    def __add__(self, other: Self, /) -> Self:
        """Both as one."""


K = TypeVar("K")
V = TypeVar("V", bound=Addable)


class Fieldwise:
    """A dataclass with slots whose fields are monoids, each empty by default: so it is one."""

    __slots__ = ()

    @classmethod
    def empty(cls) -> Self:
        """No rows: the identity of `+`."""
        return cls()

    def __add__(self, later: Self) -> Self:
        """Both as one; `later` comes after this one in the input."""
        kind: Any = type(self)
        whole: Self = kind(*[getattr(self, name) + getattr(later, name) for name in kind.__slots__])
        return whole


class AdditiveDict(dict[K, V]):
    """A sparse table of values that add: a key that is absent stands for an empty value. A monoid."""

    __slots__ = ()

    def __add__(self, later: AdditiveDict[K, V]) -> AdditiveDict[K, V]:
        """Both tables as one, entry by entry."""
        if not (self and later):
            return self or later
        both = AdditiveDict(self)
        for key, value in later.items():
            both[key] = both[key] + value if key in both else value
        return both
