"""Exact totals of a tally as doubles, each rounded once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from xent_cli.scoring.options import UNITS, Options
from xent_cli.statistics.exact import sums
from xent_cli.statistics.exact.sums import UNIT

if TYPE_CHECKING:
    from xent_cli.scoring.tally.tally import Tally


def total_weight(tally: Tally) -> int:
    """Σw of all scored rows, also the infinite ones, exactly."""
    return tally.moments.weight + tally.infinite.weight


def divisor_of(tally: Tally, options: Options) -> int:
    """What the mean is divided by, in units of 2**-1074."""
    return tally.rows.scored << UNIT if options.conventions.divide_by == "count" else total_weight(tally)


def mean_of(total: int, tally: Tally, options: Options) -> float:
    """A weighted total (units of 2**-2148) over the run's divisor."""
    return sums.ratio(total, divisor_of(tally, options), -UNIT)


def exp_or_inf(value: float, nats: float) -> float:
    """exp of a number of units: 2**v for bits, 10**v for bans."""
    try:
        if nats == UNITS["bits"][1]:
            return math.exp2(value)
        if nats == UNITS["bans"][1]:
            return math.pow(10.0, value)
        return math.exp(value)
    except OverflowError:
        return math.inf
