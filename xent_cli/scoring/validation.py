"""The row rules as array checks: which rows of a block may be scored, and what is wrong with the others.

Each check first makes one cheap test of the whole array, and looks for single rows only if that fails: on clean data a
check costs one pass over memory that is in cache.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from xent_cli.contract.documents import number_text
from xent_cli.contract.text import apart, short
from xent_cli.scoring.rules import EXAMPLES, SKIP, Breach, Example

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]
    Marks: TypeAlias = NDArray[np.bool_]

    from xent_cli.readers.interface import Block

DECIMALS = 1e-12  # 1 - 0.99 is 0.010000000000000009: off by 0.01, and not by more
ROUNDING_OF_FLOAT32 = 2.0**-25  # of a value below 1
ABOVE_ONE = 1e-6  # float32 arithmetic gives 1 − q up to 1 + 3.6e-7
NOTICED_DEVIATION = 1e-3  # honest float32 and rounded decimals stay below it, bfloat16 does not
FEW_PERCENT = 10.0  # a column of positive values that all stay below may as well hold logits
FIRST_NAMES = 10  # names listed in a message before "…"
_LARGEST = float(np.finfo(np.float64).max)
_THOUSANDS = r"[+-]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]*|[+-]?[0-9]{1,3}(,[0-9]{3}){2,}"


@dataclass(slots=True, eq=False, repr=False)
class BlockBreaches:
    """What is wrong with one block. `bad` marks rows that break any rule; readers' faults come first.

    A row that a reader found faulty holds NaN where the fault is and is not checked by the other rules.
    """

    block: Block
    path: str
    bad: Marks | None = None
    breaches: dict[str, Breach] = field(default_factory=dict)
    unreadable: Marks | None = None
    reported: dict[str, Marks] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take over what the reader found."""
        if not self.block.faults:
            return
        self.unreadable = np.zeros(self.block.rows, dtype=bool)
        for fault in self.block.faults:
            self.unreadable[fault.rows] = True
            counted = np.asarray(fault.rows, dtype=np.int64)
            examples = tuple(
                self._example(
                    row,
                    _reader_message(fault.rule, fault.column, value),
                    _named(fault.column),
                    _shown(fault.rule, value) or self._record(row, fault.column),
                    _help(fault.rule, value),
                )
                for row, value in zip(counted[:EXAMPLES].tolist(), fault.values, strict=False)
            )
            self._count(fault.rule, counted, examples)
        self.bad = self.unreadable.copy()

    def _record(self, row: int, column: str) -> tuple[str, ...]:
        """The text of a whole record where no column of it is to blame."""
        text = "" if column else self.block.cell(row, "")
        return (text,) if text else ()

    def report(
        self,
        rule: str,
        broken: Marks,
        describe: Callable[[int], tuple[str, tuple[str, ...]]],
        help: Callable[[int], str | None] = lambda _: None,
    ) -> None:
        """Count the rows that `broken` marks; `describe` gives the message and the columns of a row."""
        if self.unreadable is not None:
            broken = broken & ~self.unreadable
        rows = np.flatnonzero(broken)
        if not rows.size:
            return
        self.bad = broken if self.bad is None else self.bad | broken
        examples = []
        for row in rows[:EXAMPLES].tolist():
            message, columns = describe(row)
            values = tuple(self.block.cell(row, column) for column in columns)
            examples.append(self._example(row, message, columns, values, help(row)))
        self._count(rule, rows, tuple(examples))

    def _example(
        self, row: int, message: str, columns: tuple[str, ...], values: tuple[str, ...], help: str | None
    ) -> Example:
        """One row as it will be shown; rows count from 0 until the block knows its place."""
        home = self.block.home(row, columns)
        return Example(row, message, self.path, self.block.line(row), columns, values, help, home)

    def _count(self, rule: str, rows: NDArray[np.int64], examples: tuple[Example, ...]) -> None:
        """Add rows to a rule; a row that several columns report counts once, with the first of them."""
        marks = self.reported.setdefault(rule, np.zeros(self.block.rows, dtype=bool))
        marks[rows] = True
        known = self.breaches[rule].examples if rule in self.breaches else ()
        first = {example.row: example for example in reversed(known + examples)}
        self.breaches[rule] = Breach(
            int(np.count_nonzero(marks)), tuple(first[row] for row in sorted(first)[:EXAMPLES])
        )


@dataclass(slots=True)
class Checked:
    """What the checks of a block saw besides bad rows: the material of notices."""

    above_one: int = 0
    deviation: float = 0.0
    deviating: int = 0
    distributions: bool = False
    decided: bool = False
    least: float = -math.inf


def probabilities(
    p: Floats,
    breaches: BlockBreaches,
    columns: tuple[str, ...],
    tolerance: float | None,
    seen: Checked,
    above: float = 0.0,
) -> Floats:
    """Check probabilities (n, k): in [0, 1], rows summing to 1 if `tolerance` is given; just above 1 becomes 1.

    With `above`, those that are above 1 by no more than that are left to be rescaled with their rows.
    """
    with np.errstate(invalid="ignore"):
        if not (p.min(initial=0.0) >= 0.0 and p.max(initial=0.0) <= 1.0):
            p = _out_of_range(p, breaches, columns, tolerance, seen, above)
    if tolerance is not None:
        _sums(p, breaches, columns, tolerance, seen)
    return p


def _out_of_range(
    p: Floats,
    breaches: BlockBreaches,
    columns: tuple[str, ...],
    tolerance: float | None,
    seen: Checked,
    above: float,
) -> Floats:
    """Report NaN and values outside [0, 1]; clamp what only rounding put above 1."""
    _nan(p, breaches, columns)
    outside = _marks(np.logical_or(p < 0.0, p > 1.0 + max(ABOVE_ONE, above)))
    breaches.report(
        "prob-range",
        _marks(outside.any(axis=1)),
        lambda row: _first(p, outside, row, columns, "probability {} is outside [0, 1]"),
        lambda _: _meant(p, tolerance),
    )
    return p if above else _rounded_down(p, outside, 1.0, seen)


def _meant(p: Floats, tolerance: float | None) -> str | None:
    """The help for values (n, k) that are not probabilities: with values above 0 they are not logarithms of them."""
    known = p[~np.isnan(p).any(axis=1)]
    if _percentages(known):
        return "these look like percentages: divide by 100"
    if tolerance is not None and _all_within(known, 0.0, 1.0 + tolerance):
        return "--normalize rescales each row"
    return "--from logits if these are logits" if known.max(initial=-np.inf) > 0.0 else None


def _percentages(p: Floats) -> bool:
    """Whether values (n, k) lie in [0, 100] as percentages do; one column must mostly be above 1, and go beyond 10.

    Several columns have rows that sum to 100: positive logits hardly ever do.
    """
    if not p.size or not _all_within(p, 0.0, 100.0):
        return False
    if p.shape[1] == 1:
        return bool(p.max() > FEW_PERCENT and 2 * np.count_nonzero(p > 1.0) >= p.size)
    return bool((np.abs(p.sum(axis=1) - 100.0) <= 1.0).all())


def _rounded_down(x: Floats, outside: Marks, top: float, seen: Checked) -> Floats:
    """Values with what only rounding put above the top set to it; rows outside become NaN: their sum says nothing."""
    above = (x > top) & ~outside
    seen.above_one += int(np.count_nonzero(above.any(axis=1)))
    return np.where(_marks(outside.any(axis=1))[:, None], np.nan, np.where(above, top, x))


def log_probabilities(
    lp: Floats, breaches: BlockBreaches, columns: tuple[str, ...], tolerance: float | None, seen: Checked
) -> Floats:
    """Check log-probabilities (n, k): at most 0, and their exponentials summing to 1 where `tolerance` is given."""
    with np.errstate(invalid="ignore"):
        if not lp.max(initial=-np.inf) <= 0.0:
            _nan(lp, breaches, columns)
            outside = _marks(np.greater(lp, ABOVE_ONE))
            breaches.report(
                "logprob-range",
                _marks(outside.any(axis=1)),
                lambda row: _first(lp, outside, row, columns, "log-probability {} is above 0"),
            )
            lp = _rounded_down(lp, outside, 0.0, seen)
    if tolerance is not None:
        _sums(np.exp(lp), breaches, columns, tolerance, seen)
    return lp


def some_mass(x: Floats, breaches: BlockBreaches, columns: tuple[str, ...], nothing: float) -> None:
    """Check probabilities (n, k) that are about to be rescaled: a row of zeros (`nothing`: 0 or ln 0) has no scale."""
    breaches.report(
        "prob-sum",
        _marks(np.equal(x, nothing).all(axis=1)),
        lambda _: ("probabilities of a row sum to 0, so they cannot be rescaled", columns),
        lambda _: SKIP,
    )


def logits(z: Floats, breaches: BlockBreaches, columns: tuple[str, ...], seen: Checked, *, together: bool) -> None:
    """Check logits (n, k): no NaN, no +Infinity; where the columns are classes (`together`), not all −Infinity.

    A single binary logit may be −Infinity: p = 0.
    """
    with np.errstate(invalid="ignore"):
        if not z.max(initial=-np.inf) < np.inf:
            _nan(z, breaches, columns)
            infinite = _marks(np.equal(z, np.inf))
            breaches.report(
                "infinite-logit",
                _marks(infinite.any(axis=1)),
                lambda row: _first(z, infinite, row, columns, "logit is {}"),
            )
        if together and not z.min(initial=np.inf) > -np.inf:
            empty = _marks((z == -np.inf).all(axis=1))
            breaches.report("all-minus-infinity", empty, lambda _: ("all logits of the row are -Infinity", columns))
        seen.distributions = _all_distributions(z, together=together)


def _all_distributions(z: Floats, *, together: bool) -> bool:
    """Whether every row of logits could as well be a distribution (then they probably are probabilities)."""
    if not z.size or not _distribution(z[:1], together=together).all():
        return False
    return bool(_distribution(z, together=together).all())


def _distribution(z: Floats, *, together: bool) -> Marks:
    """Which rows lie in [0, 1] and, where there are several values, sum to 1."""
    inside = np.logical_and(z >= 0.0, z <= 1.0).all(axis=1)
    if not together:
        return _marks(inside)
    with np.errstate(over="ignore"):
        return _marks(np.logical_and(inside, np.abs(z.sum(axis=1) - 1.0) <= NOTICED_DEVIATION))


def _marks(condition: object) -> Marks:
    """A condition on an array, as the array that it is."""
    return np.asarray(condition, dtype=bool)


def _sums(p: Floats, breaches: BlockBreaches, columns: tuple[str, ...], tolerance: float, seen: Checked) -> None:
    """Report rows whose probabilities do not add up to 1, and remember how far the others stray."""
    with np.errstate(invalid="ignore"):  # the sum of both infinities, whose rows are reported for these
        total = p.sum(axis=1)
    strays = np.abs(total - 1.0)
    tolerance += DECIMALS
    worst = strays.max(initial=0.0)
    if worst <= NOTICED_DEVIATION and worst <= tolerance:
        return
    broken = _marks(np.greater(strays, tolerance))
    if broken.any():
        broken[broken] = strays[broken] > tolerance + _rounding_of_float32(p[broken])
    breaches.report(
        "prob-sum",
        broken,
        lambda row: (f"probabilities of a row sum to {_off(float(total[row]), tolerance)}, not 1", columns),
    )
    kept = strays[~broken & ~np.isnan(strays)]
    seen.deviation = max(seen.deviation, float(kept.max(initial=0.0)))
    seen.deviating += int(np.count_nonzero(kept > NOTICED_DEVIATION))


def _rounding_of_float32(p: Floats) -> Floats:
    """How far the sums of rows (n, k) may be from those of their decimals, where a column held them as float32."""
    with np.errstate(invalid="ignore", over="ignore"):
        single = _marks((p.astype(np.float32) == p).all(axis=1))
    return np.where(single, p.shape[1] * ROUNDING_OF_FLOAT32, 0.0)


def _off(total: float, tolerance: float) -> str:
    """A sum that is off by more than the tolerance, with as many digits as show that."""
    return apart(total, 1.0 - tolerance if total < 1.0 else 1.0 + tolerance)[0]


def targets(t: Floats, breaches: BlockBreaches, columns: tuple[str, ...], tolerance: float) -> None:
    """Check targets (n, k): each row a distribution over the classes."""
    with np.errstate(invalid="ignore"):
        if not _all_within(t, 0.0, 1.0):
            _nan(t, breaches, columns)
            outside = _marks(np.logical_or(t < 0.0, t > 1.0))
            breaches.report(
                "target-range",
                _marks(outside.any(axis=1)),
                lambda row: _first(t, outside, row, columns, "target {} is outside [0, 1]"),
            )
            t = np.where(_marks(outside.any(axis=1))[:, None], np.nan, t)
    with np.errstate(invalid="ignore"):  # a signalling NaN is a NaN like others
        total = t.sum(axis=1)
    broken = _marks(np.greater(np.abs(total - 1.0), tolerance + DECIMALS))
    if broken.any():
        breaches.report(
            "target-sum", broken, lambda row: (f"targets of a row sum to {short(total[row])}, not 1", columns)
        )


def weights(w: Floats, breaches: BlockBreaches, column: str, factor: float = 1.0) -> None:
    """Check weights (n,): not negative, and finite, also times a factor that they may get."""
    with np.errstate(invalid="ignore", over="ignore"):
        heaviest = w * factor
        if _all_within(w, 0.0, _LARGEST) and _all_within(heaviest, 0.0, _LARGEST):
            return
        broken = _marks(np.logical_not(np.logical_and(w >= 0.0, heaviest < np.inf)))
    breaches.report("bad-weight", broken, lambda row: (_heavy(float(w[row]), factor), (column,)))


def _heavy(weight: float, factor: float) -> str:
    """What is wrong with a weight."""
    if weight < 0.0:
        return f"weight {weight:.6g} is negative"
    if math.isfinite(weight):
        return f"weight {weight:.6g} times the class weight {factor:.6g} is more than a double can hold"
    return f"weight {weight:.6g} is not finite"


def _all_within(x: Floats, low: float, high: float) -> bool:
    """Whether every value lies from `low` to `high`; NaN does not."""
    return bool(x.min(initial=high) >= low and x.max(initial=low) <= high)


def _nan(x: Floats, breaches: BlockBreaches, columns: tuple[str, ...]) -> None:
    """Report rows that hold NaN."""
    nan = _marks(np.isnan(x))
    breaches.report("nan-value", _marks(nan.any(axis=1)), lambda row: _first(x, nan, row, columns, "value is {}"))


def _first(x: Floats, marked: Marks, row: int, columns: tuple[str, ...], message: str) -> tuple[str, tuple[str, ...]]:
    """The message and the column of the first marked value of a row."""
    j = int(np.argmax(marked[row]))
    value = float(x[row, j])
    text = number_text(value) if not math.isfinite(value) else repr(value).removesuffix(".0")
    if len(columns) == x.shape[1]:
        return message.format(text), (columns[j],)
    return f"{message.format(text)} at position {j + 1}", columns


def _reader_message(rule: str, column: str, value: str) -> str:
    """The words for a fault that a reader found."""
    if rule == "missing-label":
        return "label is missing"
    if rule == "missing-value":
        return f"value is missing: {value}" if value else "value is missing"
    if rule == "ragged-line":
        return f"line has {value}"
    if rule == "repeated-header":
        return "line repeats the header"
    if rule == "list-length":
        return f"list has {value}" if value else "list is missing"
    if rule == "encoding":
        return f"column {column} is not valid UTF-8"
    if rule == "unmatched-key":
        return f"no label has the key {value!r}" if value else "the key is missing"
    return f"{value!r} is not a number"


def _help(rule: str, value: str) -> str | None:
    """Help that fits the value better than the general one."""
    if rule != "not-a-number":
        return None
    if value.strip().startswith("["):
        return "lists as text are not read from CSV: write a column for each class, or Parquet with a list column"
    if re.fullmatch(_THOUSANDS, value.strip()):
        return "separators of thousands are not read: write 1000.5"
    if "," in value:
        return "a decimal comma is not read: write decimals with a point"
    if value.strip().endswith("%"):
        return "percentages are not read: divide by 100"
    return None


def _named(column: str) -> tuple[str, ...]:
    """The column of a fault, none where the whole line is at fault."""
    return (column,) if column else ()


def _shown(rule: str, value: str) -> tuple[str, ...]:
    """The value of a fault where it adds to the message."""
    return (value,) if rule in {"not-a-number", "encoding"} else ()
