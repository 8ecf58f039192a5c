"""Addition without rounding: vectors cut into slices of few bits, whose sums are exact in any order.

A slice is an integer times one power of two, cut off on a fixed grid by adding and subtracting 1.5 * 2**(q + 52),
which is free of error (Rump's ExtractVector). The integers are so short that their sums, and those of their products,
stay within 2**53: floating-point addition is then exact whatever the order, SIMD lanes included. Three slices hold all
53 bits of every value down to 2**-18 of the largest of its chunk, each further one 24 bits more. Rows that the slices
do not hold go round again among themselves, and the last few are added as Python integers.

References: S. M. Rump, T. Ogita, S. Oishi, Accurate floating-point summation part I, SIAM J. Sci. Comput. 31(1), 2008,
doi:10.1137/050645671. T. J. Dekker, A floating-point technique for extending the available precision, Numer. Math. 18,
1971, doi:10.1007/BF01397083.
"""

from __future__ import annotations

from functools import reduce
from itertools import compress
from math import frexp, isfinite, ldexp, prod
from threading import local
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Codes: TypeAlias = NDArray[np.integer]
    Rows: TypeAlias = NDArray[np.intp]
    Pairs: TypeAlias = tuple[tuple[int, int], ...]

UNIT = 1074
"""Every finite double is an integer multiple of 2**-UNIT."""

ROWS = 1 << 15
"""Rows that are cut at a time, at most."""

_VALUES = 1 << 16  # values that are cut at a time, at most: their slices fit a second-level cache
_RUN = 128  # products of two narrow slices that are added up in floating point
_FEW = 24  # rows that cost less as Python integers than another slice of all rows does
_FAR = 300  # exponents beyond which products of the last slices could leave the normal range of a double
_SOUND = 2.0**900  # products between 1/_SOUND and _SOUND have an error term that is a double
_SPLITTER = 2.0**27 + 1.0  # Veltkamp's constant
_ROOM = local()


class Width(NamedTuple):
    """Bits of a slice (|slice| <= 2**(bits - 1) units of its grid), slices usually needed, slices at most."""

    bits: int
    usual: int
    most: int


NARROW = Width(24, 3, 6)
"""For products: _RUN products of two slices stay within 2**(23 + 23 + 7) = 2**53 units."""

WIDE = Width(39, 2, 4)
"""For sums: ROWS slices stay within 2**(38 + 15) = 2**53 units."""


def sums_and_products(
    vectors: Sequence[Floats], pairs: Pairs, marks: Floats | Codes | None = None
) -> tuple[list[int], list[int], int]:
    """The sums of some vectors (units of 2**-1074) and of the products of pairs of them (units of 2**-2148).

    With marks also the sum of the entries of the first vector that are marked by 1 and not by 0, else 0.
    """
    n, width = len(vectors[0]), NARROW if pairs else WIDE
    rows = min(ROWS, _VALUES // len(vectors))
    scratch = _scratch((len(vectors), width.most + 1, min(rows, padded(n))))
    values = [0] * (len(vectors) + len(pairs) + (marks is not None))
    for part in parts_of(n, rows):
        left, worthwhile = [np.asarray(vector[part], np.float64) for vector in vectors], True
        marked = None if marks is None else np.asarray(marks[part], np.float64)
        size = len(left[0])
        # rows of similar size share slices; much smaller ones are left over and cut again, on a finer grid
        while worthwhile and size > _FEW:
            found, over = _round(left, pairs, marked, width, scratch)
            worthwhile, size = size - over.size > _FEW, over.size
            left = [vector[over] for vector in left]
            marked = None if marked is None else marked[over]
            values = list(map(int.__add__, values, found))
        if size:
            values = list(map(int.__add__, values, _by_integers(left, pairs, marked)))
    return values[: len(vectors)], values[len(vectors) :][: len(pairs)], 0 if marks is None else values[-1]


def _scratch(shape: tuple[int, int, int]) -> Floats:
    """Room for the slices of some vectors; a thread has one such room, since to find another takes time every time."""
    size = prod(shape)
    room: Floats | None = getattr(_ROOM, "room", None)
    if room is None or room.size < size:
        room = _ROOM.room = np.empty(size)
    return room[:size].reshape(shape)


def _round(
    rows: Sequence[Floats], pairs: Pairs, marks: Floats | None, width: Width, scratch: Floats
) -> tuple[list[int], Rows]:
    """The sums over all rows that a few slices hold, and the other rows."""
    cuts = [Cut.of(vector, width, scratch[at]) for at, vector in enumerate(rows)]
    over = taken_out(cuts)
    marked = [] if marks is None else [cuts[0].total(marks)]
    return [*(cut.total() for cut in cuts), *(cuts[one].dot(cuts[other]) for one, other in pairs), *marked], over


def _by_integers(rows: Sequence[Floats], pairs: Pairs, marks: Floats | None) -> list[int]:
    """The same sums with Python integers, about a microsecond a row."""
    terms = [[_binary(value) for value in vector.tolist()] for vector in rows]
    totals = [sum(m << UNIT - e for m, e in vector) for vector in terms]
    products = [zip(terms[one], terms[other], strict=True) for one, other in pairs]
    return [
        *totals,
        *(sum((m * k) << 2 * UNIT - e - f for (m, e), (k, f) in product) for product in products),
        *([] if marks is None else [sum(m << UNIT - e for m, e in compress(terms[0], marks.tolist()))]),
    ]


class Cut(NamedTuple):
    """A vector x in slices: x = 2**scale * sum of parts, except in the rows that are `over`.

    Slice j, parts[j], is an integer of at most `bits` bits times 2**(unit - j * bits); it is padded with 0.
    """

    parts: Floats
    unit: int
    bits: int
    scale: int
    over: NDArray[np.bool_]

    @classmethod
    def of(cls, x: Floats, width: Width, buffer: Floats) -> Cut:
        """x, float64 (n,), cut into rows of the buffer until few rows are over, or the most slices are cut."""
        x, exponent, scale, far = _near(x)
        unit, n = exponent - width.bits + 1, x.size
        rest, spare, at = x, buffer[-1, :n], 0
        while True:
            # adding and subtracting 1.5 * 2**(u + 52) rounds to the nearest multiple of 2**u, the unit of this slice
            grid, part = ldexp(1.5, unit - at * width.bits + 52), buffer[at, :n]
            np.subtract(np.add(rest, grid, out=part), grid, out=part)
            at += 1
            # before the usual number of slices, one row shows whether counting is worth its time
            if at >= width.usual or part.item(0) == rest.item(0):
                over = part != rest
                if at == width.most or np.count_nonzero(over) <= _FEW:
                    break
            rest = np.subtract(rest, part, out=spare)
        # whole runs, so that every row takes the same path through the sums; a 0 adds nothing
        parts = buffer[:at, : padded(n)]
        parts[:, n:] = 0.0
        return cls(parts, unit, width.bits, scale, over if far is None else over | far)

    def units(self) -> list[int]:
        """The exponent of the unit of each slice."""
        return [self.unit - self.bits * at for at in range(len(self.parts))]

    def total(self, marks: Floats | None = None) -> int:
        """The sum of the slices, or of those of their entries that are marked by 1 and not 0, in units of 2**-1074."""
        if marks is None:
            sums = np.einsum("ij->i", self.parts)
        else:  # in runs: for longer vectors BLAS may start threads, also in a forked process, which has none
            spare = self.parts.shape[1] - marks.size
            runs = np.concatenate((marks, np.zeros(spare))) if spare else marks
            sums = np.vecdot(in_runs(self.parts), in_runs(runs)).sum(axis=1)
        # a slice has so few bits that the double sum of ROWS of them is exact, whatever the order of addition
        found = [int(ldexp(total, self.bits * at - self.unit)) for at, total in enumerate(sums.tolist())]
        return shifted(joined(found, self.bits), self.units()[-1] + self.scale + UNIT)

    def dot(self, other: Cut) -> int:
        """The sum of the products with the slices of another vector (NARROW both), in units of 2**-2148."""
        mine, theirs = in_runs(self.parts), in_runs(other.parts)
        # slice i times slice j of the same vector stands for j times i as well
        firsts = [at if self is other else 0 for at in range(len(mine))]
        runs = np.concatenate([np.vecdot(mine[at], theirs[first:]) for at, first in enumerate(firsts)])
        pairs = [(at, k) for at, first in enumerate(firsts) for k in range(first, len(theirs))]
        unit, last = self.unit + other.unit, self.units()[-1] + other.units()[-1]
        runs *= [[2.0 ** (self.bits * (at + k) - unit)] for at, k in pairs]  # to integers
        sums = runs.astype(np.int64).sum(axis=1).tolist()
        found = [0] * (len(mine) + len(theirs) - 1)
        for place, (at, k) in enumerate(pairs):
            found[at + k] += 2 * sums[place] if self is other and at < k else sums[place]
        return shifted(joined(found, self.bits), last + self.scale + other.scale + 2 * UNIT)


class Groups(NamedTuple):
    """The groups that occur among some rows: their names (codes), sizes, and the place of each row's group."""

    names: list[int]
    counts: list[int]
    places: Rows

    @classmethod
    def of(cls, codes: Codes) -> Groups:
        """The groups of some rows; a table over all groups up to the largest only where that is no larger task."""
        if len(codes) == 0 or int(codes.max()) > 16 * len(codes):
            names, places, counts = np.unique(codes, return_inverse=True, return_counts=True)
            return cls(names.tolist(), counts.tolist(), places)
        # few codes are missing: a table is much faster than the sort in np.unique
        present = np.bincount(codes)
        names = np.flatnonzero(present)
        place = np.empty(present.size, np.intp)
        place[names] = np.arange(names.size)
        return cls(names.tolist(), present[names].tolist(), place[codes])

    def sums(self, x: Floats) -> list[int]:
        """The sum of x, at most ROWS finite values, in each group, in units of 2**-1074."""
        cut = Cut.of(x, WIDE, *_scratch((1, WIDE.most + 1, padded(x.size))))
        over = taken_out([cut])
        values = [0] * len(self.names)
        for at, part in enumerate(cut.parts):
            totals = np.bincount(self.places, part[: x.size], len(self.names)) * 2.0 ** (at * cut.bits - cut.unit)
            found = totals.astype(np.int64).tolist()
            values = [(value << cut.bits) + more for value, more in zip(values, found, strict=True)]
        last = cut.units()[-1] + cut.scale + UNIT
        values = [shifted(value, last) for value in values]
        # the few rows that the slices do not hold, as Python integers
        for place, value in zip(self.places[over].tolist(), x[over].tolist(), strict=True):
            values[place] += units_of(value)
        return values

    def dots(self, x: Floats, y: Floats) -> list[int]:
        """The sum of x * y in each group, in units of 2**-2148."""
        high, low, odd = two_product(x, y)
        values = [value << UNIT for value in map(int.__add__, self.sums(high), self.sums(low))]
        for row in odd.tolist():
            values[self.places[row]] += units_of(x[row]) * units_of(y[row])
        return values


def taken_out(cuts: Sequence[Cut]) -> Rows:
    """The rows that some vector's slices do not hold to the last bit; they are set to 0 in all slices."""
    over = reduce(np.logical_or, (cut.over for cut in cuts))
    if not over.any():
        return np.empty(0, np.intp)
    rows = np.flatnonzero(over)
    for cut in cuts:
        cut.parts[:, rows] = 0.0
    return rows


def two_product(x: Floats, y: Floats) -> tuple[Floats, Floats, Rows]:
    """high + low = x * y without error (Dekker); rows in which that is impossible are 0 in both, and listed."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        high = x * y
        split = x * _SPLITTER
        x_high = split - (split - x)
        split = y * _SPLITTER
        y_high = split - (split - y)
        x_low, y_low = x - x_high, y - y_high
        low = x_low * y_low - (((high - x_high * y_high) - x_low * y_high) - x_high * y_low)
    # near the ends of the range a part of the product may overflow or lose bits below 2**-1074
    size = np.abs(high)
    # where a factor is too large to be split, low is NaN
    sound = (size > 1 / _SOUND) & (size < _SOUND) & np.isfinite(low)
    if sound.all():
        return high, low, np.empty(0, np.intp)
    high[~sound] = low[~sound] = 0.0
    return high, low, np.flatnonzero(~sound & (x != 0) & (y != 0))


def in_runs(x: Floats) -> Floats:
    """The last axis, padded as it is, in runs: (…, runs, _RUN)."""
    return x.reshape(*x.shape[:-1], -1, _RUN)


def units_of(value: float) -> int:
    """A finite double in units of 2**-1074."""
    numerator, exponent = _binary(value)
    return numerator << UNIT - exponent


def joined(values: Sequence[int], bits: int) -> int:
    """The sum of some integers in units of the last, each unit being 2**bits times the next."""
    total = 0
    for value in values:
        total = (total << bits) + value
    return total


def shifted(value: int, by: int) -> int:
    """value * 2**by, an integer also where by is negative."""
    return value << max(by, 0) >> max(-by, 0)


def padded(n: int) -> int:
    """n rounded up to whole runs."""
    return n + -n % _RUN


def parts_of(n: int, rows: int) -> Iterator[slice]:
    """Consecutive slices of n rows, `rows` at a time."""
    return (slice(start, start + rows) for start in range(0, n, rows))


def _near(x: Floats) -> tuple[Floats, int, int, NDArray[np.bool_] | None]:
    """x / 2**scale, the exponent of its largest value, scale, and the rows too small to be scaled (0 for now)."""
    top = max(float(x.max()), -float(x.min()))
    if not isfinite(top):
        raise ValueError(f"only finite numbers have an exact sum, not {top}")
    exponent = frexp(top)[1]
    if abs(exponent) <= _FAR:
        return x, exponent, 0, None
    # close to the largest or smallest double the grid itself would overflow or be subnormal: bring x near 1 first
    near = np.abs(x) >= ldexp(1.0, exponent - 100)
    return np.ldexp(np.where(near, x, 0.0), -exponent), 0, exponent, ~near & (x != 0)


def _binary(value: float) -> tuple[int, int]:
    """A double as (m, e) with value = m / 2**e."""
    if not isfinite(value):
        raise ValueError(f"only finite numbers have an exact sum, not {value}")
    numerator, denominator = value.as_integer_ratio()
    return numerator, denominator.bit_length() - 1
