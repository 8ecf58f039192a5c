"""The likelihood of everything that was scored, and its logarithm: of all labels of all rows, from the exact sum."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from xent_cli.reports.totals import exp_or_inf
from xent_cli.scoring.options import UNITS
from xent_cli.statistics.exact import sums
from xent_cli.statistics.exact.bit_slices import units_of
from xent_cli.statistics.exact.sums import UNIT

if TYPE_CHECKING:
    from decimal import Decimal

    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.tally import Tally

DIGITS = 6
"""How many a likelihood has that no double can hold."""

_LONGEST = 18
"""The most digits of an exponent of ten that a decimal may have."""


def likelihoods(tally: Tally, scheme: Scheme, unit: str) -> tuple[float, float | str]:
    """The log-likelihood −Σwℓ in the unit of the losses, and the likelihood, which is its power.

    A row of a multi-label file has the mean of its labels for a loss, but the likelihood is that of every label. Below
    the smallest normal double a likelihood is the text of a power of ten; an infinite loss makes it 0.
    """
    if tally.infinite.weighted:
        return -math.inf, 0.0
    labels = tally.labels.parts if scheme.plan.multilabel else ()
    exact = sum(part.loss for part in labels) if labels else tally.moments.weighted
    total = sums.ratio(exact, 1, -2 * UNIT)
    return 0.0 - total, _power(exact, total, unit)  # 0.0 - 0.0 is 0, where -0.0 would be shown as -0


def _power(exact: int, total: float, unit: str) -> float | str:
    """exp(−sum) of the exact sum: what rounding took off the sum would be worth digits here."""
    if math.isinf(total):
        return 0.0
    nats = UNITS[unit][1]
    rough = exp_or_inf(-total, nats)
    if rough < sys.float_info.min:
        return _power_of_ten(exact, unit)
    rest = sums.ratio(exact - (units_of(total) << UNIT), 1, -2 * UNIT)
    return rough * math.exp(-rest * nats) if rough < math.inf else rough


def _power_of_ten(exact: int, unit: str) -> float | str:
    """The power as text such as 1.2e-500, all its digits right; 0 where even the exponent is absurdly long."""
    from decimal import Context, Decimal, localcontext

    # the digits wanted, those of the exponent, and some against the rounding of each step
    with localcontext(Context(prec=DIGITS + _LONGEST + 20)):
        power = _decimal_logarithm(Decimal(exact) / Decimal(2) ** (2 * UNIT), unit)
        whole = math.floor(power)
        if len(str(-whole)) > _LONGEST:
            return 0.0
        digits = f"{Decimal(10) ** (power - whole):.{DIGITS - 1}f}"
        if digits.startswith("10"):
            whole, digits = whole + 1, "1"
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}e{whole}"


def _decimal_logarithm(total: Decimal, unit: str) -> Decimal:
    """The logarithm to base ten of the likelihood of a summed loss."""
    from decimal import Decimal

    if unit == "nats":
        return -total / Decimal(10).ln()
    return -total * Decimal(2).log10() if unit == "bits" else -total
