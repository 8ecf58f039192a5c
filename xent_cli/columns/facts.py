"""What the first rows of a file say of its columns: which hold numbers, which hold classes. They decide no reading."""

from __future__ import annotations

import re
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

from xent_cli.columns import names as say
from xent_cli.columns import vocabulary as words
from xent_cli.contract.label_values import number, value_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from xent_cli.columns.plan import Typed

Peek = "Mapping[str, Sequence[Any]]"

ROUNDING = 1e-6
CLASSES = 1000
"""More different values than these are no classes that anyone named columns for."""

FEW_CELLS = 3

BROKEN = frozenset({"inf", "infinity", "nan", "na", "n/a", "<na>", "null", "none"})


def _is_broken(text: str) -> bool:
    """Whether a cell is what a column of numbers has where a number is missing or beyond bounds."""
    return text.strip().lstrip("+-").casefold() in BROKEN


class Facts:
    """One column: its name, its words, its type and the values of its first rows."""

    def __init__(self, name: str, typed: Typed, values: Sequence[Any], ignore: Sequence[str] = ()) -> None:
        self.ignore = ignore
        self.name = name
        self.typed = typed
        self.values = values
        self.word = words.normal(name)
        self.tokens = tuple(re.findall(r"[^\W_]+", self.word))

    @property
    def is_list(self) -> bool:
        """Whether the column holds a vector of numbers a row."""
        return self.typed.kind == "list"

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The values that are not missing."""
        if self.is_list:
            return ()
        aside = {None, "", *self.ignore}
        return tuple(str(value) for value in self.values if value not in aside)

    @cached_property
    def numbers(self) -> tuple[float, ...] | None:
        """The values that are numbers, None where the column is no column of numbers.

        Bad cells among numbers are for the rules of rows: without its column a family would be a smaller one, and its
        loss another number. A column that is named for predictions is one of numbers until three cells say otherwise.
        """
        if self.typed.kind in {"list", "bool", "other"}:
            return None
        found = [(text, number(text.strip())) for text in self.texts]
        known = tuple(value for _, value in found if value is not None)
        predicts = say.space(say.tokens(self.name)) is not None
        broken = all(_is_broken(text) for text, value in found if value is None)
        if not known:
            few = len(found) < FEW_CELLS and self.typed.kind == "untyped"
            return known if predicts and (broken or few) else None
        return known if predicts or broken or 2 * len(known) >= len(found) else None

    @cached_property
    def distinct(self) -> tuple[str, ...]:
        """The different values as labels, as they are written first, in the order of their first rows."""
        seen: dict[str, str] = {}
        for text in self.texts:
            seen.setdefault(value_of(text), text)
        return tuple(seen.values())

    @property
    def unit(self) -> bool:
        """Whether all are numbers from 0 to 1."""
        found = self.numbers
        return found is not None and all(_is_share(value) for value in found)

    @property
    def shares(self) -> bool:
        """Whether most are numbers from 0 to 1: in a column that is named for probabilities, others are bad cells."""
        found = self.numbers
        return found is not None and _most(_is_share(value) for value in found)

    @property
    def decided(self) -> bool:
        """Whether all are exactly 0 or 1."""
        return bool(self.numbers) and set(self.numbers or ()) <= {0.0, 1.0}

    @property
    def fractional(self) -> bool:
        """Whether some number is no whole one."""
        return self.numbers is not None and any(value != int(value) for value in self.numbers if isfinite(value))

    @property
    def classes(self) -> bool:
        """Whether the values may be classes: few different ones, no fractions among them."""
        count = len(self.distinct)
        repeated = count <= max(2, len(self.texts) * 2 // 3) or len(self.texts) < 6
        return 1 <= count <= CLASSES and not self.fractional and repeated


def facts(
    columns: Mapping[str, Typed], peek: Mapping[str, Sequence[Any]], ignore: Sequence[str] = ()
) -> dict[str, Facts]:
    """The facts of every column, in file order; labels to `ignore` are no values."""
    return {name: Facts(name, typed, peek.get(name, ()), ignore) for name, typed in columns.items()}


def row_sums(columns: Sequence[Facts]) -> list[float]:
    """The sums of the rows that have a number in every column."""
    found = zip(*(column.values for column in columns), strict=False)
    rows = ([number(str(cell)) if cell is not None else None for cell in row] for row in found)
    return [sum(row) for row in rows if None not in row]  # type: ignore[arg-type]  # none of them is None


def is_distribution(columns: Sequence[Facts]) -> bool:
    """Whether all rows add up to 1, but for rounding."""
    sums = row_sums(columns)
    return bool(sums) and all(_is_one(total) for total in sums)


def mostly_distribution(columns: Sequence[Facts]) -> bool:
    """The same of most rows: of columns that are named for classes, the others are bad rows."""
    sums = row_sums(columns)
    return bool(sums) and _most(_is_one(total) for total in sums)


def _is_share(value: float) -> bool:
    """Whether a number is from 0 to 1, but for rounding."""
    return 0.0 <= value <= 1.0 + ROUNDING


def _is_one(total: float) -> bool:
    """Whether a sum is 1, but for rounding."""
    return abs(total - 1.0) <= 0.0101


def _most(each: Iterable[bool]) -> bool:
    """Whether half of them at least hold: a column is what most of its cells say, and bad ones are for their rows."""
    found = list(each)
    return 2 * sum(found) >= len(found)
