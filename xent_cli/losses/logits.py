"""Cross-entropy from logits over k classes, in nats: the softmax is folded in, never computed and logged.

Every function here rests on two numbers a row: the peak m = max z, and S = Σ e^(z_j − m) over all classes but the one
at the peak. Then −ln p_y = (m − z_y) + log1p(S): both terms are ≥ 0, so nothing cancels, and leaving out the peak
(instead of subtracting its 1 afterwards) is what keeps the digits of a tiny loss.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from xent_cli.losses.cache_blocks import (
    FEW_CLASSES,
    difference,
    labels,
    load,
    matrix,
    row_blocks,
    rows_per_block,
    scratch,
    summed,
    targets,
)
from xent_cli.losses.classes import block_labels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from xent_cli.losses.cache_blocks import AnyArray, FloatArray

#: Where the largest exponential and the sum of the others lie between these, unshifted exponentials keep all digits.
_HUGE, _TINY = 1e300, 1e-280
#: Below, e^x nears the subnormal range, where it has few digits left; `_LIFT` moves it up and is taken off at the end.
_DEEP, _LIFT = -690.0, 128.0
_DROP = math.exp(-_LIFT)


class Peaks:
    """The peak of each row of a block and the mass below it; owns the scratch that this takes."""

    def __init__(self, n: int, k: int) -> None:
        self.rows = rows_per_block(n, k)
        self.room = scratch(k, self.rows)
        self.lower = scratch(k - 1, self.rows) if k <= FEW_CLASSES else self.room

    def of(self, part: AnyArray) -> tuple[FloatArray, FloatArray]:
        """The peak m and S = Σ e^(z_j − m) without the peak itself, of a block (k, rows) of logits.

        Σ e^z_j / e^m needs no shift, and a shift costs digits: z_j − m rounds, and e^ turns 2**-53 · |z_j − m| into
        a relative error (512 ulp at a margin of 740). Rows out of its range are shifted with the error carried along.
        """
        peak, others = _apart(part, self.room, self.lower)
        mass = summed(np.exp(others, out=others))
        top = np.exp(peak)
        beyond = ~((top <= _HUGE) & (mass >= _TINY))
        rest = np.divide(mass, top)
        if beyond.any():
            rest[beyond] = _shifted_rest(part[:, beyond])
        return peak, rest


def _apart(part: AnyArray, room: FloatArray, lower: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The peak of each row, and the others as a view of `lower`; the number of classes decides how.

    Few classes: one pass over the columns exchanges each with the largest so far. Many: −inf takes the peak's place.
    """
    z = load(part, room)
    if len(z) > FEW_CLASSES:
        index, row = part.argmax(axis=0), np.arange(part.shape[1])
        peak = z[index, row]
        z[index, row] = -np.inf
        return peak, z
    peak, others = z[0].copy(), lower[:, : part.shape[1]]
    for column, other in zip(z[1:], others, strict=True):
        np.minimum(peak, column, out=other)
        np.maximum(peak, column, out=peak)
    return peak, others


def _shifted_rest(part: AnyArray) -> FloatArray:
    """S for rows whose exponentials leave the range of doubles.

    The others are shifted by *their* peak m2, then all by m2 − m: S = e^(m2 − m) · Σ e^(z_j − m2).
    """
    own = Peaks(part.shape[1], len(part))
    peak, others = _apart(part, own.room, own.lower)
    second = others.max(axis=0)
    shift, lost = difference(others, second)  # NaN in a row whose others are all −inf, which the end sets right
    powers = np.exp(shift, out=shift)
    lost *= powers
    powers += lost
    mass = summed(powers)
    high, low = difference(second, peak)
    mass += mass * low
    deep = high < _DEEP
    lifted = np.where(deep, high + _LIFT, high)
    rest = np.where(deep, _DROP, 1.0) * (np.exp(lifted) * mass)
    return np.where(np.isneginf(second), 0.0, rest)


@np.errstate(all="ignore")
def sparse_from_logits(z: ArrayLike, y: ArrayLike) -> FloatArray:
    """Cross-entropy of logits for one class a row, in nats.

    loss = −ln softmax(z)_y = ln Σ_j e^(z_j − z_y), in [0, +inf]; zero only where the true value is below the smallest
    double (a margin of 745), +inf where z_y is −inf or the true value exceeds 1.8e308.

    Parameters
    ----------
    z
        Logits, float16/32/64, shape (n, k), k ≥ 2; trusted to be < +inf, and in each row at least one > −inf.
        −inf is a class that is ruled out. Any memory order is right; Fortran order for k ≤ 32, C order above, is fast.
    y
        Class indices, integers, shape (n,), from 0 to k − 1 (checked).

    Returns
    -------
    float64, shape (n,); within 5 ulp of the true value, from 2 to 150,000 classes.

    Notes
    -----
    (m − z_y) + log1p(S), with m = max z and S = Σ e^(z_j − m) over the classes but the one at the peak. The usual
    ln Σ e^z − z_y subtracts two rounded numbers: on confident rows it returns 0 for 1e-17, and with a common
    offset of 1e8 half of the digits are gone. The bits of a row depend on its own values only.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and softmax functions,
    IMA J. Numer. Anal. 41 (2021), doi:10.1093/imanum/draa038;
    T. Ogita, S. M. Rump, S. Oishi, Accurate sum and dot product, SIAM J. Sci. Comput. 26 (2005), doi:10.1137/030601818

    Examples
    --------
    >>> sparse_from_logits([[2.0, 1.0, -1.0], [100.0, 0.0, 0.0]], [1, 0])
    array([1.34901222e+00, 7.44015195e-44])

    """
    x = matrix("z", z)
    n, k = x.shape
    index, out, peaks = labels(y, n, k), np.empty(n), Peaks(n, k)
    for rows in row_blocks(n, peaks.rows):
        part = x[rows].T
        out[rows] = label_loss(part[index[rows], np.arange(part.shape[1])], *peaks.of(part))
    return out


@np.errstate(all="ignore")
def categorical_from_logits(z: ArrayLike, t: ArrayLike) -> FloatArray:
    """Cross-entropy of logits for a target distribution, in nats.

    loss = −Σ_j t_j ln softmax(z)_j, in [0, +inf]; at least the entropy of t. +inf where a class with mass has z = −inf.

    Parameters
    ----------
    z
        Logits, as for `sparse_from_logits`, shape (n, k).
    t
        Target distributions, bool, integer or float, shape (n, k); trusted to be ≥ 0 and to add up to 1.

    Returns
    -------
    float64, shape (n,); within 5 ulp of the true value. A one-hot row has the bits of `sparse_from_logits`.

    Notes
    -----
    Σ t_j (m − z_j) + (Σ t_j) · log1p(S) has no negative term. Where m − z_j overflows though t_j brings it back into
    range, the row is computed again at half size.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and softmax functions,
    IMA J. Numer. Anal. 41 (2021), doi:10.1093/imanum/draa038

    Examples
    --------
    >>> categorical_from_logits([[2.0, 1.0, -1.0], [2.0, 1.0, -1.0]], [[0, 1, 0], [0.5, 0.25, 0.25]])
    array([1.34901222, 1.34901222])

    """
    x = matrix("z", z)
    n, k = x.shape
    target, out, peaks = targets(t, x.shape), np.empty(n), Peaks(n, k)
    for rows in row_blocks(n, peaks.rows):
        part, mass = x[rows].T, target[rows].T
        peak, rest = peaks.of(part)
        index = block_labels(mass)
        if index is not None:
            out[rows] = label_loss(part[index, np.arange(len(index))], peak, rest)
            continue
        out[rows] = _mean_distance(part, mass, peak, peaks.room)
        out[rows] += summed(load(mass, peaks.room)) * np.log1p(rest)
    return out


@np.errstate(all="ignore")
def log_sum_exp(x: ArrayLike) -> FloatArray:
    """Natural logarithm of the summed exponentials of each row: ln Σ_j e^x_j, from max x to max x + ln k.

    Parameters
    ----------
    x
        float16/32/64, shape (n, k), k ≥ 2; trusted to be no NaN and < +inf. −inf adds nothing.

    Returns
    -------
    float64, shape (n,); −inf for a row of −inf.

    Notes
    -----
    max x + log1p(S), each within a few ulp of its true value; where they have opposite signs and nearly cancel (the
    log-probabilities of a distribution: 0) the error is a few ulp of max x, not of the result. A loss needs no such
    sum: `sparse_from_logits`.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and softmax functions,
    IMA J. Numer. Anal. 41 (2021), doi:10.1093/imanum/draa038

    Examples
    --------
    >>> log_sum_exp([[0.0, 0.0], [1000.0, 1000.0], [float("-inf"), float("-inf")]])
    array([6.93147181e-01, 1.00069315e+03,           -inf])

    """
    z = matrix("x", x)
    n, k = z.shape
    out, peaks = np.empty(n), Peaks(n, k)
    for rows in row_blocks(n, peaks.rows):
        peak, rest = peaks.of(z[rows].T)
        out[rows] = peak + np.log1p(rest)
    return out


@np.errstate(all="ignore")
def softmax(z: ArrayLike) -> FloatArray:
    """Probabilities of the classes for logits: e^z_j / Σ_i e^z_i, in [0, 1].

    Parameters
    ----------
    z
        Logits, as for `sparse_from_logits`, shape (n, k).

    Returns
    -------
    float64, shape (n, k), Fortran order for k ≤ 32, C order above; within 5 ulp of the true value. A row adds up to 1
    within rounding.

    Notes
    -----
    e^(z_j − m) / (1 + S), the rounding error of z_j − m carried along: without it a logit 700 below the peak would
    have 9 digits fewer. For showing and for gradients; a loss that takes its logarithm loses digits.

    References
    ----------
    P. Blanchard, D. J. Higham, N. J. Higham, Accurately computing the log-sum-exp and softmax functions,
    IMA J. Numer. Anal. 41 (2021), doi:10.1093/imanum/draa038

    Examples
    --------
    >>> softmax([[2.0, 1.0, -1.0]])
    array([[0.70538451, 0.25949646, 0.03511903]])

    """
    x = matrix("z", z)
    n, k = x.shape
    peaks = Peaks(n, k)
    out = np.empty((n, k), order="F" if k <= FEW_CLASSES else "C")
    for rows in row_blocks(n, peaks.rows):
        part = x[rows].T
        out[rows] = shares(part, *peaks.of(part), peaks.room).T
    return out


def shares(part: AnyArray, peak: FloatArray, rest: FloatArray, room: FloatArray) -> FloatArray:
    """softmax of a block (k, rows) whose peaks are known."""
    shift, lost = difference(load(part, room), peak)
    powers = np.exp(shift, out=shift)
    lost *= powers
    powers += lost
    powers /= 1.0 + rest
    return powers


def label_loss(own: AnyArray, peak: FloatArray, rest: FloatArray) -> FloatArray:
    """(m − z_y) + log1p(S) for the logits of the labels; overwrites S."""
    loss = np.subtract(peak, own)
    loss += np.log1p(rest, out=rest)
    return loss


def _mean_distance(part: AnyArray, mass: AnyArray, peak: FloatArray, room: FloatArray) -> FloatArray:
    """Σ t_j (m − z_j), where a class without mass adds nothing; a view of `room`."""
    gaps = np.subtract(peak, load(part, room), out=room[:, : part.shape[1]])
    gaps *= mass
    total = summed(gaps)
    again = ~np.isfinite(total)
    if again.any():
        weight = mass[:, again]
        halves = (peak[again] / 2 - part[:, again].astype(np.float64) / 2) * weight
        halves[weight == 0] = 0.0
        total[again] = 2 * summed(halves)
    return total
