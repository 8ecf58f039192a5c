"""Samples of losses with a known true mean, many at a time: what classifiers, clusters and weights make of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Random = np.random.Generator

SPREAD = 1.5  # of the logits


class Weighted(NamedTuple):
    """Losses and weights, (trials, n) each."""

    losses: Floats
    weights: Floats


class Clustered(NamedTuple):
    """The summed losses and the sizes of clusters, (trials, clusters) each."""

    sums: Floats
    sizes: Floats


def of_logits(z: Floats, y: NDArray[np.bool_]) -> Floats:
    """The loss of binary labels for these logits."""
    return np.logaddexp(0.0, np.where(y, -z, z))


def overconfident(factor: float) -> Callable[[Random, int, int], Floats]:
    """A classifier whose logits are `factor` times the true ones, which are N(0, 1.5²)."""

    def draw(random: Random, trials: int, n: int) -> Floats:
        z = SPREAD * random.normal(size=(trials, n))
        return of_logits(factor * z, random.random(z.shape) < expit(z))

    return draw


def overconfident_mean(factor: float) -> float:
    """The true mean of its losses, by the trapezoid rule, which is exact for such integrands."""
    x = np.linspace(-12.0, 12.0, 40_001)
    density, z = np.exp(-x * x / 2), SPREAD * x
    p = expit(z)
    loss = p * np.logaddexp(0.0, -factor * z) + (1 - p) * np.logaddexp(0.0, factor * z)
    return float(density @ loss / density.sum())


def label_noise(share: float) -> Callable[[Random, int, int], Floats]:
    """A confident classifier, logits 4·t₃, whose labels are their signs but for a share that is wrong."""

    def draw(random: Random, trials: int, n: int) -> Floats:
        z = 4 * random.standard_t(3, (trials, n))
        return of_logits(z, (z > 0) != (random.random(z.shape) < share))

    return draw


def rare(share: float, factor: float = 1.0) -> Callable[[Random, int, int], Floats]:
    """The true posterior of a rare class whose feature is N(2, 1) and not N(0, 1), its logit times a factor."""

    def draw(random: Random, trials: int, n: int) -> Floats:
        y = random.random((trials, n)) < share
        feature = random.normal(size=y.shape) + 2 * y
        return of_logits(factor * (np.log(share / (1 - share)) + 2 * feature - 2), y)

    return draw


def multi_label(random: Random, trials: int, n: int) -> Floats:
    """Five labels whose logits have a correlation of 0.5, doubled by the classifier; the loss of a row is their mean."""
    shared = random.normal(size=(trials, n))
    total = np.zeros((trials, n))
    for _ in range(5):
        z = SPREAD * (np.sqrt(0.5) * shared + np.sqrt(0.5) * random.normal(size=shared.shape))
        total += of_logits(2 * z, random.random(z.shape) < expit(z))
    return total / 5


def lognormal_weights(sigma: float, factor: float = 1.0) -> Callable[[Random, int, int], Weighted]:
    """An overconfident classifier with lognormal weights."""

    def draw(random: Random, trials: int, n: int) -> Weighted:
        losses = overconfident(factor)(random, trials, n)
        return Weighted(losses, np.exp(sigma * random.normal(size=losses.shape)))

    return draw


def heavy_rows(random: Random, trials: int, n: int) -> Weighted:
    """A calibrated classifier, of whose rows one in twenty has weight 10."""
    losses = overconfident(1.0)(random, trials, n)
    return Weighted(losses, np.where(random.random(losses.shape) < 0.05, 10.0, 1.0))


def weights_of_the_logit(random: Random, trials: int, n: int) -> Weighted:
    """An overconfident classifier (×3) with lognormal weights that have a correlation of 0.7 with the logit."""
    x = random.normal(size=(trials, n))
    losses = of_logits(3 * SPREAD * x, random.random(x.shape) < expit(SPREAD * x))
    return Weighted(losses, np.exp(0.7 * x + np.sqrt(0.51) * random.normal(size=x.shape)))


Sizes = Callable[[Random, int, int], Floats]
Sums = Callable[[Random, Floats, float], Floats]


def equal(random: Random, trials: int, clusters: int) -> Floats:
    """Clusters of ten rows."""
    del random
    return np.full((trials, clusters), 10.0)


def geometric(random: Random, trials: int, clusters: int) -> Floats:
    """Clusters of geometric sizes."""
    return random.geometric(0.1, (trials, clusters)).astype(np.float64)


def lognormal(random: Random, trials: int, clusters: int) -> Floats:
    """Clusters of lognormal sizes."""
    return np.ceil(10 * np.exp(random.normal(size=(trials, clusters))))


def one_big(random: Random, trials: int, clusters: int) -> Floats:
    """Clusters of ten rows, but one of half the size of all others."""
    sizes = equal(random, trials, clusters)
    sizes[:, 0] = 5 * (clusters - 1)
    return sizes


def normal_losses(random: Random, sizes: Floats, correlation: float) -> Floats:
    """Sums of normal losses of mean 0 with a correlation within the cluster."""
    shared, own = random.normal(size=sizes.shape), random.normal(size=sizes.shape)
    return sizes * np.sqrt(correlation) * shared + np.sqrt(sizes * (1 - correlation)) * own


def _row_by_row(random: Random, sizes: Floats, correlation: float, loss: Callable[[Floats], Floats]) -> Floats:
    """Sums of losses that are functions of normal values with a correlation within the cluster."""
    shared, sums = np.sqrt(correlation) * random.normal(size=sizes.shape), np.zeros(sizes.shape)
    for row in range(int(sizes.max())):
        live = sizes > row
        count = int(np.count_nonzero(live))
        sums[live] += loss(shared[live] + np.sqrt(1 - correlation) * random.normal(size=count))
    return sums


def lognormal_losses(random: Random, sizes: Floats, correlation: float) -> Floats:
    """Sums of lognormal losses."""
    return _row_by_row(random, sizes, correlation, np.exp)


def overconfident_losses(random: Random, sizes: Floats, correlation: float) -> Floats:
    """Sums of losses of an overconfident classifier (×3)."""

    def loss(x: Floats) -> Floats:
        return of_logits(3 * SPREAD * x, random.random(x.shape) < expit(SPREAD * x))

    return _row_by_row(random, sizes, correlation, loss)


def clustered(sizes: Sizes, sums: Sums, correlation: float) -> Callable[[Random, int, int], Clustered]:
    """Clusters of these sizes with these losses."""

    def draw(random: Random, trials: int, clusters: int) -> Clustered:
        drawn = sizes(random, trials, clusters)
        return Clustered(sums(random, drawn, correlation), drawn)

    return draw
