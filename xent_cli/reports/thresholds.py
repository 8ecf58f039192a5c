"""The limits that a report is held against, as the user gave them."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY  # noqa: TC003  (read when the class is made)
from typing import TYPE_CHECKING, Literal

from xent_cli.contract.errors import Problem, UsageError
from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from xent_cli.scoring.options import Tolerance


@struct
class Thresholds:
    """What the user said about the limits.

    `gate_on` is "mean", or "upper" for the upper end of the interval; `baseline` names the file of a report.
    """

    _: KW_ONLY
    max_loss: float | None = None
    max_perplexity: float | None = None
    min_skill: float | None = None
    max_group_loss: float | None = None
    gate_on: Literal["mean", "upper"] = "mean"
    baseline: str | None = None
    tolerance: Tolerance | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        """Refuse invalid limits."""
        for flag in ("max-loss", "max-perplexity", "min-skill", "max-group-loss"):
            _check_limit(flag, getattr(self, flag.replace("-", "_")), 1.0 if flag == "min-skill" else math.inf)
        if self.baseline is None and (self.tolerance is not None or self.strict):
            flag = "--strict" if self.tolerance is None else "--max-regression"
            help = "add --baseline FILE.json, a report that xent wrote"
            raise UsageError(Problem("option", f"{flag} needs a baseline", help=help))


def _check_limit(flag: str, limit: float | None, most: float) -> None:
    """Refuse a limit that is not a number, negative, infinite or above `most`."""
    if limit is not None and not (0 <= limit <= most and limit < math.inf):
        wanted = "a number from 0 to 1" if most == 1 else "a finite number that is not negative"
        raise UsageError(Problem("option", f"--{flag} {limit} is not a valid limit", help=f"--{flag} takes {wanted}"))
