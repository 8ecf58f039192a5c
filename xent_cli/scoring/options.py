"""What a user can ask for, as one frozen value, and the parsers of the options that are more than a word."""

from __future__ import annotations

import math
from dataclasses import field
from typing import TYPE_CHECKING, Literal

from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

# Units as the user names them, as the signature names them, and the size of one in nats.
UNITS: Mapping[str, tuple[str, float]] = {
    "nats": ("nat", 1.0),
    "bits": ("bit", math.log(2.0)),
    "bans": ("ban", math.log(10.0)),
}

MOST_REPLICATES = 10_000
SMALLEST_TABLE = 20  # up to this many rows, all of them are shown
WORST = 10


@struct
class Conventions:
    """Every choice that can change the number; each one is part of the signature."""

    class_weight: Mapping[str, float] | Literal["balanced"] | None = None
    pos_weight: float = 1.0
    smoothing: float = 0.0
    ignore: tuple[str, ...] = ()
    clip: float | None = None
    normalize: bool = False
    divide_by: Literal["weight", "count"] = "weight"
    unit: str = "nats"

    def __post_init__(self) -> None:
        """Refuse values outside the range of their option."""
        _check(0 < self.pos_weight < math.inf, "pos-weight", self.pos_weight, "a finite number above 0")
        _check(0 <= self.smoothing < 1, "label-smoothing", self.smoothing, "a number from 0 up to, not including, 1")
        _check(self.clip is None or 0 < self.clip < 0.5, "clip", self.clip, "a number above 0 and below 0.5")
        _check(self.unit in UNITS, "unit", self.unit, "nats, bits or bans")
        _check(self.divide_by in {"weight", "count"}, "divide-by", self.divide_by, "weight or count")


@struct
class BadRows:
    """What to do with rows that cannot be scored, and what counts as one."""

    skip: bool = False
    max_skipped: int | None = None
    max_skipped_share: Fraction | None = None
    sum_tolerance: float = 0.01

    def __post_init__(self) -> None:
        """Refuse a tolerance out of range."""
        _check(
            0 <= self.sum_tolerance < 1, "sum-tolerance", self.sum_tolerance, "a number from 0 up to, not including, 1"
        )


@struct
class Options:
    """One scoring run, without its files and columns."""

    conventions: Conventions = field(default_factory=Conventions)
    bad_rows: BadRows = field(default_factory=BadRows)
    confidence: float = 0.95
    samples: int | Literal["all"] | None = None
    sort: Literal["worst", "file"] | None = None
    gradient: bool = False
    gradient_norm: bool = False
    threads: int | None = None
    bootstrap: int | None = None
    seed: int = 0
    max_rows: int | None = None

    def __post_init__(self) -> None:
        """Refuse values outside the range of their option."""
        _check(0 < self.confidence < 1, "confidence", self.confidence, "a number between 0 and 1, such as 0.95")
        _check(self.samples in (None, "all") or int(self.samples or 0) >= 0, "samples", self.samples, "a count or all")
        _check(self.threads is None or self.threads >= 1, "threads", self.threads, "1 or more")
        _check(self.max_rows is None or self.max_rows >= 1, "max-rows", self.max_rows, "1 or more")
        seed = isinstance(self.seed, int) and 0 <= self.seed < 2**64
        _check(seed, "seed", self.seed, "a whole number from 0 up to, not including, 2**64")
        self._check_replicates()

    def _check_replicates(self) -> None:
        """Refuse a number of bootstrap replicates that has no order statistic at the ends of the interval."""
        if self.bootstrap is not None:
            from xent_cli.statistics.bootstrap import fewest

            least, level = fewest(self.confidence), f"{100 * self.confidence:g}%"
            wanted = f"a count from {least} (for a {level} interval) to {MOST_REPLICATES}"
            whole = isinstance(self.bootstrap, int)
            _check(whole and least <= self.bootstrap <= MOST_REPLICATES, "bootstrap", self.bootstrap, wanted)


def _check(holds: bool, flag: str, value: object, wanted: str) -> None:  # noqa: FBT001  (the condition is the argument)
    """Refuse the value of a flag with what it should be."""
    if not holds:
        message = f"--{flag} {value} is out of range"
        raise UsageError(Problem("option", message, help=f"--{flag} takes {wanted}"))


def parse_class_weight(text: str | None) -> Mapping[str, float] | Literal["balanced"] | None:
    """`cat=2,dog=1` or `balanced`. A class name may hold "=": the last one counts."""
    if text is None or text == "balanced":
        return "balanced" if text else None
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = part.rpartition("=")
        value = _number(number)
        if not equals or not name or value is None or not 0 <= value < math.inf:
            message = f"--class-weight cannot read {part!r}"
            raise UsageError(
                Problem("option", message, help="write --class-weight cat=2,dog=1 or --class-weight balanced")
            )
        if name in weights:
            raise UsageError(
                Problem("option", f"--class-weight names {name!r} twice", help="give each class one weight")
            )
        weights[name] = value
    return weights


def parse_max_skipped(text: str | None) -> tuple[int | None, Fraction | None]:
    """`100` rows or `1%` of the rows, as (count, share)."""
    if text is None:
        return None, None
    if text.endswith("%"):
        # a fraction: 29 % of 100 rows are 29 rows, and not the 28 below the double 0.29 times 100
        value = _number(text[:-1])
        if value is not None and 0 <= value <= 100:
            from fractions import Fraction

            return None, Fraction(text[:-1]) / 100
    elif text.isdecimal():
        return int(text), None
    message = f"--max-skipped cannot read {text!r}"
    raise UsageError(
        Problem("option", message, help="write a count such as --max-skipped 100, or a share such as --max-skipped 1%")
    )


def parse_samples(text: str | None) -> int | Literal["all"] | None:
    """`10` or `all`."""
    if text is None or text == "all":
        return "all" if text else None
    if text.isdecimal():
        return int(text)
    raise UsageError(Problem("option", f"--samples cannot read {text!r}", help="write a count, or --samples all"))


@struct
class Tolerance:
    """How much worse than a baseline a mean may be: an amount in the unit of the losses, or a share of the baseline."""

    amount: float = 0.0
    share: float | None = None

    def of(self, baseline: float) -> float:
        """The amount, given the mean of the baseline; NaN where a share of it is undefined."""
        if self.share is None:
            return self.amount
        return self.share * baseline if math.isfinite(baseline) else math.nan


def parse_tolerance(text: str | None, flag: str = "max-regression") -> Tolerance | None:
    """`0.005`, or `1%` of the baseline."""
    if text is None:
        return None
    number = _number(text.removesuffix("%"))
    if number is not None and 0 <= number < math.inf:
        return Tolerance(share=number / 100) if text.endswith("%") else Tolerance(number)
    message = f"--{flag} cannot read {text!r}"
    raise UsageError(
        Problem("option", message, help=f"write an amount such as --{flag} 0.005, or a share such as --{flag} 1%")
    )


def _number(text: str) -> float | None:
    """The finite or infinite number that a text spells, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return None if math.isnan(value) else value
