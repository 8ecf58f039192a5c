"""What every kernel stands on: checked inputs, cache-sized blocks, and sums whose bits depend on a row's values alone.

Three rules keep the bits of a loss independent of chunking, memory order, alignment and threads:

* exp, log and their kin run on scratch that is filled first, never on the caller's memory: on AVX-512, NumPy takes
  another code path with other roundings where it walks an array backwards;
* sums are made in scratch, in an order that the number of classes fixes (`summed`); a plain `np.sum` takes another
  order for another memory layout;
* whatever chooses between two formulas looks at one row, or at the number of classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    FloatArray: TypeAlias = NDArray[np.float64]
    AnyArray: TypeAlias = NDArray[Any]

#: Doubles of scratch to a block: 512 KiB. 256 KiB costs 15 to 30 % more time, 1 MiB gains 5 %.
BLOCK = 1 << 16
#: Rows to a block of a kernel that has one value a row; a handful of such vectors fit the first-level caches.
ROWS = 1 << 14
#: Up to this many classes the kernels walk over columns (Fortran order is the fast one), above over rows (C order).
FEW_CLASSES = 32
#: Up to this many classes a sum is turned to class-major order; wider rows have inner loops long enough as they are.
TURN = 512
#: Above, adding and subtracting a far larger number might overflow.
_SPLIT_LIMIT = 1e300


def vector(name: str, values: ArrayLike) -> AnyArray:
    """One float per row, checked for shape and type."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions, expected 1")
    return _floats(name, array)


def matrix(name: str, values: ArrayLike) -> AnyArray:
    """One float per row and class, checked for shape and type."""
    array = np.asarray(values)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"{name} has shape {array.shape}, expected (rows, classes) with 2 classes or more")
    return _floats(name, array)


def targets(values: ArrayLike, shape: tuple[int, ...]) -> AnyArray:
    """Targets as given (bool, integer or float), checked for type and against the shape of the predictions."""
    array = np.asarray(values)
    if array.shape != shape:
        raise ValueError(f"targets have shape {array.shape}, expected {shape}")
    return array if array.dtype.kind in "biu" else _floats("targets", array)


def labels(values: ArrayLike, n: int, k: int) -> NDArray[np.intp]:
    """Class indices, checked for type, length and range: a negative one would silently count from the end."""
    array = np.asarray(values)
    if array.shape != (n,):
        raise ValueError(f"labels have shape {array.shape}, expected ({n},)")
    if n == 0:
        return np.empty(0, np.intp)
    if array.dtype.kind not in "iu":
        raise ValueError(f"labels have type {array.dtype}, expected integers")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= k:
        raise ValueError(f"labels run from {low} to {high}, expected 0 to {k - 1}")
    return array.astype(np.intp, copy=False)


def same_length(first: AnyArray, second: AnyArray) -> None:
    """Refuse two prediction columns of different lengths."""
    if first.shape != second.shape:
        raise ValueError(f"the two columns have {len(first)} and {len(second)} rows")


def _floats(name: str, array: AnyArray) -> AnyArray:
    """Refuse what does not convert to float64 exactly."""
    if array.dtype.char not in "efd":  # the codes of the three
        raise ValueError(f"{name} has type {array.dtype}, expected float16, float32 or float64")
    return array


def row_blocks(n: int, step: int) -> Iterator[slice]:
    """Cut n rows into slices of `step` rows."""
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))


def rows_per_block(n: int, k: int) -> int:
    """How many rows of k classes fill a block; at least one, however wide."""
    return max(1, min(n, BLOCK // k))


def scratch(k: int, rows: int) -> FloatArray:
    """Room for a block, classes first: columns contiguous for few classes, rows contiguous for many."""
    if k <= FEW_CLASSES:
        return np.empty((k, rows))
    # An odd number of cache lines to a row: a power of two would put a whole class into one set of the cache.
    stride = (-(-k // 8) | 1) * 8
    room: FloatArray = np.empty((rows, stride))[:, :k].T
    return room


def load(part: AnyArray, room: FloatArray) -> FloatArray:
    """A block as float64 in scratch memory, whatever its type and memory order."""
    block = room[:, : part.shape[1]]
    np.copyto(block, part)
    return block


def doubles(part: AnyArray) -> FloatArray:
    """A contiguous float64 copy, forward in memory."""
    copy: FloatArray = part.astype(np.float64, order="C")
    return copy


def summed(values: FloatArray) -> FloatArray:
    """Sum of numbers ≥ 0 along the first axis, with the roundings of four additions however many; overwrites them.

    After two or three plain halvings each number is split at a place that its row shares, by adding and subtracting a
    far larger one: the sum of the high parts is exact, and that of the low parts too small for its roundings to
    matter. A plain sum loses up to half an ulp at every level where many small terms meet a large one, and `np.sum`
    5.7 ulp on 128 equal terms, because its runs of sixteen round alike.
    """
    wide = len(values) > TURN
    if not wide:
        values = np.ascontiguousarray(values)
    elif values.strides[0] != values.itemsize:
        values = np.asfortranarray(values)
    for _ in range(3 if wide else 2):
        values = halved(values)
    if len(values) <= 2:
        return fold(values)
    split = np.maximum.reduce(values, axis=0)
    split *= 2.0 ** (len(values).bit_length() + 1)
    beyond = ~(split < _SPLIT_LIMIT)
    split[beyond] = 0.0  # the high part is the number itself
    high = values + split
    high -= split
    values -= high
    # NumPy adds up rows that are contiguous in an order that depends on their length alone; not so columns.
    add = np.add.reduce if wide else fold
    low: FloatArray = add(values)
    low[beyond] = 0.0
    low += add(high)
    return low


def fold(values: FloatArray) -> FloatArray:
    """Add up along the first axis, in place, in an order that depends on the length alone; a view of the sum."""
    while len(values) > 1:
        values = halved(values)
    sums: FloatArray
    (sums,) = values
    return sums


def halved(values: FloatArray) -> FloatArray:
    """Lay the far half of the first axis on the near half, in place; an odd one in the middle stays as it is."""
    width = len(values)
    half = width // 2
    np.add(values[:half], values[width - half :], out=values[:half])
    return values[: width - half]


def keep_zero(products: FloatArray, factors: AnyArray) -> None:
    """Let 0 · inf be 0, in place: a class without target mass adds nothing, be its probability zero."""
    lost = np.isnan(products)
    if lost.any():
        products[lost & (factors == 0)] = 0.0


def difference(a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """a − b and the exact rounding error of it (Knuth's TwoSum); the error is 0 where the difference is not finite."""
    high = a - b
    back = high - a
    low = (a - (high - back)) - (b + back)
    np.copyto(low, 0.0, where=~np.isfinite(low))
    return high, low
