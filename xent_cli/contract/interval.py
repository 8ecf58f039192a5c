"""The confidence interval, the one form of it from the statistics to the JSON."""

from __future__ import annotations

from xent_cli.contract.frozen import result


@result
class Interval:
    """A confidence interval of the mean. `low` and `high` are NaN where it is undefined; `method` says why."""

    level: float
    low: float
    high: float
    method: str
