"""Everything that crosses a layer, as frozen dataclasses. The JSON documents are derived from these, field by field.

A field name ends in `_` where the JSON key is a Python keyword (`from_`, `class_`). A field whose metadata has
`optional` is left out of the JSON while it is None; every other None is written as null.
"""

from __future__ import annotations

from dataclasses import KW_ONLY, field
from math import nan
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import result

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xent_cli.contract.interval import Interval

OPTIONAL = {"optional": True}


@result
class Input:
    """One file that was read. `bytes` is its size on disk, None for a stream.

    `checksums` says whether those of its pages were verified, False where it has none: corruption would go unseen.
    None where the format knows no checksums.
    """

    path: str
    format: str
    rows: int
    bytes: int | None
    checksums: bool | None = field(default=None, metadata=OPTIONAL)


@result
class Columns:
    """What each column was taken for, and why. `label` is None where there are target columns instead."""

    kind: str
    from_: str
    label: str | None
    targets: tuple[str, ...]
    predictions: tuple[str, ...]
    weight: str | None
    id: str | None
    classes: tuple[str, ...]
    reasons: tuple[str, ...]
    by: tuple[str, ...] | None = field(default=None, metadata=OPTIONAL)
    cluster: str | None = field(default=None, metadata=OPTIONAL)
    of: str | None = field(default=None, metadata=OPTIONAL)
    decision: str | None = field(default=None, metadata=OPTIONAL)


@result
class RowCounts:
    """How many rows went where. read = scored + ignored + skipped."""

    read: int
    scored: int
    ignored: int = 0
    skipped: int = 0
    infinite: int = 0
    clipped: int = 0
    normalized: int = 0
    bad: Mapping[str, int] = field(default_factory=dict)


@result
class Loss:
    """The loss over all scored rows, in `unit`. std and se are NaN where undefined (one row, infinite losses).

    `clusters` is how many clusters the standard error rests on, where rows come in clusters; `effective` how many equal
    ones these count like, or rows that have weights.
    """

    unit: str
    mean: float
    sum: float
    weight: float
    std: float
    se: float
    ci: Interval
    min: float
    max: float
    quantiles: Mapping[str, float]
    clusters: int | None = field(default=None, metadata=OPTIONAL)
    effective: float | None = field(default=None, metadata=OPTIONAL)


@result
class Baseline:
    """The loss of always predicting the class shares, and skill = 1 − mean/baseline (None with its reason)."""

    kind: str
    mean: float
    skill: float | None
    reason: str | None = field(default=None, metadata=OPTIONAL)
    skill_ci: Interval | None = field(default=None, metadata=OPTIONAL)


@result
class ClassRow:
    """The rows of one class: how many, their mean and summed loss, and their share of the whole loss."""

    class_: str
    rows: int
    mean: float
    sum: float
    share: float


@result
class LabelRow:
    """One label of a multi-label file: its own mean loss over all scored rows."""

    label: str
    positives: int
    mean: float
    sum: float
    share: float


@result
class GroupRow:
    """One slice of the rows. `group` is its name as shown, `values` the texts of its columns ("" for an empty cell).

    `p` tests whether its mean differs from that of all other rows, adjusted for the number of groups (NaN where there
    is no test); `flagged` says that it does.
    """

    group: str
    rows: int
    mean: float
    se: float
    ci: Interval
    share: float
    flagged: bool = False
    p: float = nan
    values: tuple[str, ...] = ()


@result
class Sample:
    """One scored row. `p` is the probability that was predicted for its label."""

    row: int
    id: str | None
    label: str
    p: float
    loss: float
    weight: float


@result
class Touched:
    """What an option that changes rows did: how many rows, and what share of the mean they carry."""

    option: str
    rows: int
    share: float


@result
class Gate:
    """One threshold and its verdict: `status` is "pass" or "fail", `reason` says why where the numbers alone do not.

    `group` is the slice of the rows that it holds for, None where it holds for all.
    """

    rule: str
    limit: float
    value: float
    status: str
    reason: str | None = field(default=None, metadata=OPTIONAL)
    group: str | None = field(default=None, metadata=OPTIONAL)


@result
class Notice:
    """Something a user should know about a number that stands."""

    code: str
    message: str


@result
class Report:
    """The result of `score`: schema `xent.score/1`.

    `likelihood` is the text of a power of ten, such as "1.2e-500", where no double is that small.
    """

    _: KW_ONLY
    schema: str
    xent: str
    signature: str
    status: str
    inputs: tuple[Input, ...]
    columns: Columns
    rows: RowCounts
    loss: Loss
    perplexity: float
    perplexity_ci: Interval | None = field(default=None, metadata=OPTIONAL)
    log_likelihood: float
    likelihood: float | str
    geometric_mean_probability: float
    accuracy: float
    label_entropy: float | None = field(default=None, metadata=OPTIONAL)
    kl: float | None = field(default=None, metadata=OPTIONAL)
    baseline: Baseline
    classes: tuple[ClassRow, ...] = ()
    labels: tuple[LabelRow, ...] | None = field(default=None, metadata=OPTIONAL)
    groups: tuple[GroupRow, ...] = ()
    samples: tuple[Sample, ...] = ()
    touched: tuple[Touched, ...] = ()
    gates: tuple[Gate, ...] = ()
    notices: tuple[Notice, ...] = ()
    macro_mean: float | None = field(default=None, metadata=OPTIONAL)
