"""Binary cross-entropy per row, in nats: −(t ln p + (1 − t) ln(1 − p)), from probabilities, logits or their logs.

Every kernel is a pair of sides: what the row costs where the label is 1, and where it is 0. A hard label costs its own
side, a soft one weighs the two; both sides are ≥ 0, so nothing cancels.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from xent_cli.losses.cache_blocks import ROWS, doubles, keep_zero, row_blocks, same_length, targets, vector

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from xent_cli.losses.cache_blocks import AnyArray, FloatArray

    #: scale · cost of one side (None: the cost itself); may overwrite its argument, which is contiguous scratch.
    _Side: TypeAlias = Callable[[FloatArray, float | None], FloatArray]

#: Below, 1 − e^lp is nearer to 1 than to 0 and log1p keeps its digits; above, expm1 does.
_HALF = -math.log(2.0)
#: Below, e^u leaves the normal range, and a scale has to come in before the rounding.
_DEEP = -690.0


@np.errstate(all="ignore")
def binary_from_probs(p: ArrayLike, t: ArrayLike, pos_weight: float = 1.0) -> FloatArray:
    """Binary cross-entropy of probabilities, in nats.

    loss = −(pos_weight · t · ln p + (1 − t) · ln(1 − p)), in [0, +inf]; zero if and only if p = t ∈ {0, 1}; +inf
    where p excludes what has mass. Also called log loss, or the negative Bernoulli log-likelihood.

    Parameters
    ----------
    p
        P(label = 1), float16/32/64, shape (n,); trusted to lie in [0, 1].
    t
        Labels, bool, integer or float, shape (n,); trusted to lie in [0, 1]. 0 · ln 0 counts as 0.
    pos_weight
        Factor of the term of label 1; finite and > 0.

    Returns
    -------
    float64, shape (n,); within 2 ulp of the true value for hard labels, 5 for soft ones.

    Notes
    -----
    ln(1 − p) is log1p(−p): the difference 1 − p would round away a small p, and with it the loss of a confident,
    correct row. Nothing is clipped: clipping at 1e-7 reports a loss of 16 where the true one is 690.

    References
    ----------
    I. J. Good, Rational decisions, J. R. Stat. Soc. B 14 (1952), doi:10.1111/j.2517-6161.1952.tb00104.x

    Examples
    --------
    >>> binary_from_probs([0.8, 1e-17, 0.2], [1, 0, 0.5])
    array([2.23143551e-01, 1.00000000e-17, 9.16290732e-01])

    """
    x = vector("p", p)
    return _expected(x, x, targets(t, x.shape), _Sides(_minus_log, _minus_log_of_rest), pos_weight)


@np.errstate(all="ignore")
def binary_from_logits(z: ArrayLike, t: ArrayLike, pos_weight: float = 1.0) -> FloatArray:
    """Binary cross-entropy of logits, in nats: the sigmoid is folded in, never computed and logged.

    loss = pos_weight · t · ln(1 + e^−z) + (1 − t) · ln(1 + e^z), in [0, +inf]; zero only where the true value is
    below the smallest double: z takes the side of a hard label by 745.

    Parameters
    ----------
    z
        ln(p / (1 − p)), float16/32/64, shape (n,); trusted to be no NaN. ±inf is p = 1 or 0.
    t
        Labels, bool, integer or float, shape (n,); trusted to lie in [0, 1].
    pos_weight
        Factor of the term of label 1; finite and > 0.

    Returns
    -------
    float64, shape (n,); within 2 ulp of the true value for hard labels, 5 for soft ones.

    Notes
    -----
    ln(1 + e^u) = max(u, 0) + log1p(e^−|u|): both terms are ≥ 0, so the usual (1 − t)·z − ln σ(z), which subtracts
    nearly equal numbers on confident rows, is not needed, and the exponential cannot overflow.

    References
    ----------
    M. Mächler, Accurately computing log(1 − exp(−|a|)), vignette of the R package Rmpfr (2012)

    Examples
    --------
    >>> binary_from_logits([40.0, 40.0, 0.0], [1, 0, 0.5])
    array([4.24835426e-18, 4.00000000e+01, 6.93147181e-01])

    """
    x = vector("z", z)
    return _expected(x, x, targets(t, x.shape), _Sides(_softplus_of_minus, _softplus, mirrored=True), pos_weight)


@np.errstate(all="ignore")
def binary_from_logprobs(lp: ArrayLike, t: ArrayLike, pos_weight: float = 1.0) -> FloatArray:
    """Binary cross-entropy of log-probabilities, in nats.

    loss = −(pos_weight · t · lp + (1 − t) · ln(1 − e^lp)), in [0, +inf]; zero if and only if lp = 0 for label 1 or
    lp = −inf for label 0.

    Parameters
    ----------
    lp
        ln P(label = 1), float16/32/64, shape (n,); trusted to be ≤ 0. −inf is p = 0.
    t
        Labels, bool, integer or float, shape (n,); trusted to lie in [0, 1]. 0 · ln 0 counts as 0.
    pos_weight
        Factor of the term of label 1; finite and > 0.

    Returns
    -------
    float64, shape (n,); within 2 ulp of the true value for hard labels, 5 for soft ones.

    Notes
    -----
    ln(1 − e^lp) is ln(−expm1(lp)) for lp > −ln 2, log1p(−e^lp) below. At −ln 2 both inner functions pass on their
    rounding errors with the same factor, 1 / ln 2 = 1.44; away from it the one chosen passes on less.

    References
    ----------
    M. Mächler, Accurately computing log(1 − exp(−|a|)), vignette of the R package Rmpfr (2012)

    Examples
    --------
    >>> binary_from_logprobs([-1e-300, -1e-300, -50.0], [1, 0, 0])
    array([1.00000000e-300, 6.90775528e+002, 1.92874985e-022])

    """
    x = vector("lp", lp)
    return _expected(x, x, targets(t, x.shape), _Sides(_minus, _minus_log_of_rest_of_exp), pos_weight)


@np.errstate(all="ignore")
def binary_from_pair_probs(p0: ArrayLike, p1: ArrayLike, t: ArrayLike) -> FloatArray:
    """Binary cross-entropy of two given probabilities, one for each class, in nats.

    loss = −(t · ln p1 + (1 − t) · ln p0), in [0, +inf]; zero if and only if the label's own probability is 1.

    Parameters
    ----------
    p0, p1
        P(label = 0) and P(label = 1), float16/32/64, shape (n,); trusted to lie in [0, 1] and to add up to 1.
    t
        Labels, bool, integer or float, shape (n,); trusted to lie in [0, 1]. 0 · ln 0 counts as 0.

    Returns
    -------
    float64, shape (n,); within 2 ulp of the true value for hard labels, 5 for soft ones.

    Notes
    -----
    Neither column is derived from the other: where a file rounds p1 to 1, its p0 may still hold the digits.

    References
    ----------
    I. J. Good, Rational decisions, J. R. Stat. Soc. B 14 (1952), doi:10.1111/j.2517-6161.1952.tb00104.x

    Examples
    --------
    >>> binary_from_pair_probs([0.2, 1e-30], [0.8, 1.0], [1, 0])
    array([ 0.22314355, 69.07755279])

    """
    x0, x1 = vector("p0", p0), vector("p1", p1)
    same_length(x0, x1)
    return _expected(x1, x0, targets(t, x1.shape), _Sides(_minus_log, _minus_log))


@np.errstate(all="ignore")
def binary_from_pair_logprobs(lp0: ArrayLike, lp1: ArrayLike, t: ArrayLike) -> FloatArray:
    """Binary cross-entropy of two given log-probabilities, one for each class, in nats.

    loss = −(t · lp1 + (1 − t) · lp0), in [0, +inf]; zero if and only if the label's own log-probability is 0.

    Parameters
    ----------
    lp0, lp1
        ln P(label = 0) and ln P(label = 1), float16/32/64, shape (n,); trusted to be ≤ 0. −inf is p = 0.
    t
        Labels, bool, integer or float, shape (n,); trusted to lie in [0, 1]. 0 · ln 0 counts as 0.

    Returns
    -------
    float64, shape (n,); exact for hard labels, within 5 ulp for soft ones.

    Notes
    -----
    Two columns spare the logarithm of 1 − e^lp, and keep the digits of the data.

    References
    ----------
    I. J. Good, Rational decisions, J. R. Stat. Soc. B 14 (1952), doi:10.1111/j.2517-6161.1952.tb00104.x

    Examples
    --------
    >>> binary_from_pair_logprobs([-1.5, -0.25], [-0.25, -1.5], [1, 0])
    array([0.25, 0.25])

    """
    x0, x1 = vector("lp0", lp0), vector("lp1", lp1)
    same_length(x0, x1)
    return _expected(x1, x0, targets(t, x1.shape), _Sides(_minus, _minus))


@np.errstate(all="ignore")
def sigmoid(z: ArrayLike) -> FloatArray:
    """Probability of label 1 for a logit: 1 / (1 + e^−z), in [0, 1].

    Parameters
    ----------
    z
        Logits, float16/32/64, shape (n,); trusted to be no NaN. ±inf gives 1 or 0.

    Returns
    -------
    float64, shape (n,); within 3 ulp of the true value, also where that is 1e-300.

    Notes
    -----
    For showing and for gradients. A loss that takes its logarithm has lost the digits of confident rows: 1 − p is a
    multiple of 2**-53. `binary_from_logits` keeps them.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and softmax functions,
    IMA J. Numer. Anal. 41 (2021), doi:10.1093/imanum/draa038

    Examples
    --------
    >>> sigmoid([0.0, 1.5, -700.0])
    array([5.00000000e-001, 8.17574476e-001, 9.85967654e-305])

    """
    x = vector("z", z)
    out = np.empty(len(x))
    for rows in row_blocks(len(x), ROWS):
        u = doubles(x[rows])
        small = np.exp(-np.abs(u))
        np.divide(np.where(u >= 0, 1.0, small), 1.0 + small, out=out[rows])
    return out


class _Sides(NamedTuple):
    """What a row costs where the label is 1, and where it is 0; `mirrored`: one(x) is zero(−x), to the bit."""

    one: _Side
    zero: _Side
    mirrored: bool = False


def _expected(x1: AnyArray, x0: AnyArray, t: AnyArray, sides: _Sides, pos_weight: float = 1.0) -> FloatArray:
    """t · one(x1) + (1 − t) · zero(x0); a block of hard labels alone yields the same bits in less time."""
    if not 0 < pos_weight < math.inf:
        raise ValueError(f"pos_weight is {pos_weight}, expected a finite number above 0")
    out, scale = np.empty(len(t)), None if pos_weight == 1.0 else pos_weight
    for rows in row_blocks(len(t), ROWS):
        part = t[rows]
        positive, negative = part == 1, part == 0
        ones, zeros = np.count_nonzero(positive), np.count_nonzero(negative)
        if ones + zeros < len(part):
            out[rows] = _mixture(doubles(x1[rows]), doubles(x0[rows]), doubles(part), sides, scale)
        elif sides.mirrored and scale is None:
            sign = np.subtract(1.0, np.multiply(part, 2.0, dtype=np.float64))
            out[rows] = sides.zero(np.multiply(x0[rows], sign, out=sign), None)
        else:
            # the frequent label's side in every row costs less than to pick the rows of both
            one, zero = (sides.one, x1[rows], scale), (sides.zero, x0[rows], None)
            (frequent, x, factor), (rare, own, its_factor) = (zero, one) if ones < zeros else (one, zero)
            index = np.flatnonzero(positive if ones < zeros else negative)
            block = out[rows]
            block[:] = frequent(doubles(x), factor)
            block[index] = rare(_pick(own, index), its_factor)
    return out


def _pick(x: AnyArray, index: NDArray[np.intp]) -> FloatArray:
    """The chosen rows as fresh, contiguous doubles."""
    return np.asarray(x.take(index), np.float64)


def _mixture(x1: FloatArray, x0: FloatArray, t: FloatArray, sides: _Sides, scale: float | None) -> FloatArray:
    """The two sides of one block, weighed by its labels."""
    rest = 1.0 - t
    cost = sides.one(x1.copy(), scale) * t
    if scale is not None:  # scale · loss may overflow where t brings it back into range
        over = np.isinf(cost)
        cost[over] = sides.one(x1[over], None) * t[over] * scale
    keep_zero(cost, t)
    other = sides.zero(x0, None) * rest
    keep_zero(other, rest)
    return np.add(cost, other, out=cost)


def _minus(lp: FloatArray, scale: float | None) -> FloatArray:
    """−lp, never −0."""
    np.subtract(0.0, lp, out=lp)
    return lp if scale is None else np.multiply(lp, scale, out=lp)


def _minus_log(p: FloatArray, scale: float | None) -> FloatArray:
    """−ln p."""
    return _minus(np.log(p, out=p), scale)


def _minus_log_of_rest(p: FloatArray, scale: float | None) -> FloatArray:
    """−ln(1 − p)."""
    np.negative(p, out=p)
    return _minus(np.log1p(p, out=p), scale)


def _minus_log_of_rest_of_exp(lp: FloatArray, scale: float | None) -> FloatArray:
    """−ln(1 − e^lp)."""
    above = lp > _HALF
    near, far = np.flatnonzero(above), np.flatnonzero(~above)
    high, low = lp.take(near), lp.take(far)
    np.negative(np.expm1(high, out=high), out=high)
    lp[near] = np.log(high, out=high)
    np.negative(np.exp(low, out=low), out=low)
    lp[far] = np.log1p(low, out=low)
    return _minus(lp, scale)


def _softplus(u: FloatArray, scale: float | None) -> FloatArray:
    """ln(1 + e^u)."""
    tail = np.abs(u)
    np.negative(tail, out=tail)
    np.log1p(np.exp(tail, out=tail), out=tail)
    tail += np.maximum(u, 0.0)
    if scale is None:
        return tail
    tail *= scale
    deep = np.flatnonzero(u < _DEEP)
    half = np.exp(u[deep] / 2)
    tail[deep] = half * scale * half
    return tail


def _softplus_of_minus(u: FloatArray, scale: float | None) -> FloatArray:
    """ln(1 + e^−u)."""
    return _softplus(np.negative(u, out=u), scale)
