"""The confidence interval, the one form of it from the statistics to the JSON."""

from __future__ import annotations

from dataclasses import field

from xent_cli.contract.frozen import result


@result
class Interval:
    """A confidence interval of the mean. `low` and `high` are NaN where it is undefined; `method` says why.

    `upper` is the end of Student's interval where that is above `high`: what gates on the upper bound look at.
    """

    level: float
    low: float
    high: float
    method: str
    upper: float | None = field(default=None, metadata={"optional": True})

    @property
    def bound(self) -> float:
        """The upper bound that a gate looks at."""
        return self.high if self.upper is None else self.upper
