"""What a comparison of models hands to whoever shows it: schema `xent.compare/1` as frozen values.

`difference` is candidate − baseline throughout: a positive one is worse.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xent_cli.contract.interval import Interval
    from xent_cli.contract.report import Columns, Gate, Input, Notice


@result
class Pairing:
    """How the rows of the files were put together: `by` is "position" or "key", `on` names the key columns."""

    by: str
    on: tuple[str, ...] = ()
    cluster: str | None = None


@result
class PairCounts:
    """How many rows went where. paired = scored + ignored + skipped; `infinite` pairs have an infinite loss."""

    paired: int
    scored: int
    ignored: int = 0
    skipped: int = 0
    infinite: int = 0
    bad: Mapping[str, int] = field(default_factory=dict)


@result
class Reference:
    """The model that the others are held against, over the scored pairs."""

    path: str
    from_: str
    mean: float
    se: float


@result
class Difference:
    """The mean paired difference. p is two-sided; `p_holm` is corrected for the number of candidates.

    `p_sign_flip` is None where there are too many pairs for it, or infinite differences.
    """

    mean: float
    se: float
    ci: Interval
    p: float
    p_sign_flip: float | None
    p_holm: float


@result
class Candidate:
    """One model held against the baseline.

    `wins` are the pairs in which its loss is smaller. `detectable` is the smallest true difference that this many pairs
    would show four times in five. `verdict` is "better", "worse", "no worse" or "undecided"; `rank` 1 has the smallest
    mean.
    """

    path: str
    from_: str
    mean: float
    se: float
    difference: Difference
    wins: int
    losses: int
    ties: int
    detectable: float
    verdict: str
    rank: int


@result
class Comparison:
    """The result of `compare`. `margin` is how much worse a candidate may be, in `unit`; `best` has rank 1."""

    schema: str
    xent: str
    signature: str
    status: str
    unit: str
    inputs: tuple[Input, ...]
    columns: Columns
    pairing: Pairing
    rows: PairCounts
    margin: float
    baseline: Reference
    candidates: tuple[Candidate, ...]
    best: str
    gates: tuple[Gate, ...] = ()
    notices: tuple[Notice, ...] = ()
