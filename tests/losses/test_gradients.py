"""Gradients of the losses and their norms, against arithmetic of hundreds of digits, in ulps."""

from __future__ import annotations

import numpy as np
import pytest
from mpmath import mp, mpf

from tests.losses.oracles import (
    BINARY,
    FAMILIES,
    INF,
    MANY_DIGITS,
    WIDTHS,
    binary_inputs,
    distributions,
    soft_targets,
    solved,
    ulps,
    worst,
)
from xent_cli import losses


@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("family", FAMILIES)
def test_softmax_and_its_gradient_are_within_five_ulp(family: str, k: int) -> None:
    """Every p, every p − 0 and every label's p − 1 is the true one within 5 ulp: nothing cancels in 1 − p."""
    z, y, rows = solved(family, k)
    p, gradient = losses.softmax(z), losses.softmax_gradient("logits", z, y)
    for i, row in enumerate(rows):
        places = sorted({0, 1, k - 1, int(y[i]), int(z[i].argmax())})
        exact = [row.share(float(z[i, j])) for j in places]
        assert worst(p[i, places], exact) <= 5
        exact = [row.others(float(z[i, j])) if j == y[i] else true for j, true in zip(places, exact, strict=True)]
        sign = np.where(np.array(places) == y[i], -1.0, 1.0)
        assert max(map(ulps, (gradient[i, places] * sign).tolist(), exact)) <= 5


def binary_slope(space: str, x: float, t: float, weight: float) -> mpf:
    """(1 − t) · p − weight · t · (1 − p)."""
    with mp.workdps(MANY_DIGITS):
        value = mpf(x)
        p = 1 / (1 + mp.exp(-value)) if space == "logits" else mp.exp(value) if space == "logprobs" else value
        return (1 - mpf(t)) * p - mpf(weight) * mpf(t) * (1 - p)


@pytest.mark.parametrize("weight", [1.0, 7.0])
@pytest.mark.parametrize("space", BINARY)
def test_binary_gradients(space: str, weight: float) -> None:
    """p − t: within 5 ulp for a label, within 5 ulp of the larger term for a soft one."""
    x = binary_inputs(space)
    for t in (0.0, 1.0, 0.3):
        found = losses.binary_gradient(space, x, np.full(len(x), t), weight).tolist()
        for value, at in zip(found, x.tolist(), strict=True):
            exact = binary_slope(space, at, t, weight)
            if t in {0.0, 1.0}:
                assert ulps(value, exact) <= 5
            else:
                assert abs(mpf(value) - exact) <= 5 * 2.0**-52 * max(1.0, weight)


@pytest.mark.parametrize("k", [2, 3, 33])
def test_gradients_from_probabilities_and_their_logs(k: int) -> None:
    """p − t as stated for probabilities, e^lp − t for their logs, the label's own by expm1."""
    p = distributions(k)
    n = len(p)
    with np.errstate(divide="ignore"):
        lp = np.log(p)
    y = np.arange(n) % k
    one_hot = np.eye(k)[y]
    assert losses.softmax_gradient("probs", p, y).tolist() == (p - one_hot).tolist()
    found = losses.softmax_gradient("logprobs", lp, y)
    for i in range(n):
        with mp.workdps(60):
            exact = [mp.expm1(mpf(v)) if j == y[i] else mp.exp(mpf(v)) for j, v in enumerate(lp[i].tolist())]
        assert max(map(ulps, found[i].tolist(), exact)) <= 2
    t = soft_targets(n, k)
    assert losses.softmax_gradient("probs", p, t).tolist() == (p - t).tolist()
    assert losses.softmax_gradient("logprobs", lp, t) == pytest.approx(np.exp(lp) - t, abs=1e-15)


@pytest.mark.parametrize("space", ["probs", "logits", "logprobs"])
@pytest.mark.parametrize("k", [2, 10, 40])
def test_gradient_of_a_one_hot_row_is_that_of_its_label(space: str, k: int) -> None:
    """One-hot targets give the bits of labels; soft ones p − t; both add up to zero within rounding."""
    rng = np.random.default_rng(k)
    z, y = rng.normal(0, 3, (50, k)), rng.integers(0, k, 50)
    p = losses.softmax(z)
    x = {"probs": p, "logits": z, "logprobs": np.log(p)}[space]
    hard = losses.softmax_gradient(space, x, y)
    assert losses.softmax_gradient(space, x, np.eye(k)[y]).tobytes() == hard.tobytes()
    assert losses.softmax_gradient(space, x, np.eye(k, dtype=np.int8)[y]).tobytes() == hard.tobytes()
    soft = soft_targets(50, k)
    assert losses.softmax_gradient(space, x, soft) == pytest.approx(p - soft, abs=1e-14)
    assert np.abs(hard.sum(axis=1)).max() < 1e-14


@pytest.mark.parametrize("k", [2, 3, 32, 33, 1000])
@pytest.mark.parametrize("size", [1.0, 1e-200, 1e-307, 5e-324, 1e200, 1e305])
def test_gradient_norm_neither_overflows_nor_underflows(k: int, size: float) -> None:
    """The Euclidean length is within 5 ulp at any size."""
    g = np.random.default_rng(k).normal(0, 1, (4, k)) * size
    with mp.workdps(40):
        exact = [mp.sqrt(mp.fsum(mpf(v) ** 2 for v in row)) for row in g.tolist()]
    assert worst(losses.gradient_norm(g), exact) <= 5


def test_gradient_norm_of_special_rows() -> None:
    """Zero for a zero row, infinite for an infinite one, the size for one logit a row; signs do not matter."""
    negative = losses.gradient_norm([[-3e200, 0.0, -4e200], [-3e-200, 0.0, -4e-200]])
    assert negative == pytest.approx([5e200, 5e-200], rel=1e-15, abs=0)
    assert losses.gradient_norm([[0.0, -0.0], [INF, 1.0]]).tolist() == [0.0, INF]
    assert losses.gradient_norm([-0.5, 0.25, -0.0]).tolist() == [0.5, 0.25, 0.0]
