"""Sums kept by key, added key by key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping


K = TypeVar("K")
V = TypeVar("V", bound="Addable")


class Addable(Protocol):
    """What can be added to its like."""

    def __add__(self, other: Self, /) -> Self:
        """Both as one."""


def added(first: Mapping[K, V], later: Mapping[K, V]) -> Mapping[K, V]:
    """Two sparse tables added entry by entry."""
    if not first:
        return later
    both = dict(first)
    for key, value in later.items():
        both[key] = both[key] + value if key in both else value
    return both
