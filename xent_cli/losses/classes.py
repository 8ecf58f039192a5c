"""Cross-entropy over k classes from probabilities or log-probabilities, in nats, and what else is read off a row.

The mass of classes without target is never touched: 0 · ln 0 is 0, and a zero probability costs nothing where it
was not the label's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from xent_cli.losses.cache_blocks import (
    FEW_CLASSES,
    ROWS,
    doubles,
    keep_zero,
    labels,
    load,
    matrix,
    row_blocks,
    rows_per_block,
    scratch,
    summed,
    targets,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from xent_cli.losses.cache_blocks import AnyArray, FloatArray

#: Smallest double above 0: its logarithm is finite, and 0 times it is 0.
_LEAST = 5e-324


@np.errstate(all="ignore")
def sparse_from_probs(p: ArrayLike, y: ArrayLike) -> FloatArray:
    """Cross-entropy of probabilities for one class a row, in nats.

    loss = −ln p_y, in [0, +inf]; zero if and only if p_y = 1, +inf if and only if p_y = 0.

    Parameters
    ----------
    p
        Probabilities, float16/32/64, shape (n, k), k ≥ 2; trusted to lie in [0, 1]. Any memory order.
    y
        Class indices, integers, shape (n,), from 0 to k − 1 (checked).

    Returns
    -------
    float64, shape (n,); within 1 ulp of the true value.

    Notes
    -----
    Only p_y is read, and nothing is clipped or renormalised.

    References
    ----------
    T. Gneiting, A. E. Raftery, Strictly proper scoring rules, prediction, and estimation, J. Am. Stat. Assoc. 102
    (2007), doi:10.1198/016214506000001437

    Examples
    --------
    >>> sparse_from_probs([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]], [0, 1])
    array([0.35667494, 0.        ])

    """
    x = matrix("p", p)
    out = _own(x, labels(y, *x.shape))
    for rows in row_blocks(len(out), ROWS):
        _costs(out[rows], logarithm=True)
    return out


@np.errstate(all="ignore")
def sparse_from_logprobs(lp: ArrayLike, y: ArrayLike) -> FloatArray:
    """Cross-entropy of log-probabilities for one class a row, in nats.

    loss = −lp_y, in [0, +inf]; zero if and only if lp_y = 0.

    Parameters
    ----------
    lp
        ln p, float16/32/64, shape (n, k), k ≥ 2; trusted to be ≤ 0. −inf is p = 0. Any memory order.
    y
        Class indices, integers, shape (n,), from 0 to k − 1 (checked).

    Returns
    -------
    float64, shape (n,); exact.

    Notes
    -----
    The rows are not renormalised: a row that does not add up to 1 is for the caller to check, with `log_sum_exp`.

    References
    ----------
    T. Gneiting, A. E. Raftery, Strictly proper scoring rules, prediction, and estimation, J. Am. Stat. Assoc. 102
    (2007), doi:10.1198/016214506000001437

    Examples
    --------
    >>> sparse_from_logprobs([[-0.25, -1.5], [0.0, float("-inf")]], [1, 0])
    array([1.5, 0. ])

    """
    x = matrix("lp", lp)
    return _costs(_own(x, labels(y, *x.shape)), logarithm=False)


@np.errstate(all="ignore")
def categorical_from_probs(p: ArrayLike, t: ArrayLike) -> FloatArray:
    """Cross-entropy of probabilities for a target distribution, in nats.

    loss = −Σ_j t_j ln p_j, in [0, +inf]; at least the entropy of t, and equal to it if and only if p = t.

    Parameters
    ----------
    p
        Probabilities, float16/32/64, shape (n, k), k ≥ 2; trusted to lie in [0, 1]. Any memory order is right;
        Fortran order for k ≤ 32, C order above, is fast.
    t
        Target distributions, bool, integer or float, shape (n, k); trusted to be ≥ 0 and to add up to 1.

    Returns
    -------
    float64, shape (n,); within 5 ulp of the true value. A one-hot row has the bits of `sparse_from_probs`.

    Notes
    -----
    0 · ln 0 counts as 0. All terms have one sign, so the sum loses no digits.

    References
    ----------
    T. Gneiting, A. E. Raftery, Strictly proper scoring rules, prediction, and estimation, J. Am. Stat. Assoc. 102
    (2007), doi:10.1198/016214506000001437

    Examples
    --------
    >>> categorical_from_probs([[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]], [[0, 1, 0], [0.25, 0.5, 0.25]])
    array([0.05129329, 1.26286432])

    """
    x = matrix("p", p)
    return _weighed(x, targets(t, x.shape), logarithm=True)


@np.errstate(all="ignore")
def categorical_from_logprobs(lp: ArrayLike, t: ArrayLike) -> FloatArray:
    """Cross-entropy of log-probabilities for a target distribution, in nats.

    loss = −Σ_j t_j lp_j, in [0, +inf]; at least the entropy of t.

    Parameters
    ----------
    lp
        ln p, float16/32/64, shape (n, k), k ≥ 2; trusted to be ≤ 0. −inf is p = 0. Memory order as for probabilities.
    t
        Target distributions, bool, integer or float, shape (n, k); trusted to be ≥ 0 and to add up to 1.

    Returns
    -------
    float64, shape (n,); within 5 ulp of the true value. A one-hot row has the bits of `sparse_from_logprobs`.

    Notes
    -----
    A class without mass adds nothing, even at −inf.

    References
    ----------
    T. Gneiting, A. E. Raftery, Strictly proper scoring rules, prediction, and estimation, J. Am. Stat. Assoc. 102
    (2007), doi:10.1198/016214506000001437

    Examples
    --------
    >>> categorical_from_logprobs([[-0.25, -1.5], [0.0, float("-inf")]], [[0.5, 0.5], [1, 0]])
    array([0.875, 0.   ])

    """
    x = matrix("lp", lp)
    return _weighed(x, targets(t, x.shape), logarithm=False)


@np.errstate(all="ignore")
def entropy(t: ArrayLike) -> FloatArray:
    """Shannon entropy of each row, in nats: −Σ_j t_j ln t_j, from 0 (all mass on one class) to ln k (uniform).

    Parameters
    ----------
    t
        Distributions, bool, integer or float, shape (n, k), k ≥ 2; trusted to be ≥ 0 and to add up to 1.

    Returns
    -------
    float64, shape (n,); within 5 ulp of the true value.

    Notes
    -----
    What a cross-entropy would be if the prediction were the target itself; their difference is the divergence KL.

    References
    ----------
    C. E. Shannon, A mathematical theory of communication, Bell Syst. Tech. J. 27 (1948),
    doi:10.1002/j.1538-7305.1948.tb01338.x

    Examples
    --------
    >>> entropy([[0.5, 0.5], [1.0, 0.0]])
    array([0.69314718, 0.        ])

    """
    x = np.asarray(t)
    x = matrix("t", x.astype(np.float64) if x.dtype.kind in "biu" else x)
    n, k = x.shape
    out, step = np.empty(n), rows_per_block(n, k)
    room, logs = scratch(k, step), scratch(k, step)
    for rows in row_blocks(n, step):
        part = x[rows].T
        mass, terms = load(part, room), load(part, logs)
        np.log(np.maximum(terms, _LEAST, out=terms), out=terms)
        terms *= np.negative(mass, out=mass)
        out[rows] = summed(terms)
    return out


def hits(x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
    """Whether the largest value of each row is the label's; on ties the first of the largest counts.

    Parameters
    ----------
    x
        Probabilities, logits or log-probabilities, float16/32/64, shape (n, k), k ≥ 2; trusted to be no NaN.
    y
        Class indices, integers, shape (n,), from 0 to k − 1 (checked).

    Returns
    -------
    bool, shape (n,).

    Notes
    -----
    The same as `x.argmax(axis=1) == y`, which takes two to three times as long on columns.

    References
    ----------
    None: the definition of accuracy.

    Examples
    --------
    >>> hits([[0.2, 0.8], [0.5, 0.5], [0.5, 0.5]], [1, 0, 1])
    array([ True,  True, False])

    """
    values = matrix("x", x)
    n, k = values.shape
    index, out = labels(y, n, k), np.empty(n, np.bool_)
    for rows in row_blocks(n, rows_per_block(n, k)):
        part, own = values[rows].T, index[rows]
        out[rows] = _is_first_peak(part, own) if k <= FEW_CLASSES else part.argmax(axis=0) == own
    return out


def block_labels(mass: AnyArray) -> NDArray[np.intp] | None:
    """The classes of a block (k, rows) of targets if all of it is one-hot, else None."""
    if np.count_nonzero(mass) != mass.shape[1]:
        return None
    index: NDArray[np.intp] = mass.argmax(axis=0) if len(mass) > FEW_CLASSES else _last_one(mass)
    return index if (mass[index, np.arange(len(index))] == 1).all() else None


def _last_one(mass: AnyArray) -> NDArray[np.intp]:
    """The last column of a block that is 1 in each row; 0 where none is."""
    index = np.zeros(mass.shape[1], np.intp)
    for j, column in enumerate(mass):
        np.maximum(index, (column == 1) * j, out=index)
    return index


def _is_first_peak(part: AnyArray, own: NDArray[np.intp]) -> NDArray[np.bool_]:
    """argmax == own for a block of contiguous columns."""
    peak = np.maximum.reduce(part, axis=0)
    hit: NDArray[np.bool_] = part[own, np.arange(len(own))] == peak
    if np.count_nonzero(part == peak) == len(own):  # no ties
        return hit
    for j in range(len(part) - 1):
        hit &= (part[j] != peak) | (own <= j)
    return hit


def _own(x: AnyArray, index: NDArray[np.intp]) -> FloatArray:
    """The values of the labels' own classes, as fresh doubles."""
    return doubles(x[np.arange(len(index)), index])


def _weighed(x: AnyArray, t: AnyArray, *, logarithm: bool) -> FloatArray:
    """−Σ t_j x_j, or with the logarithm of x; a block of one-hot rows alone yields the same bits in less time."""
    n, k = x.shape
    out, step = np.empty(n), rows_per_block(n, k)
    room = scratch(k, step)
    for rows in row_blocks(n, step):
        part, mass = x[rows].T, t[rows].T
        index = block_labels(mass)
        if index is None:
            out[rows] = _soft_sum(part, mass, room, logarithm=logarithm)
        else:
            out[rows] = _costs(_own(part.T, index), logarithm=logarithm)
    return out


def _costs(x: FloatArray, *, logarithm: bool) -> FloatArray:
    """−x or −ln x, in place, never −0."""
    return np.subtract(0.0, np.log(x, out=x) if logarithm else x, out=x)


def _soft_sum(part: AnyArray, mass: AnyArray, room: FloatArray, *, logarithm: bool) -> FloatArray:
    """−Σ t_j x_j or −Σ t_j ln x_j of a block; rows with 0 · inf in them once more, with that product as 0."""
    terms = _costs(load(part, room), logarithm=logarithm)
    terms *= mass
    total = summed(terms)
    lost = np.isnan(total)
    if lost.any():
        terms, weight = _costs(doubles(part[:, lost]), logarithm=logarithm), mass[:, lost]
        terms *= weight
        keep_zero(terms, weight)
        total[lost] = summed(terms)
    return total
