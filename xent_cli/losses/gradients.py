"""Gradients of the losses with respect to the logits, per row: prediction − target, without the cancellation in it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.losses.binary import sigmoid
from xent_cli.losses.cache_blocks import (
    FEW_CLASSES,
    ROWS,
    doubles,
    labels,
    load,
    matrix,
    row_blocks,
    rows_per_block,
    scratch,
    summed,
    targets,
    vector,
)
from xent_cli.losses.logits import Peaks, label_loss, shares

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from xent_cli.losses.cache_blocks import AnyArray, FloatArray

_SPACES = ("probs", "logits", "logprobs")


@np.errstate(all="ignore")
def binary_gradient(space: str, x: ArrayLike, t: ArrayLike, pos_weight: float = 1.0) -> FloatArray:
    """Derivative of the binary cross-entropy with respect to the logit of each row, in nats per unit of the logit.

    (1 − t) · p − pos_weight · t · (1 − p), in [−pos_weight, 1]; zero if and only if p is the (weighted) target.

    Parameters
    ----------
    space
        What x is: "probs", "logits" or "logprobs".
    x
        Predictions for label 1, float16/32/64, shape (n,); trusted as in the losses.
    t
        Labels, bool, integer or float, shape (n,); trusted to lie in [0, 1].
    pos_weight
        Factor of the term of label 1; finite and > 0.

    Returns
    -------
    float64, shape (n,); within 5 ulp of the true value for hard labels, within 5 ulp of p for soft ones.

    Notes
    -----
    With pos_weight 1 this is p − t. For label 1 it is −(1 − p), and 1 − p comes from its own formula (σ(−z), or
    −expm1(lp)), so that a gradient of 1e-300 keeps its digits.

    References
    ----------
    J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, in: Neurocomputing (1990),
    doi:10.1007/978-3-642-76153-9_28

    Examples
    --------
    >>> binary_gradient("logits", [0.0, 40.0, 40.0], [0, 1, 0])
    array([ 5.00000000e-01, -4.24835426e-18,  1.00000000e+00])

    """
    if not 0 < pos_weight < math.inf:
        raise ValueError(f"pos_weight is {pos_weight}, expected a finite number above 0")
    values, kind = vector("x", x), _known(space)
    target, out = targets(t, values.shape), np.empty(len(values))
    for rows in row_blocks(len(out), ROWS):
        weight = doubles(target[rows])
        p, rest = _both_sides(kind, doubles(values[rows]))
        np.subtract((1.0 - weight) * p, weight * (pos_weight * rest), out=out[rows])
    return out


@np.errstate(all="ignore")
def softmax_gradient(space: str, x: ArrayLike, t: ArrayLike) -> FloatArray:
    """Gradient of the cross-entropy over k classes with respect to the logits of each row: p − t.

    Each component in [−1, 1]; the row is zero if and only if p = t.

    Parameters
    ----------
    space
        What x is: "probs", "logits" or "logprobs".
    x
        Predictions, float16/32/64, shape (n, k), k ≥ 2; trusted as in the losses.
    t
        Class indices, integers, shape (n,); or target distributions, bool, integer or float, shape (n, k).

    Returns
    -------
    float64, shape (n, k), Fortran order for k ≤ 32, C order above. Within 5 ulp of the true value for labels and
    one-hot rows; for soft targets within 5 ulp of p. A one-hot row has the bits of its label.

    Notes
    -----
    The label's own component −(1 − p_y) is expm1(−loss) from logits, expm1(lp_y) from log-probabilities: subtracting
    from 1 would leave nothing of a confident row.

    References
    ----------
    J. S. Bridle, Probabilistic interpretation of feedforward classification network outputs, in: Neurocomputing (1990),
    doi:10.1007/978-3-642-76153-9_28

    Examples
    --------
    >>> softmax_gradient("logits", [[2.0, 1.0, -1.0]], [0])
    array([[-0.29461549,  0.25949646,  0.03511903]])

    """
    values, kind = matrix("x", x), _known(space)
    n, k = values.shape
    target = np.asarray(t)
    hard = target.ndim == 1
    target = labels(target, n, k) if hard else targets(target, values.shape)
    peaks = Peaks(n, k)
    out = np.empty((n, k), order="F" if k <= FEW_CLASSES else "C")
    for rows in row_blocks(n, peaks.rows):
        part = values[rows].T
        where = _own_places(target[rows], part.shape[1])
        gradient, own = _p_and_own(kind, part, where, peaks)
        if not hard:
            gradient -= target[rows].T
        gradient[where] = own
        out[rows] = gradient.T
    return out


@np.errstate(all="ignore")
def gradient_norm(g: ArrayLike) -> FloatArray:
    """Euclidean length of each row of a gradient: (Σ_j g_j²)^½; zero if and only if the row is.

    Parameters
    ----------
    g
        Gradients, float16/32/64, shape (n, k), or (n,) for one logit a row; trusted to be no NaN.

    Returns
    -------
    float64, shape (n,); within 5 ulp of the true value.

    Notes
    -----
    Each row is scaled by a power of two, which is exact, so that no square overflows and none that counts underflows.

    References
    ----------
    J. L. Blue, A portable Fortran program to find the Euclidean norm of a vector, ACM Trans. Math. Softw. 4 (1978),
    doi:10.1145/355769.355771

    Examples
    --------
    >>> gradient_norm([[3.0, -4.0], [3e-200, 4e-200]])
    array([5.e+000, 5.e-200])

    """
    x = np.asarray(g)
    if x.ndim == 1:
        return np.abs(doubles(vector("g", x)))
    x = matrix("g", x)
    n, k = x.shape
    out, step = np.empty(n), rows_per_block(n, k)
    room = scratch(k, step)
    for rows in row_blocks(n, step):
        squares = load(x[rows].T, room)
        np.abs(squares, out=squares)
        # 2**-exponent has to be a double itself: subnormal rows stay small, and that is enough.
        exponent = np.clip(np.frexp(squares.max(axis=0))[1], -1000, 1022)
        squares *= np.ldexp(1.0, -exponent)
        squares *= squares
        out[rows] = np.ldexp(np.sqrt(summed(squares)), exponent)
    return out


def _known(space: str) -> str:
    """The space of the predictions, checked."""
    if space not in _SPACES:
        raise ValueError(f"space is {space!r}, expected one of {', '.join(_SPACES)}")
    return space


def _both_sides(space: str, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """p and 1 − p, each with all its digits."""
    if space == "logits":
        return sigmoid(x), sigmoid(-x)
    if space == "logprobs":
        return np.exp(x), -np.expm1(x)
    return x, 1.0 - x


def _own_places(target: AnyArray, n: int) -> tuple[AnyArray, AnyArray]:
    """(class, row) of each label of a block, or of each target that has the whole mass of its row."""
    if target.ndim == 1:
        return target, np.arange(n)
    classes, row = np.nonzero(target.T == 1)
    return classes, row


def _p_and_own(
    space: str, part: AnyArray, where: tuple[AnyArray, AnyArray], peaks: Peaks
) -> tuple[FloatArray, FloatArray]:
    """p of a block (k, rows), and p − 1 at the places (class, row) given; p is a view of the scratch."""
    if space == "probs":
        return load(part, peaks.room), doubles(part[where]) - 1.0
    if space == "logprobs":
        own = doubles(part[where])
        p = load(part, peaks.room)
        return np.exp(p, out=p), np.expm1(own, out=own)
    _, row = where
    peak, rest = peaks.of(part)
    loss = label_loss(part[where], peak[row], rest[row])
    return shares(part, peak, rest, peaks.room), np.expm1(-loss)
