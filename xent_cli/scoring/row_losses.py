"""Checked rows become losses: labels smoothed, predictions clipped or rescaled where asked, and the kernel chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from xent_cli import losses
from xent_cli.contract.frozen import struct
from xent_cli.contract.row_columns import Coded
from xent_cli.scoring.keyed import Keyed
from xent_cli.scoring.scored_rows import Labels, ScoredRows, scale

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

    from xent_cli.readers.interface import Block
    from xent_cli.scoring.rules import Breach
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.validation import Checked


@struct
class _Unclipped:
    """Predictions as they were before some of them, those `changed`, were held within the bounds of --clip."""

    space: str
    x: Floats
    changed: NDArray[np.bool_]


@dataclass(slots=True, eq=False, repr=False)
class Scorer:
    """The rows of one block that passed the checks, on their way to losses."""

    block: Block
    scheme: Scheme
    x: Floats
    y: NDArray[np.int64] | None
    t: Floats | None
    weight: Floats | None
    kept: NDArray[np.int64] | None
    seen: Checked
    clipped: NDArray[np.bool_] | None = None
    normalized: NDArray[np.bool_] | None = None
    unclipped: _Unclipped | None = None
    space: str = field(init=False)

    def __post_init__(self) -> None:
        """Start in the space that the file is in."""
        self.space = self.scheme.plan.space

    def rows(self, *, path: str, ignored: int, skipped: int, breaches: Mapping[str, Breach]) -> ScoredRows:
        """Compute every array of the scored rows."""
        conventions, plan = self.scheme.options.conventions, self.scheme.plan
        if conventions.normalize:
            self._normalize()
        hits = self._hits()
        text = self._text()
        weight = self._effective_weight()
        hard = self._hard()
        predicted = self._predicted(hard=hard is not None)
        shares = None if hard is not None else self.t
        if conventions.smoothing:
            self._smooth()
        entropy = losses.entropy(self.t) if plan.kind == "categorical" and self.t is not None else None
        loss, per_label = self._losses()
        if conventions.unit != "nats":
            nats = scale(self.scheme)
            with np.errstate(over="ignore"):  # the largest losses in nats are beyond the largest double in bits
                loss = loss / nats
                per_label = None if per_label is None else per_label / nats
            entropy = None if entropy is None else entropy / nats
        return ScoredRows(
            read=self.block.rows, ignored=ignored, skipped=skipped, kept=self.kept, loss=loss, weight=weight, hits=hits,
            y=hard, shares=shares, predicted=predicted, text=text, ids=self._ids(), seen=self.seen, entropy=entropy,
            per_label=per_label, clipped=self.clipped, normalized=self.normalized, gradient=self._gradient(),
            breaches=breaches, groups=self._keyed(plan.by),
            clusters=None if plan.cluster is None else self._keyed((*plan.by, plan.cluster)), path=path,
        )  # fmt: skip

    def _normalize(self) -> None:
        """Rescale each row to sum to 1; remember which rows that changed."""
        if self.scheme.plan.space == "logprobs":
            total = losses.log_sum_exp(self.x)
            self.normalized = total != 0.0
            self.x = self.x - total[:, None]
            return
        total = self.x.sum(axis=1)
        self.normalized = total != 1.0
        self.x = self.x / total[:, None]

    def _hits(self) -> Floats | NDArray[np.bool_]:
        """Which rows are predicted right: the largest prediction (the first on a tie) is the label's."""
        plan, x, y, t = self.scheme.plan, self.x, self.y, self.t
        if y is None and plan.kind == "categorical":
            assert t is not None
            y = np.argmax(t, axis=1)
        if y is not None:
            return losses.hits(x, y)
        assert t is not None
        if plan.pair:
            return np.asarray(np.equal(x[:, 1] > x[:, 0], t[:, 0] > HALF))
        half = {"probs": HALF, "logits": 0.0, "logprobs": -np.log(2.0)}[plan.space]
        right = np.asarray(np.equal(x > half, t > HALF))
        return right[:, 0] if right.shape[1] == 1 else right.mean(axis=1)

    def _predicted(self, *, hard: bool) -> Callable[[NDArray[np.int64]], Floats] | None:
        """What looks the probability of a row's label up where the file itself gives it; only shown rows are asked."""
        plan, x, y, t = self.scheme.plan, self.x, self.y, self.t
        if plan.space != "probs" or not hard or plan.kind == "categorical":
            return None
        if y is not None:
            return lambda index: x[index, y[index]]
        assert t is not None

        def of_binary(index: NDArray[np.int64]) -> Floats:
            rest = x[index, 0] if plan.pair else 1.0 - x[index, 0]
            return np.asarray(np.where(t[index, 0] == 1.0, x[index, -1], rest))

        return of_binary

    def _text(self) -> Labels:
        """The labels as they stand in the file."""
        plan = self.scheme.plan
        column = (
            plan.label
            if plan.kind == "sparse"
            else plan.labels[0]
            if plan.kind == "binary" and not plan.multilabel and plan.labels
            else None
        )
        if column is not None:
            coded = self.block.coded[column]
            return Labels(coded if self.kept is None else Coded(coded.codes[self.kept], coded.names), None, ())
        if plan.kind == "binary" and not plan.labels:
            return Labels(None, self.t, ("the label",))
        return Labels(None, self.t, plan.label_names if plan.multilabel else self.scheme.classes)

    def _effective_weight(self) -> Floats | None:
        """The weight of each row: the weight column times the weight of the class."""
        table = self.scheme.class_weight
        if table is None:
            return self.weight
        vector = np.array([table.get(name, 1.0) for name in self.scheme.class_names])
        if self.y is not None:
            by_class = vector[self.y]
        else:
            assert self.t is not None
            t = self.t if self.scheme.plan.kind == "categorical" else _both(self.t)
            # a plain sum of products, column by column: the bits must not depend on how BLAS cuts the block
            by_class = np.add.reduce([t[:, j] * vector[j] for j in range(len(vector))])
        return by_class if self.weight is None else self.weight * by_class

    def _hard(self) -> NDArray[np.integer] | None:
        """The class of each row where every row has just one."""
        if self.y is not None:
            return self.y
        t, plan = self.t, self.scheme.plan
        if t is None or plan.multilabel:
            return None
        ones = np.asarray(t == 1.0)
        if not (ones | (t == 0.0)).all():
            return None
        return ones[:, 0].view(np.int8) if plan.kind == "binary" else np.argmax(ones, axis=1)

    def _smooth(self) -> None:
        """Mix the targets with the uniform distribution: (1 − a)·t + a/k. Binary losses are mixed instead."""
        a, k = self.scheme.options.conventions.smoothing, self.scheme.k
        if self.y is None:
            if self.scheme.plan.kind != "binary":
                self.t = (1.0 - a) * self._soft_targets() + a / k
            return
        t = np.full(self.x.shape, a / k, order="F" if k <= losses.FEW_CLASSES else "C")
        t[np.arange(len(self.y)), self.y] += 1.0 - a
        self.y, self.t = None, t

    def _losses(self) -> tuple[Floats, Floats | None]:
        """The loss of each row in nats and, for a multi-label file, of each label."""
        eps = self.scheme.options.conventions.clip
        if eps is not None:
            self._clip(eps)
        if self.scheme.plan.kind == "binary":
            return self._binary()
        if self.y is not None:
            return _SPARSE[self.space](self.x, self.y), None
        return _CATEGORICAL[self.space](self.x, self._soft_targets()), None

    def _clip(self, eps: float) -> None:
        """Hold the probabilities within [eps, 1 − eps]; remember the rows whose loss that touched.

        Those that stay as they are keep the digits of their losses: the logarithm of a softmax near 1 has lost them.
        """
        plan, p = self.scheme.plan, self._as_probabilities()
        bounded = np.clip(p, eps, 1.0 - eps)
        changed = p != bounded
        if self.space == "probs" or (plan.kind == "binary" and not plan.pair):
            self.unclipped = None if self.space == "probs" else _Unclipped(self.space, self.x, changed)
            self.x, self.space = bounded, "probs"
        else:
            own = _log_softmax(self.x) if self.space == "logits" else self.x
            self.x, self.space = np.array(own, np.float64, order="K"), "logprobs"
            np.copyto(self.x, np.log(bounded), where=changed)
        if self.y is not None:
            self.clipped = changed[np.arange(len(p)), self.y]
        elif self.scheme.plan.kind == "binary":
            self.clipped = changed.any(axis=1)
        else:
            self.clipped = np.logical_and(changed, self._soft_targets() > 0.0).any(axis=1)

    def _soft_targets(self) -> Floats:
        """The targets of rows that have no single class."""
        assert self.t is not None
        return self.t

    def _binary(self) -> tuple[Floats, Floats | None]:
        """Binary losses: one column, a pair of columns, or the mean over several labels."""
        t, a = self._soft_targets(), self.scheme.options.conventions.smoothing
        if a and self.scheme.plan.pair and self.space == "logits":  # a cost may overflow where the mixture does not
            mixed = [(1.0 - a) * side + a / 2 for side in (1.0 - t[:, 0], t[:, 0])]
            return losses.categorical_from_logits(self.x, np.stack(mixed, axis=1)), None
        each = self._each_label(t)
        with np.errstate(over="ignore"):
            if a:  # 1 − ((1 − a)·t + a/2) would lose digits of a small a: the three costs add up without a difference
                one, zero = self._each_label(np.ones_like(t)), self._each_label(np.zeros_like(t))
                each = (1.0 - a) * each + (a / 2) * one + (a / 2) * zero
            return (_mean(each), each) if self.scheme.plan.multilabel else (each[:, 0], None)

    def _each_label(self, t: Floats) -> Floats:
        """The binary losses (n, labels) of targets (n, labels)."""
        plan, x = self.scheme.plan, self.x
        if plan.pair and self.space == "logits":
            return losses.categorical_from_logits(x, _both(t))[:, None]
        if plan.pair:
            return _PAIR[self.space](x[:, 0], x[:, 1], t[:, 0])[:, None]
        each = self._by_column(self.space, x, t)
        if self.unclipped is not None:
            own = self._by_column(self.unclipped.space, self.unclipped.x, t)
            np.copyto(each, own, where=~self.unclipped.changed)
        return each

    def _by_column(self, space: str, x: Floats, t: Floats) -> Floats:
        """The binary losses of predictions (n, labels), each from one column."""
        kernel, weight = _BINARY[space], self.scheme.options.conventions.pos_weight
        if x.shape[1] == 1:
            return kernel(x[:, 0], t[:, 0], weight)[:, None]
        each = np.empty(x.shape, order="F")
        for j in range(x.shape[1]):
            each[:, j] = kernel(x[:, j], t[:, j], weight)
        return each

    def _as_probabilities(self) -> Floats:
        """The predictions as probabilities, whatever space they came in."""
        plan = self.scheme.plan
        if self.space == "probs":
            return self.x
        if self.space == "logprobs":
            p: Floats = np.exp(self.x)
            return p
        if plan.kind == "binary" and not plan.pair:
            return np.stack([losses.sigmoid(self.x[:, j]) for j in range(self.x.shape[1])], axis=1)
        return losses.softmax(self.x)

    def _gradient(self) -> Floats | None:
        """The gradient of each row's loss with respect to its logits, p − t."""
        options, plan = self.scheme.options, self.scheme.plan
        if not (options.gradient or options.gradient_norm):
            return None
        if plan.kind == "binary":
            return self._binary_gradient()
        return losses.softmax_gradient(self.space, self.x, self._soft_targets() if self.y is None else self.y)

    def _binary_gradient(self) -> Floats:
        """The gradient of binary rows with respect to each logit."""
        chosen = self.scheme.options.conventions
        t = (1.0 - chosen.smoothing) * self._soft_targets() + chosen.smoothing / 2
        if self.scheme.plan.pair:
            return losses.softmax_gradient(self.space, self.x, _both(t))
        columns = range(self.x.shape[1])
        each = [losses.binary_gradient(self.space, self.x[:, j], t[:, j], chosen.pos_weight) for j in columns]
        return np.asarray(np.stack(each, axis=1) / len(columns))

    def _keyed(self, columns: tuple[str, ...]) -> Keyed | None:
        """The keys that some columns make of the scored rows; None of no columns."""
        if not columns:
            return None
        keyed = Keyed.of([self.block.coded[column] for column in columns])
        return keyed if self.kept is None else keyed.only(self.kept)

    def _ids(self) -> Any:
        """The id column of the scored rows, or None."""
        if self.scheme.plan.id is None:
            return None
        ids = self.block.text[self.scheme.plan.id]
        return ids if self.kept is None else ids.take(self.kept)


HALF = 0.5

_SPARSE: Mapping[str, Callable[[Floats, NDArray[np.int64]], Floats]] = {
    "probs": losses.sparse_from_probs,
    "logits": losses.sparse_from_logits,
    "logprobs": losses.sparse_from_logprobs,
}
_CATEGORICAL: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "probs": losses.categorical_from_probs,
    "logits": losses.categorical_from_logits,
    "logprobs": losses.categorical_from_logprobs,
}
_BINARY: Mapping[str, Callable[[Floats, Floats, float], Floats]] = {
    "probs": losses.binary_from_probs,
    "logits": losses.binary_from_logits,
    "logprobs": losses.binary_from_logprobs,
}
_PAIR = {"probs": losses.binary_from_pair_probs, "logprobs": losses.binary_from_pair_logprobs}


def _log_softmax(z: Floats) -> Floats:
    """Logarithms of the probabilities of logits (n, k): (z_j − m) − log1p(S), of which no part cancels another."""
    x = z.astype(np.float64)
    top = np.argmax(x, axis=1)
    peak, rest = x[np.arange(len(x)), top], losses.sparse_from_logits(x, top)
    with np.errstate(all="ignore"):
        return np.asarray((x - peak[:, None]) - rest[:, None])


def _mean(each: Floats) -> Floats:
    """The mean over the labels (n, labels); a sum beyond the largest double is added up again in parts."""
    k = each.shape[1]
    mean: Floats = np.add.reduce(each, axis=1) / k
    over = np.flatnonzero(np.isinf(mean))
    mean[over] = np.add.reduce(each[over] / k, axis=1)
    return mean


def _both(t: Floats) -> Floats:
    """Binary targets (n, 1) as distributions over the two classes (n, 2)."""
    return np.stack([1.0 - t[:, 0], t[:, 0]], axis=1)
