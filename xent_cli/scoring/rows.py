"""A block of a file becomes scored rows: labels matched to classes, rules checked, what is left scored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from xent_cli import losses
from xent_cli.scoring import validation
from xent_cli.scoring.keyed import Keyed
from xent_cli.scoring.labels import matched_labels
from xent_cli.scoring.row_losses import Scorer

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from xent_cli.readers.interface import Block
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.scored_rows import ScoredRows

    Floats: TypeAlias = NDArray[np.float64]


def score_block(block: Block, scheme: Scheme, path: str) -> ScoredRows:
    """Score one block. Rows that break a rule are left out and counted in `breaches`."""
    breaches = validation.BlockBreaches(_without_empty_groups(block, scheme), path)
    seen = validation.Checked()
    matrix = _predictions(block, scheme, breaches, seen)
    ignored, y, t = matched_labels(block, scheme, breaches)
    weight = _weights(block, scheme, breaches)
    if breaches.bad is not None and ignored is not None:
        ignored = ignored & ~breaches.bad  # a row that breaks a rule is bad, whatever its label
    dropped = breaches.bad if ignored is None else ignored if breaches.bad is None else breaches.bad | ignored
    kept = None if dropped is None or not dropped.any() else np.flatnonzero(~dropped)
    if kept is not None:
        matrix = _take(matrix, kept)
        y = None if y is None else y[kept]
        t = None if t is None else _take(t, kept)
        weight = None if weight is None else weight[kept]
    found = Scorer(block, scheme, matrix, y, t, weight, kept, seen).rows(
        path=path, ignored=_count(ignored), skipped=_count(breaches.bad), breaches=breaches.breaches
    )
    skipped_groups = (
        _skipped_groups(block, scheme.plan.by, breaches.bad) if found.skipped and scheme.plan.by else frozenset()
    )
    return replace(found, skipped_groups=skipped_groups) if skipped_groups else found


def _skipped_groups(block: Block, by: tuple[str, ...], bad: NDArray[np.bool_] | None) -> frozenset[tuple[str, ...]]:
    """The groups of the rows that break a rule; of a row that could not be read no group is known."""
    assert bad is not None
    keys = Keyed.of([block.coded[column] for column in by]).only(bad).used()
    return frozenset(key for key in keys if all(key))


def _count(marks: NDArray[np.bool_] | None) -> int:
    """How many rows are marked."""
    return 0 if marks is None else int(np.count_nonzero(marks))


def _without_empty_groups(block: Block, scheme: Scheme) -> Block:
    """The block with an empty cell of a group being no fault, and one of a cluster a missing value, not a label."""
    plan = scheme.plan
    if not (block.faults and (plan.by or plan.cluster)):
        return block
    others = {*plan.by, plan.cluster} - {*plan.labels, plan.label}
    faults = (
        replace(fault, rule="missing-value") if fault.column == plan.cluster and fault.column in others else fault
        for fault in block.faults
        if fault.rule != "missing-label" or fault.column not in others or fault.column == plan.cluster
    )
    return replace(block, faults=tuple(faults))


def _take(x: Floats, rows: NDArray[np.int64]) -> Floats:
    """Some rows of (n, k), in the memory order that the kernels of this k want."""
    return np.asarray(x[rows], order="F" if x.shape[1] <= losses.FEW_CLASSES else "C")


def _predictions(block: Block, scheme: Scheme, breaches: validation.BlockBreaches, seen: validation.Checked) -> Floats:
    """The predictions of a block, checked."""
    assert block.matrix is not None
    plan, matrix = scheme.plan, block.matrix
    sums = (plan.kind != "binary" or plan.pair) and not scheme.options.conventions.normalize
    tolerance = scheme.options.bad_rows.sum_tolerance if sums else None
    if plan.space == "probs":
        seen.decided = _all_decided(matrix)
        seen.least = float(matrix.min(initial=np.inf)) if plan.doubt is not None else -np.inf
        above = scheme.options.bad_rows.sum_tolerance if scheme.options.conventions.normalize else 0.0
        p = validation.probabilities(matrix, breaches, plan.predictions, tolerance, seen, above)
        if scheme.options.conventions.normalize:
            validation.some_mass(p, breaches, plan.predictions, 0.0)
        return p
    if plan.space == "logprobs":
        lp = validation.log_probabilities(matrix, breaches, plan.predictions, tolerance, seen)
        if scheme.options.conventions.normalize:
            validation.some_mass(lp, breaches, plan.predictions, -np.inf)
        return lp
    validation.logits(matrix, breaches, plan.predictions, seen, together=plan.kind != "binary" or plan.pair)
    return matrix


GLANCE = 64


def _all_decided(matrix: Floats) -> bool:
    """Whether every value is exactly 0 or 1; a glance at the first rows says mostly that they are not."""
    first = matrix[:GLANCE]
    if not len(first) or not ((first == 0.0) | (first == 1.0)).all():
        return False
    return bool(((matrix == 0.0) | (matrix == 1.0)).all())


def _weights(block: Block, scheme: Scheme, breaches: validation.BlockBreaches) -> Floats | None:
    """The weight column, checked; None where there is none."""
    column = scheme.plan.weight
    if column is None:
        return None
    weight, table = block.numbers[column], scheme.class_weight
    validation.weights(weight, breaches, column, max((table or {}).values(), default=1.0))
    return weight
