"""The loss kernels: against arithmetic of hundreds of digits, in ulps; their bits; their laws; their examples.

The oracles are the textbook definitions (a softmax, then a logarithm) in mpmath. They carry 460 digits wherever a
margin may eat 323 of them, and 100 elsewhere.
"""

from __future__ import annotations

import doctest
import importlib
import itertools
import math
import pkgutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from numpy.typing import NDArray

from xent_cli import losses
from xent_cli.losses import binary, classes, logits

Floats: TypeAlias = NDArray[np.float64]
Array: TypeAlias = NDArray[Any]
Kernel: TypeAlias = Callable[..., Array]

INF = math.inf
MANY_DIGITS, FEW_DIGITS = 460, 100
OVERFLOW = mpf(2) ** 1024 - mpf(2) ** 970  # from here on a true value rounds to infinity
WIDTHS = {2: 60, 3: 48, 10: 20, 32: 8, 33: 8, 100: 4, 1000: 1}  # classes: rows tried of each family


def ulps(found: float, exact: mpf) -> float:
    """The error in units of the last place of a double at the true value."""
    if exact >= OVERFLOW:
        return 0.0 if found == INF else INF
    place = float(np.spacing(abs(float(exact))))
    return float(abs(mpf(float(found)) - exact) / mpf(place))


def worst(found: Array, exact: list[mpf]) -> float:
    """The largest error of several values, which are also held to be ≥ 0 and never −0."""
    assert found.dtype == np.float64
    assert found.shape == (len(exact),)
    assert not np.signbit(found).any()
    return max(ulps(value, true) for value, true in zip(found.tolist(), exact, strict=True))


# ---- binary ----------------------------------------------------------------------------------------------------------


@cache
def both_sides(space: str, x: float) -> tuple[mpf, mpf]:
    """−ln p and −ln(1 − p), true to more than 100 digits."""
    with mp.workdps(MANY_DIGITS):
        value = mpf(x)
        if space == "logits":
            return mp.log(1 + mp.exp(-value)), mp.log(1 + mp.exp(value))
        p, own = (value, -mp.log(value)) if space == "probs" else (mp.exp(value), -value)
        return own, -mp.log(1 - p)


def binary_loss(space: str, x: float, t: float, pos_weight: float = 1.0) -> mpf:
    """−(pos_weight · t · ln p + (1 − t) · ln(1 − p)), where 0 · ln 0 is 0."""
    with mp.workdps(MANY_DIGITS):
        one, zero = both_sides(space, x)
        positive = pos_weight * mpf(t) * one if t > 0 else mpf(0)
        return positive + ((1 - mpf(t)) * zero if t < 1 else mpf(0))


def log_uniform(rng: np.random.Generator, low: float, high: float, n: int) -> Floats:
    """Numbers whose decimal exponents are uniform."""
    return np.array([float(mp.mpf(10) ** mpf(e)) for e in rng.uniform(low, high, n)])


def binary_inputs(space: str) -> Floats:
    """Predictions of every size, for one space."""
    rng = np.random.default_rng(11)
    n = 40
    if space == "logits":
        sign = rng.choice([-1.0, 1.0], n)
        ordinary, margins = rng.normal(0, 3, 4 * n), sign * rng.uniform(20, 760, n)
        edges = [0.0, -0.0, 5e-324, 36.8, 40.0, 708.4, 709.9, 745.1, 745.2, 1e300, 1.797e308, -1e300, -1.797e308, INF]
        huge = sign * log_uniform(rng, 3, 300, n)
        return np.concatenate([ordinary, margins, sign * log_uniform(rng, -320, -1, n), huge, edges])
    if space == "probs":
        ordinary, near_one = rng.uniform(0, 1, 4 * n), 1.0 - rng.integers(1, 1000, n) * 2.0**-53
        edges = [0.0, 1.0, 0.5, 5e-324, 1e-17, 2.0**-53, 2.0**-54, 1 - 2.0**-53, 2.2250738585072014e-308]
        return np.concatenate([ordinary, log_uniform(rng, -323, -1, n), near_one, edges])
    ordinary, around = -rng.exponential(1, 4 * n), -math.log(2.0) + rng.uniform(-0.1, 0.1, 2 * n)
    edges = [0.0, -5e-324, -(2.0**-53), -37.0, -708.4, -745.2, -1e300, -1.797e308]
    return np.concatenate([ordinary, around, -rng.uniform(20, 760, n), -log_uniform(rng, -320, 0, n), edges, [-INF]])


BINARY: dict[str, Kernel] = {
    "probs": losses.binary_from_probs,
    "logits": losses.binary_from_logits,
    "logprobs": losses.binary_from_logprobs,
}


@pytest.mark.parametrize("space", BINARY)
@pytest.mark.parametrize("label", [0, 1])
def test_hard_binary_losses_are_within_two_ulp(space: str, label: int) -> None:
    """Whatever the prediction, a 0/1 label costs its true loss within 2 ulp, be that 1e-300 or +inf."""
    x = binary_inputs(space)
    found = BINARY[space](x, np.full(len(x), label))
    assert worst(found, [binary_loss(space, value, label) for value in x.tolist()]) <= 2


def test_both_formulas_keep_their_digits_where_they_meet() -> None:
    """ln(1 − e^lp) has two formulas, which meet at −ln 2: within 2 ulp on either side, tried densely."""
    x = np.append(-np.random.default_rng(16).uniform(0.5, 1.3, 3000), -math.log(2.0))
    with mp.workdps(60):
        exact = [-mp.log(1 - mp.exp(mpf(value))) for value in x.tolist()]
    assert worst(losses.binary_from_logprobs(x, np.zeros(len(x))), exact) <= 2


@pytest.mark.parametrize("space", BINARY)
def test_soft_binary_losses_are_within_five_ulp(space: str) -> None:
    """A label between 0 and 1, however close to either, costs its true loss within 5 ulp."""
    rng, x = np.random.default_rng(12), binary_inputs(space)
    t = rng.choice([0.5, 0.9, 1e-3, 1e-300, 5e-324, 1 - 2.0**-53, 2.0**-53, 0.0, 1.0], len(x))
    t = np.where(rng.random(len(x)) < 0.5, t, rng.random(len(x)))
    exact = [binary_loss(space, *pair) for pair in zip(x.tolist(), t.tolist(), strict=True)]
    assert worst(BINARY[space](x, t), exact) <= 5


@pytest.mark.parametrize("space", BINARY)
@pytest.mark.parametrize("weight", [0.3, 2.0, 7.0, 1e4])
def test_pos_weight_multiplies_the_term_of_label_one(space: str, weight: float) -> None:
    """The weight enters before any rounding that it could magnify: results keep 3 ulp, soft ones 5."""
    rng, x = np.random.default_rng(13), binary_inputs(space)
    x = x[np.abs(x) < 1e300] if space == "logits" else x
    for t, bound in ((np.ones(len(x)), 3.0), (rng.random(len(x)), 5.0), (np.full(len(x), 1e-310), 5.0)):
        exact = [binary_loss(space, *pair, weight) for pair in zip(x.tolist(), t.tolist(), strict=True)]
        assert worst(BINARY[space](x, t, weight), exact) <= bound


def test_pos_weight_may_overflow_on_the_way() -> None:
    """A weighted loss beyond the doubles is a number again where the label's share makes it one."""
    found = losses.binary_from_logits([-1e300], [1e-4], pos_weight=1e10)
    assert found == pytest.approx([1e306], rel=1e-15)
    assert losses.binary_from_logits([-1e300], [1.0], pos_weight=1e10).tolist() == [INF]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("space", BINARY)
def test_narrow_floats_are_computed_in_double(space: str, dtype: type[np.floating[Any]]) -> None:
    """float16 and float32 predictions have the bits of the same numbers as float64."""
    with np.errstate(over="ignore"):
        x = binary_inputs(space).astype(dtype)
    x = x[np.isfinite(x)]
    for t in (np.ones(len(x), np.bool_), np.linspace(0, 1, len(x)).astype(np.float32)):
        wide = BINARY[space](x.astype(np.float64), t.astype(np.float64))
        assert BINARY[space](x, t).tobytes() == wide.tobytes()


def test_pairs_use_each_column_for_its_own_class() -> None:
    """Two stated probabilities cost −(t ln p1 + (1 − t) ln p0), neither derived from the other."""
    rng = np.random.default_rng(14)
    p0, p1 = log_uniform(rng, -323, 0, 60), log_uniform(rng, -3, 0, 60)
    for t in (np.arange(60) % 2, rng.random(60)):
        with mp.workdps(50):
            exact = [
                -(mpf(s) * mp.log(b) + (1 - mpf(s)) * mp.log(a)) for a, b, s in zip(p0, p1, t.tolist(), strict=True)
            ]
        assert worst(losses.binary_from_pair_probs(p0, p1, t), exact) <= (2 if t.dtype.kind == "i" else 5)
        l0, l1 = -p0 * 700, -p1 * 700
        exact = [-(mpf(s) * mpf(b) + (1 - mpf(s)) * mpf(a)) for a, b, s in zip(l0, l1, t.tolist(), strict=True)]
        assert worst(losses.binary_from_pair_logprobs(l0, l1, t), exact) <= 5


@pytest.mark.parametrize("space", BINARY)
def test_hard_labels_are_not_mixed(space: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block of hard labels computes the side of each label alone; one soft label needs both sides."""
    monkeypatch.setattr(binary, "_mixture", lambda *_: pytest.fail("both sides were computed"))
    x = [-0.5, -0.25, -0.125] if space != "probs" else [0.5, 0.25, 0.125]
    for t in ([0, 1, 1], [0, 0, 0], [1.0, 1.0, 1.0], [True, False, True]):
        assert np.isfinite(BINARY[space](x, t)).all()
    with pytest.raises(pytest.fail.Exception):
        BINARY[space](x, [0, 1, 0.5])


def test_logits_of_hard_labels_are_turned(monkeypatch: pytest.MonkeyPatch) -> None:
    """ln(1 + e^−z) is ln(1 + e^z) of the logit with its sign turned: one side is computed for both labels."""
    sides: list[int] = []
    own = binary._softplus
    monkeypatch.setattr(binary, "_softplus_of_minus", lambda *_: pytest.fail("the other side was computed"))
    monkeypatch.setattr(binary, "_softplus", lambda u, scale: (sides.append(len(u)), own(u, scale))[-1])
    found = losses.binary_from_logits([40.0, -1.0, 0.0, 40.0], [1, 0, 1, 0])
    assert sides == [4]
    assert found.tolist() == [np.log1p(np.exp(-40.0)), np.log1p(np.exp(-1.0)), np.log(2.0), 40.0]


def test_impossible_pairs_cost_nothing_where_they_have_no_mass() -> None:
    """0 · ln 0 is 0 on either side, and +inf where the label has mass."""
    zero, one = np.zeros(3), np.ones(3)
    t = np.array([0.0, 1.0, 0.5])
    assert losses.binary_from_pair_probs(zero, one, t).tolist() == [INF, 0.0, INF]
    assert losses.binary_from_pair_probs(one, zero, t).tolist() == [0.0, INF, INF]
    assert losses.binary_from_pair_logprobs(np.full(3, -INF), zero, t).tolist() == [INF, 0.0, INF]
    assert losses.binary_from_probs(zero, t).tolist() == [0.0, INF, INF]
    assert losses.binary_from_logprobs(zero, t).tolist() == [INF, 0.0, INF]
    assert losses.binary_from_logits(np.full(3, -INF), t).tolist() == [0.0, INF, INF]


@pytest.mark.parametrize("kind", [np.bool_, np.int8, np.uint64, np.float16, np.float32])
def test_labels_of_any_type_mean_the_same(kind: type[np.generic]) -> None:
    """True, 1 and 1.0 are one label, and a hard row has the same bits beside soft ones."""
    rng = np.random.default_rng(15)
    z, y = rng.normal(0, 3, 50), rng.integers(0, 2, 50)
    alone = losses.binary_from_logits(z, y.astype(kind))
    beside = losses.binary_from_logits(np.append(z, 0.0), np.append(y, 0.5))
    assert alone.tobytes() == beside[:-1].tobytes()


def test_sigmoid_keeps_its_digits_at_both_ends() -> None:
    """σ(z) is within 3 ulp down to the smallest double."""
    z = binary_inputs("logits")
    with mp.workdps(MANY_DIGITS):
        exact = [mpf(1) / (1 + mp.exp(-mpf(value))) for value in z.tolist()]
    assert worst(losses.sigmoid(z), exact) <= 3


# ---- k classes from logits -------------------------------------------------------------------------------------------


class Exact:
    """One row of logits, solved: its losses and probabilities, true to more than 100 digits."""

    def __init__(self, z: Floats) -> None:
        """Sum the exponentials relative to the peak: with this many digits a shift is harmless, and 1e308 is cheap."""
        values, counts = np.unique(z, return_counts=True)
        top = float(values[-1])
        near = {v: c for v, c in zip(values.tolist(), counts.tolist(), strict=True) if top - v < 5000}
        self.peak, self.digits = mpf(top), MANY_DIGITS if top - min(near) > 60 else FEW_DIGITS
        with mp.workdps(self.digits):
            self.powers = {v: mp.exp(mpf(v) - self.peak) for v in near}
            self.total = mp.fsum(c * self.powers[v] for v, c in near.items())
            self.rest = mp.log(self.total)

    def loss(self, value: float) -> mpf:
        """−ln softmax of the class with this logit."""
        with mp.workdps(self.digits):
            return self.peak - mpf(value) + self.rest

    @property
    def log_total(self) -> mpf:
        """ln Σ e^z."""
        with mp.workdps(self.digits):
            return self.peak + self.rest

    def mixture(self, z: Floats, t: Floats) -> mpf:
        """−Σ t ln softmax."""
        with mp.workdps(self.digits):
            return mp.fsum(mpf(w) * self.loss(v) for v, w in zip(z.tolist(), t.tolist(), strict=True) if w > 0)

    def share(self, value: float) -> mpf:
        """softmax of the class with this logit."""
        with mp.workdps(self.digits):
            return self.powers.get(value, mpf(0)) / self.total

    def others(self, value: float) -> mpf:
        """1 − softmax of the class with this logit."""
        with mp.workdps(self.digits):
            return (self.total - self.powers.get(value, mpf(0))) / self.total


def _confident(rng: np.random.Generator, n: int, k: int, y: Array, low: float, high: float) -> Floats:
    """The label's logit exceeds all others by low … high."""
    z = rng.normal(0, 1, (n, k)) + rng.normal(0, 20, (n, 1))
    z[np.arange(n), y] = z.max(axis=1) + rng.uniform(low, high, n)
    return z


def _wrong(rng: np.random.Generator, n: int, k: int, y: Array) -> Floats:
    """The label's logit falls short of all others by 20 … 800."""
    z = rng.normal(0, 3, (n, k))
    z[np.arange(n), y] = z.min(axis=1) - rng.uniform(20, 800, n)
    return z


def _rivals(rng: np.random.Generator, n: int, k: int, y: Array, gap: Floats, common: Floats) -> Floats:
    """One second-best class, and all others `gap` below it: sums that round the same way again and again."""
    z = common + np.zeros((n, k)) - gap
    z[np.arange(n), (y + 1) % k] = common[:, 0]
    z[np.arange(n), y] = common[:, 0] + rng.uniform(0, 700, n)
    return z


def _masked(rng: np.random.Generator, n: int, k: int, y: Array) -> Floats:
    """Three in ten classes are ruled out, never the label."""
    z = np.where(rng.random((n, k)) < 0.3, -INF, rng.normal(0, 3, (n, k)))
    z[np.arange(n), y] = rng.normal(0, 3, n)
    return z


def _signed(rng: np.random.Generator, size: Floats) -> Floats:
    """Either sign."""
    return rng.choice([-1.0, 1.0], size.shape) * size


def _sizes(rng: np.random.Generator, n: int, k: int, low: float, high: float) -> Floats:
    """(n, k) numbers of any size."""
    return _signed(rng, log_uniform(rng, low, high, n * k).reshape(n, k))


FAMILIES: dict[str, Callable[[np.random.Generator, int, int, Array], Array]] = {
    "ordinary": lambda r, n, k, _: r.normal(0, 3, (n, k)),
    "correct by 20 to 740": lambda r, n, k, y: _confident(r, n, k, y, 20, 740),
    "correct by 690 to 760": lambda r, n, k, y: _confident(r, n, k, y, 690, 760),
    "wrong by 20 to 800": _wrong,
    "equal rivals": lambda r, n, k, y: _rivals(r, n, k, y, np.zeros((n, 1)), r.uniform(-20, 20, (n, 1))),
    "just below the second": lambda r, n, k, y: _rivals(
        r, n, k, y, log_uniform(r, -8, 0.5, n)[:, None], r.uniform(-20, 20, (n, 1))
    ),
    "half an ulp of the second": lambda r, n, k, y: _rivals(
        r, n, k, y, 36.04 + r.uniform(-0.7, 0.7, (n, 1)), r.uniform(-20, 20, (n, 1))
    ),
    "equal rivals far off": lambda r, n, k, y: _rivals(
        r, n, k, y, np.zeros((n, 1)), _signed(r, r.uniform(700, 5000, (n, 1)))
    ),
    "offset 1e4": lambda r, n, k, _: r.normal(0, 3, (n, k)) + _signed(r, np.full((n, 1), 1e4)),
    "offset 1e8": lambda r, n, k, _: r.normal(0, 3, (n, k)) + _signed(r, np.full((n, 1), 1e8)),
    "confident and far off": lambda r, n, k, y: (
        _confident(r, n, k, y, 0, 760) + _signed(r, r.uniform(300, 5e3, (n, 1)))
    ),
    "within 360": lambda r, n, k, _: r.uniform(-360, 360, (n, k)),
    "within 800": lambda r, n, k, _: r.uniform(-800, 800, (n, k)),
    "-5000 to -300": lambda r, n, k, _: r.uniform(-5000, -300, (n, k)),
    "300 to 5000": lambda r, n, k, _: r.uniform(300, 5000, (n, k)),
    "1e4 to 1e300": lambda r, n, k, _: _sizes(r, n, k, 4, 300),
    "near the largest double": lambda r, n, k, _: _signed(r, r.uniform(0.5, 1.797, (n, k))) * 1e308,
    "1e-320 to 0.1": lambda r, n, k, _: _sizes(r, n, k, -320, -1),
    "masked": _masked,
    "float32": lambda r, n, k, y: _confident(r, n, k, y, -5, 103).astype(np.float32),
    "float16": lambda r, n, k, _: r.normal(0, 3, (n, k)).astype(np.float16),
}


@cache
def solved(family: str, k: int) -> tuple[Array, Array, list[Exact]]:
    """Logits of a family, labels, and the true values of each row."""
    rng, n = np.random.default_rng([k, *family.encode()]), WIDTHS[k]
    y = rng.integers(0, k, n)
    z = FAMILIES[family](rng, n, k, y)
    return z, y, [Exact(row) for row in z.astype(np.float64)]


def soft_targets(n: int, k: int) -> Floats:
    """Distributions: spread out, nearly one-hot, and with classes of no mass."""
    rng = np.random.default_rng([n, k])
    t = rng.dirichlet(np.full(k, 0.3), n)
    t[rng.random((n, k)) < 0.2] = 0.0
    t[:, 0] += 1e-3
    t[::5] = np.where(np.arange(k) == k - 1, 1.0 - 1e-9, 1e-9 / (k - 1))
    return np.asarray(t / t.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("family", FAMILIES)
def test_sparse_losses_from_logits_are_within_five_ulp(family: str, k: int) -> None:
    """The loss of the label, and of the first classes of each row, is the true one within 5 ulp."""
    z, y, rows = solved(family, k)
    for label in (y, *(np.full(len(y), j) for j in range(min(k, 3)))):
        own = z[np.arange(len(y)), label].astype(np.float64).tolist()
        exact = [row.loss(value) for row, value in zip(rows, own, strict=True)]
        assert worst(losses.sparse_from_logits(z, label), exact) <= 5


@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("family", FAMILIES)
def test_soft_losses_from_logits_are_within_five_ulp(family: str, k: int) -> None:
    """The loss of a target distribution is the true one within 5 ulp."""
    z, _, rows = solved(family, k)
    t = soft_targets(len(z), k)
    t = np.where(np.isneginf(z), 0.0, t) if family == "masked" else t
    exact = [row.mixture(*pair) for row, pair in zip(rows, zip(z.astype(np.float64), t, strict=True), strict=True)]
    assert worst(losses.categorical_from_logits(z, t), exact) <= 5


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


@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("family", FAMILIES)
def test_log_sum_exp_is_within_three_ulp_of_its_larger_part(family: str, k: int) -> None:
    """ln Σ e^x is right to the last digits of the larger of max x and itself."""
    z, _, rows = solved(family, k)
    for found, row, peak in zip(losses.log_sum_exp(z).tolist(), rows, z.max(axis=1).tolist(), strict=True):
        place = np.spacing(max(abs(peak), abs(float(row.log_total))))
        assert abs(mpf(found) - row.log_total) <= 3 * mpf(float(place))


@pytest.mark.parametrize("gap", [0.0, 1e-7, 0.3, 36.04, 36.4, 48.0])
@pytest.mark.parametrize("common", [1.7, -4000.3])
def test_many_rivals_are_within_ten_ulp(gap: float, common: float) -> None:
    """150,000 rivals at or just below the second-best class, whose sum an unlucky order rounds away, cost 10 ulp."""
    z = np.full((2, 150_000), common - gap)
    z[:, 7], z[0, 0], z[1, 149_999] = common, common + 30.5, common + 411.3
    exact = [Exact(row).loss(float(row.max())) for row in z]
    assert worst(losses.sparse_from_logits(z, [0, 149_999]), exact) <= 10
    assert worst(losses.categorical_from_logits(z, z == z.max(axis=1, keepdims=True)), exact) <= 10


@pytest.mark.parametrize(("second", "others"), [(8.7, 0.3377588557319884), (9.3, 0.38521566130573337)])
@pytest.mark.parametrize("k", [32, 1000, 10_000, 50_000])
def test_rivals_whose_distance_rounds_are_within_five_ulp(k: int, second: float, others: float) -> None:
    """Where the distances of all rivals from the second-best class round alike, the rounding is made good again."""
    for peak in (40.0, 700.4):  # within the range of exponentials, and beyond
        z = np.full((1, k), others)
        z[0, :2] = peak, second
        exact = [Exact(row).loss(peak) for row in z]
        assert worst(losses.sparse_from_logits(z, [0]), exact) <= 5


@pytest.mark.parametrize("k", [2, 32, 33, 40])
def test_rows_are_shifted_only_where_exponentials_leave_their_range(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ordinary logits are not shifted; beyond, only powers near the subnormal range are lifted out of it."""
    z = np.linspace(-40.0, 600.0, k)[None]
    deep, far = z.copy(), z - 5000.0
    deep[0, -1] = 2000.0
    with monkeypatch.context() as patch:
        patch.setattr(logits, "_shifted_rest", lambda _: pytest.fail("a row was shifted"))
        losses.sparse_from_logits(z, [0])
        for beyond in (deep, far):
            with pytest.raises(pytest.fail.Exception):
                losses.sparse_from_logits(beyond, [0])
    expected = losses.sparse_from_logits(far, [k - 1]).tolist()
    monkeypatch.setattr(logits, "_DROP", math.nan)
    assert losses.sparse_from_logits(far, [k - 1]).tolist() == expected
    assert math.isnan(losses.sparse_from_logits(deep, [k - 1])[0])


@pytest.mark.parametrize(("k", "columns"), [(2, True), (32, True), (33, False)])
def test_peaks_of_few_classes_are_taken_column_by_column(k: int, columns: bool) -> None:
    """Up to 32 classes the others move to scratch of their own, above −inf takes the place of the peak."""
    z = np.linspace(-1.0, 1.0, k)[::-1, None] + np.zeros((1, 4))
    peaks = logits.Peaks(4, k)
    peak, others = logits._apart(z, peaks.room, peaks.lower)
    assert peak.tolist() == [1.0] * 4
    assert others.shape == ((k - 1, 4) if columns else (k, 4))
    assert np.sort(others, axis=0)[-(k - 1) :].tolist() == z[1:][::-1].tolist()
    assert np.shares_memory(others, peaks.lower)
    assert np.shares_memory(peaks.room, peaks.lower) is not columns


def test_sums_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A label needs the sum of its row, a distribution two more; only a distance beyond the doubles needs another."""
    calls: list[int] = []
    monkeypatch.setattr(logits, "summed", lambda values, own=logits.summed: (calls.append(1), own(values))[1])
    for z, t, count in (
        ([[0.5, 1.5, -2.0]], [[0.0, 1.0, 0.0]], 1),
        ([[0.5, 1.5, -2.0]], [[0.25, 0.75, 0.0]], 3),
        ([[1.5e308, -1.5e308, 0.0]], [[0.9999, 1e-4, 0.0]], 5),  # and a peak beyond the range of exponentials
    ):
        calls.clear()
        losses.categorical_from_logits(z, t)
        assert len(calls) == count


@pytest.mark.parametrize("k", [3, 10, 32, 33, 64, 100, 513, 1000, 150_000])
def test_a_sum_laid_out_against_the_order_of_addition_costs_five_ulp(k: int) -> None:
    """Where every halving would lay a term of nearly half an ulp on the large one, the sum still has its digits."""
    for margin in (5.3, 30.5, 61.0, 411.3):
        z = np.full((3, k), -INF)
        for row, share in zip(z, (0.45, 0.49, 0.499), strict=True):
            width = k
            while width > 1:
                row[width - width // 2] = math.log(share * 2.0**-52)
                width -= width // 2
            row[0], row[-1] = 0.0, margin
        exact = [Exact(row).loss(margin) for row in z]
        assert worst(losses.sparse_from_logits(z, np.full(3, k - 1)), exact) <= 5


def test_rows_of_minus_infinity_sum_to_minus_infinity() -> None:
    """The logarithm of no mass at all is −inf, in either kernel; one +0 class is ln 1."""
    for k in (2, 40):
        z = np.full((3, k), -INF)
        z[1, -1] = 0.0
        assert losses.log_sum_exp(z).tolist() == [-INF, 0.0, -INF]


def test_ruled_out_classes() -> None:
    """A class at −inf costs +inf as a label and nothing beside it; the only class left costs nothing."""
    for k in (2, 5, 40):
        z = np.full((2, k), -INF)
        z[:, 1] = [3.0, -800.0]
        assert losses.sparse_from_logits(z, [1, 1]).tolist() == [0.0, 0.0]
        assert losses.sparse_from_logits(z, [0, 0]).tolist() == [INF, INF]
        half = np.zeros((2, k))
        half[:, :2] = 0.5
        assert losses.categorical_from_logits(z, half).tolist() == [INF, INF]
        assert losses.softmax(z)[:, 1].tolist() == [1.0, 1.0]


def test_a_distance_beyond_the_doubles_counts_by_its_share() -> None:
    """m − z overflows between 1e308 and −1e308, but a ten-thousandth of it is a number."""
    z = np.array([[1.5e308, -1.5e308, 0.0]])
    assert losses.categorical_from_logits(z, [[0.9999, 1e-4, 0.0]]) == pytest.approx([3e304], rel=1e-15)
    assert losses.sparse_from_logits(z, [1]).tolist() == [INF]


# ---- k classes from probabilities ------------------------------------------------------------------------------------


def distributions(k: int) -> Floats:
    """Rows of probabilities: even, peaked, with zeros, with 1 − 2**-53, with the smallest double."""
    rng, n = np.random.default_rng([77, k]), max(4, WIDTHS[k])
    p = rng.dirichlet(np.full(k, 0.3), n)
    p[0] = 0.0
    p[0, :2] = [1 - 2.0**-53, 2.0**-53]
    p[1] = 0.0
    p[1, :2] = [5e-324, 1.0]
    return np.asarray(p)


@pytest.mark.parametrize("k", WIDTHS)
def test_losses_from_probabilities_are_within_five_ulp(k: int) -> None:
    """−ln p within 1 ulp for a class, −Σ t ln p within 5 for a distribution, entropy within 5; 0 · ln 0 is 0."""
    p = distributions(k)
    t = soft_targets(len(p), k)
    with mp.workdps(60):
        logs = [[-mp.log(mpf(v)) if v else mpf(INF) for v in row] for row in p.tolist()]
        mixed = [
            mp.fsum(mpf(w) * c for w, c in zip(*pair, strict=True) if w) for pair in zip(t.tolist(), logs, strict=True)
        ]
        itself = [mp.fsum(-mpf(w) * mp.log(mpf(w)) for w in row if w) for row in t.tolist()]
    y = np.arange(len(p)) % k
    assert worst(losses.sparse_from_probs(p, y), [row[j] for row, j in zip(logs, y, strict=True)]) <= 1
    assert worst(losses.categorical_from_probs(p, t), mixed) <= 5
    assert worst(losses.entropy(t), itself) <= 5


@pytest.mark.parametrize("k", WIDTHS)
def test_losses_from_log_probabilities_are_within_five_ulp(k: int) -> None:
    """−lp is exact for a class, −Σ t lp within 5 ulp for a distribution; 0 · inf is 0."""
    with np.errstate(divide="ignore"):
        lp = np.log(distributions(k))
    t = soft_targets(len(lp), k)
    with mp.workdps(60):
        exact = [
            mp.fsum(-mpf(w) * mpf(v) for w, v in zip(*pair, strict=True) if w)
            for pair in zip(t.tolist(), lp.tolist(), strict=True)
        ]
    y = np.arange(len(lp)) % k
    assert losses.sparse_from_logprobs(lp, y).tolist() == (-lp[np.arange(len(lp)), y] + 0.0).tolist()
    assert worst(losses.categorical_from_logprobs(lp, t), exact) <= 5


def test_entropy_of_one_hot_and_uniform_rows() -> None:
    """Zero where all mass is on one class, ln k where it is spread evenly; labels may be bool or integer."""
    for k in (2, 8, 64):
        assert losses.entropy(np.eye(k, dtype=np.bool_)).tobytes() == np.zeros(k).tobytes()
        assert losses.entropy(np.eye(k, dtype=np.int64)).tobytes() == np.zeros(k).tobytes()
        assert losses.entropy(np.full((1, k), 1 / k)).tolist() == [pytest.approx(math.log(k), rel=1e-15)]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("k", [2, 3, 32, 33, 100])
def test_hits_are_the_first_of_the_largest(k: int, dtype: type[np.floating[Any]]) -> None:
    """A row is a hit if the first of its largest values is the label's, in any memory order, −inf and ties included."""
    rng = np.random.default_rng([5, k])
    x = rng.integers(0, 4, (3000, k)).astype(dtype)
    x[rng.random(x.shape) < 0.1] = -INF
    y = np.where(rng.random(3000) < 0.5, x.argmax(axis=1), rng.integers(0, k, 3000))
    for layout in layouts(x):
        assert losses.hits(layout, y).tolist() == (x.argmax(axis=1) == y).tolist()


def test_hits_without_ties() -> None:
    """Where no row has two largest values, each is a hit if the largest is its label's."""
    x = np.array([[0.25, 0.75], [0.75, 0.25], [0.25, 0.75]])
    assert losses.hits(x, [1, 1, 0]).tolist() == [True, False, False]
    assert losses.hits(np.asfortranarray(x), [0, 0, 1]).tolist() == [False, True, True]


def test_hits_where_every_row_has_a_tie() -> None:
    """Of two largest values the first counts, also where as many values are beaten as there are rows."""
    x = np.array([[0.4, 0.4, 0.2], [0.4, 0.2, 0.4], [0.2, 0.4, 0.4]])
    assert losses.hits(x, [1, 2, 2]).tolist() == [False, False, False]
    assert losses.hits(x, [0, 0, 1]).tolist() == [True, True, True]


@pytest.mark.parametrize(("k", "columns"), [(2, True), (32, True), (33, False)])
def test_few_classes_are_walked_by_column(k: int, columns: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 32 classes peaks and labels are found column by column, above by NumPy's argmax along rows."""
    called: list[str] = []
    for name in ("_is_first_peak", "_last_one"):
        own = getattr(classes, name)
        monkeypatch.setattr(classes, name, lambda *a, n=name, f=own: (called.append(n), f(*a))[1])
    x, y = np.full((3, k), 1.0 / k), [0, 1, 0]
    assert losses.hits(x, y).tolist() == [True, False, True]
    assert losses.categorical_from_probs(x, np.eye(k)[y]).tolist() == losses.sparse_from_probs(x, y).tolist()
    assert called == (["_is_first_peak", "_last_one"] if columns else [])


@pytest.mark.parametrize("k", [2, 40])
def test_one_hot_blocks_are_read_off(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every row of a block has one class, no sum over classes is made; one soft row needs them."""
    x = np.full((2, k), 1.0 / k)
    expected = pytest.approx([math.log(k)] * 2, rel=1e-15)
    monkeypatch.setattr(classes, "_soft_sum", lambda *_, **__: pytest.fail("a sum was made"))
    for kernel, values in ((losses.categorical_from_probs, x), (losses.categorical_from_logprobs, np.log(x))):
        assert kernel(values, np.eye(k)[[1, 0]]) == expected
        with pytest.raises(pytest.fail.Exception):
            kernel(values, [[0.5, 0.5] + [0.0] * (k - 2), [1.0] + [0.0] * (k - 1)])


@pytest.mark.parametrize("k", [2, 40])
def test_a_class_with_less_than_all_mass_counts_by_it(k: int) -> None:
    """Where a row's only class has a mass beside 1, as tolerances allow, the loss is that much of the label's."""
    x, t = np.full((3, k), 1.0 / k), np.eye(k)[[1, 0, 1]] * [[0.75], [1.0], [1.25]]
    expected = pytest.approx([0.75 * math.log(k), math.log(k), 1.25 * math.log(k)], rel=1e-15)
    assert losses.categorical_from_probs(x, t) == expected
    assert losses.categorical_from_logprobs(np.log(x), t) == expected
    assert losses.categorical_from_logits(x, t) == expected
    assert losses.categorical_from_probs(x[:1], t[:1]) == pytest.approx([0.75 * math.log(k)], rel=1e-15)


# ---- gradients -------------------------------------------------------------------------------------------------------


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


# ---- bits ------------------------------------------------------------------------------------------------------------


def layouts(x: Array) -> Iterator[Array]:
    """The same numbers in every arrangement in memory."""
    yield np.ascontiguousarray(x)
    yield np.asfortranarray(x)
    for axis in range(x.ndim):
        yield np.flip(np.flip(x, axis).copy(), axis)
        yield np.repeat(x, 2, axis=axis).take(range(0, 2 * x.shape[axis], 2), axis=axis)
        spread = np.repeat(x, 3, axis=axis)
        yield spread[::3] if axis == 0 else spread[:, ::3]
    raw = bytearray(x.nbytes + 1)
    odd = np.frombuffer(raw, dtype=x.dtype, count=x.size, offset=1).reshape(x.shape)
    odd[...] = x
    assert not odd.flags.aligned
    yield odd
    yield x.astype(x.dtype.newbyteorder())


def mixed_rows(n: int, k: int) -> tuple[Floats, Array, Floats]:
    """Rows of every kind side by side: logits, labels, and targets of which some are one-hot."""
    rng = np.random.default_rng([n, k])
    z, y = rng.normal(0, 3, (n, k)), rng.integers(0, k, n)
    z[::7] += rng.choice([-1e4, 0, 900.0, 1e8], (len(z[::7]), 1))
    z[np.arange(0, n, 5), y[::5]] += rng.uniform(0, 760, len(y[::5]))
    z[3::11] = np.where(rng.random(z[3::11].shape) < 0.3, -INF, z[3::11])
    z[:, 0] = np.where(np.isneginf(z).all(axis=1), 0.0, z[:, 0])
    t = np.eye(k)[y]
    t[n // 3 : 2 * n // 3] = rng.dirichlet(np.ones(k), 2 * n // 3 - n // 3)
    return z, y, t


def matrix_kernels(z: Floats, y: Array, t: Floats) -> dict[str, tuple[Kernel, Array, Array | None]]:
    """Every kernel over (n, k), with its inputs."""
    p = losses.softmax(z)
    with np.errstate(divide="ignore"):
        lp = np.log(p)
    return {
        "sparse logits": (losses.sparse_from_logits, z, y),
        "sparse probs": (losses.sparse_from_probs, p, y),
        "sparse logprobs": (losses.sparse_from_logprobs, lp, y),
        "categorical logits": (losses.categorical_from_logits, z, t),
        "categorical probs": (losses.categorical_from_probs, p, t),
        "categorical logprobs": (losses.categorical_from_logprobs, lp, t),
        "log_sum_exp": (losses.log_sum_exp, z, None),
        "softmax": (losses.softmax, z, None),
        "entropy": (losses.entropy, t, None),
        "norm": (losses.gradient_norm, p, None),
        "gradient": (lambda x, s: losses.softmax_gradient("logits", x, s), z, y),
        "soft gradient": (lambda x, s: losses.softmax_gradient("logits", x, s), z, t),
    }


def vector_kernels(n: int) -> dict[str, tuple[Kernel, Array, Array | None]]:
    """Every kernel over (n,), with its inputs; labels are hard in places and soft in others."""
    rng = np.random.default_rng(n)
    z = rng.normal(0, 3, n) * rng.choice([1.0, 100.0], n)
    t = np.where(np.arange(n) < n // 2, rng.integers(0, 2, n), rng.random(n))
    p = losses.sigmoid(z)
    with np.errstate(divide="ignore"):
        lp = np.log(p)
    return {
        "probs": (losses.binary_from_probs, p, t),
        "logits": (losses.binary_from_logits, z, t),
        "logprobs": (losses.binary_from_logprobs, lp, t),
        "pair probs": (lambda x, s: losses.binary_from_pair_probs(1 - np.asarray(x), x, s), p, t),
        "pair logprobs": (lambda x, s: losses.binary_from_pair_logprobs(x, x, s), lp, t),
        "weighted": (lambda x, s: losses.binary_from_logits(x, s, 3.7), z, t),
        "gradient": (lambda x, s: losses.binary_gradient("logits", x, s), z, t),
        "sigmoid": (losses.sigmoid, z, None),
    }


def call(kernel: Kernel, x: Array, second: Array | None) -> bytes:
    """The bits of a result, row by row."""
    found = kernel(x) if second is None else kernel(x, second)
    return np.ascontiguousarray(found).tobytes()


@pytest.mark.parametrize("k", [1, 2, 3, 10, 32, 33, 100, 1000])
def test_bits_do_not_depend_on_memory_layout(k: int) -> None:
    """C or Fortran order, strides of either sign, misaligned or byte-swapped memory: one result (k = 1: vectors)."""
    n = 70 if k > 1 else 3000
    for name, (kernel, x, second) in (matrix_kernels(*mixed_rows(n, k)) if k > 1 else vector_kernels(n)).items():
        expected = call(kernel, x, second)
        for layout in layouts(x):
            assert call(kernel, layout, second) == expected, name
        if second is not None:
            for layout in layouts(second):
                assert call(kernel, x, layout) == expected, name


@pytest.mark.parametrize("k", [1, 2, 3, 10, 32, 33, 100, 1000])
def test_bits_do_not_depend_on_chunks_or_threads(k: int) -> None:
    """Cut anywhere, in any number of threads, row by row or as a whole: the same bits (k = 1: vectors)."""
    n = 2 * 65_536 // k + 77 if k > 1 else 20_001
    rng = np.random.default_rng(k)
    cuts = np.unique(np.concatenate([[0, 1, 2, n], rng.integers(0, n, 12)])).tolist()
    pieces = [slice(a, b) for a, b in itertools.pairwise(cuts)]
    with ThreadPoolExecutor(4) as pool:
        for name, (kernel, x, second) in (matrix_kernels(*mixed_rows(n, k)) if k > 1 else vector_kernels(n)).items():
            whole = call(kernel, x, second)
            parts = pool.map(lambda s, f=kernel, a=x, b=second: call(f, a[s], None if b is None else b[s]), pieces)
            assert b"".join(parts) == whole, name


@pytest.mark.parametrize("k", [3, 10, 32, 33, 100, 512, 513, 1000])
def test_bits_near_the_largest_double_do_not_depend_on_neighbours(k: int) -> None:
    """Sums that come near overflow take another path; so they do row by row, in either memory order."""
    rng = np.random.default_rng(k)
    z, t = rng.uniform(-1, 1, (40, k)) * rng.choice([1.0, 1e304, 1.797e308], (40, 1)), rng.dirichlet(np.ones(k), 40)
    z[::2, 1], t[::2, 1] = -INF, 0.0
    for kernel in (losses.categorical_from_logits, lambda x, s: losses.categorical_from_logprobs(-np.abs(x), s)):
        whole = call(kernel, z, t)
        assert b"".join(call(kernel, z[i : i + 1], t[i : i + 1]) for i in range(40)) == whole
        assert call(kernel, np.asfortranarray(z), np.asfortranarray(t)) == whole


@pytest.mark.parametrize("k", [2, 3, 10, 32, 33, 100, 1000])
def test_float32_rows_have_the_bits_of_their_float64_values(k: int) -> None:
    """float32 logits are computed in float64, block by block."""
    z, y, t = mixed_rows(200, k)
    narrow = z.astype(np.float32)
    for kernel, second in ((losses.sparse_from_logits, y), (losses.categorical_from_logits, t)):
        assert call(kernel, narrow, second) == call(kernel, narrow.astype(np.float64), second)


@pytest.mark.parametrize("k", [2, 3, 10, 32, 33, 100, 1000])
def test_one_hot_targets_have_the_bits_of_labels(k: int) -> None:
    """A one-hot row costs what its label costs, to the last bit, alone and beside soft rows."""
    z, y, t = mixed_rows(120, k)
    p = losses.softmax(z)
    with np.errstate(divide="ignore"):
        spaces = {"logits": z, "probs": p, "logprobs": np.log(p)}
    hard = (t == 1.0).any(axis=1)
    for space, x in spaces.items():
        sparse = getattr(losses, f"sparse_from_{space}")(x, y)
        categorical = getattr(losses, f"categorical_from_{space}")
        assert categorical(x, t)[hard].tobytes() == sparse[hard].tobytes()
        for kind in (np.bool_, np.int64, np.float32, np.float64):
            assert categorical(x, np.eye(k)[y].astype(kind)).tobytes() == sparse.tobytes()


@pytest.mark.parametrize("k", [2, losses.FEW_CLASSES, losses.FEW_CLASSES + 1])
def test_matrices_come_back_in_the_order_that_is_fast(k: int) -> None:
    """Probabilities and gradients are in Fortran order for few classes, in C order for many."""
    z = np.zeros((5, k))
    for found in (losses.softmax(z), losses.softmax_gradient("logits", z, np.zeros(5, np.int64))):
        assert (found.flags.f_contiguous, found.flags.c_contiguous) == (k <= 32, k > 32)


def test_fewer_rows_than_any_block() -> None:
    """No rows give no losses; the result is float64 all the same."""
    for k in (2, 50):
        none = np.empty((0, k))
        for found in (
            losses.sparse_from_logits(none, []),
            losses.categorical_from_probs(none, none),
            losses.entropy(none),
        ):
            assert found.shape == (0,)
            assert found.dtype == np.float64
        assert losses.softmax(none).shape == (0, k)
    assert losses.binary_from_probs(np.empty(0), []).shape == (0,)


def test_callers_arrays_are_never_written_to() -> None:
    """Inputs may be read-only, and are as they were afterwards."""
    for table in (matrix_kernels(*mixed_rows(40, 5)), matrix_kernels(*mixed_rows(40, 50)), vector_kernels(40)):
        for kernel, x, second in table.values():
            x.flags.writeable = False
            before = x.tobytes()
            call(kernel, x, second)
            assert x.tobytes() == before


def test_a_strict_floating_point_state_of_the_caller_does_not_matter() -> None:
    """Infinite losses and underflow raise nothing, even where the caller turned warnings into errors."""
    with np.errstate(all="raise"):
        assert losses.binary_from_probs([0.0, 1.0], [1, 0]).tolist() == [INF, INF]
        assert losses.sparse_from_logits([[0.0, 1e308], [-1e308, 1e308]], [0, 0]).tolist() == [1e308, INF]
        assert losses.softmax([[0.0, -800.0]]).tolist() == [[1.0, 0.0]]


# ---- laws ------------------------------------------------------------------------------------------------------------

LOGITS = st.floats(-800, 800) | st.floats(-10, 10) | st.sampled_from([0.0, -INF, 1e300, -1e300, 5e-324])
LAWS = settings(max_examples=150, deadline=None, derandomize=True, database=None)


@st.composite
def logit_rows(draw: st.DrawFn) -> tuple[Floats, int]:
    """One row of logits with at least one that is finite, and its label."""
    row = np.array(draw(st.lists(LOGITS, min_size=2, max_size=40)))
    y = draw(st.integers(0, len(row) - 1))
    row[y] = 0.0 if np.isneginf(row).all() else row[y]
    return row, y


def apart(a: float, b: float) -> float:
    """The distance of two doubles in ulps of the larger."""
    if a == b:
        return 0.0
    return abs(a - b) / float(np.spacing(max(abs(a), abs(b))))


@LAWS
@given(logit_rows())
def test_a_loss_is_never_negative(case: tuple[Floats, int]) -> None:
    """L ≥ +0, and e^−L is the label's softmax."""
    row, y = case
    loss = losses.sparse_from_logits(row[None], [y])
    assert loss[0] >= 0
    assert not np.signbit(loss[0])
    assert math.exp(-loss[0]) == pytest.approx(losses.softmax(row[None])[0, y], rel=1e-12, abs=1e-320)


@LAWS
@given(logit_rows(), st.randoms(use_true_random=False))
def test_the_order_of_classes_does_not_matter(case: tuple[Floats, int], random: Any) -> None:
    """A permutation of the classes moves the loss by no more than 5 ulp."""
    row, y = case
    order = list(range(len(row)))
    random.shuffle(order)
    a, b = (losses.sparse_from_logits(z[None], [at])[0] for z, at in ((row, y), (row[order], order.index(y))))
    assert apart(float(a), float(b)) <= 5


@LAWS
@given(st.lists(st.integers(-400, 400), min_size=2, max_size=40), st.integers(-(2**40), 2**40))
def test_a_common_shift_does_not_matter(quarters: list[int], shift: int) -> None:
    """Logits moved by a constant, exactly, cost the same within the 5 ulp that each loss may be off."""
    z = np.array(quarters) / 4
    a, b = (losses.sparse_from_logits(row[None], [0])[0] for row in (z, z + shift))
    assert apart(float(a), float(b)) <= 10


@LAWS
@given(logit_rows())
def test_one_hot_rows_are_sparse_rows(case: tuple[Floats, int]) -> None:
    """The bits agree for any row, in a block with a soft row or without."""
    row, y = case
    sparse = losses.sparse_from_logits(row[None], [y])[0]
    one_hot = np.eye(len(row))[y]
    soft = np.full(len(row), 1 / len(row))
    assert losses.categorical_from_logits(row[None], one_hot[None]).tolist() == [sparse]
    assert losses.categorical_from_logits(np.stack([row, row]), np.stack([one_hot, soft]))[0] == sparse


@LAWS
@given(logit_rows(), st.floats(1e-3, 100))
def test_a_larger_logit_of_the_label_costs_less(case: tuple[Floats, int], step: float) -> None:
    """The loss does not grow with the label's own logit."""
    row, y = case
    higher = row.copy()
    higher[y] += step
    before, after = losses.sparse_from_logits(np.stack([row, higher]), [y, y]).tolist()
    assert after <= before or apart(after, before) <= 5


@LAWS
@given(st.floats(-1e300, 1e300), st.floats(0, 1))
def test_binary_is_softmax_over_two_classes(z: float, t: float) -> None:
    """The logit z stands for the logits (0, z): the two kernels agree within the 5 ulp that each may be off."""
    binary = losses.binary_from_logits([z], [t])[0]
    two = losses.categorical_from_logits([[0.0, z]], [[1 - t, t]])[0]
    assert math.isclose(binary, two, rel_tol=4e-15, abs_tol=1e-322)
    mirrored = losses.binary_from_logits([-z], [1.0 - t])[0]
    assert t != 1.0 - (1.0 - t) or math.isclose(binary, mirrored, rel_tol=4e-15, abs_tol=1e-322)


# ---- refusals and examples -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call_it", "message"),
    [
        (lambda: losses.binary_from_probs([[0.5]], [1]), "p has 2 dimensions, expected 1"),
        (lambda: losses.binary_from_probs([1], [1]), "p has type int64, expected float16, float32 or float64"),
        (lambda: losses.binary_from_logits(["a"], [1]), "z has type <U1"),
        (lambda: losses.binary_from_logits(np.ones(1, np.longdouble), [1]), "float16, float32 or float64"),
        (lambda: losses.binary_from_logits([0.5], [1, 0]), r"targets have shape \(2,\), expected \(1,\)"),
        (lambda: losses.binary_from_logits([0.5], ["yes"]), "targets has type <U3"),
        (lambda: losses.binary_from_logits([0.5], [1], pos_weight=0.0), "pos_weight is 0.0, expected a finite number"),
        (lambda: losses.binary_from_logits([0.5], [1], pos_weight=math.nan), "pos_weight is nan"),
        (lambda: losses.binary_gradient("logits", [0.5], [1], pos_weight=INF), "pos_weight is inf"),
        (lambda: losses.binary_from_pair_probs([0.5], [0.5, 0.5], [1]), "the two columns have 1 and 2 rows"),
        (lambda: losses.binary_from_pair_logprobs([-0.5, -0.5], [-0.5], [1]), "the two columns have 2 and 1 rows"),
        (lambda: losses.sparse_from_logits([1.0, 2.0], [0]), r"z has shape \(2,\), expected \(rows, classes\)"),
        (lambda: losses.sparse_from_logits([[1.0]], [0]), "2 classes or more"),
        (lambda: losses.sparse_from_logits([[1.0, 2.0]], [0.0]), "labels have type float64, expected integers"),
        (lambda: losses.sparse_from_logits([[1.0, 2.0]], [0, 1]), r"labels have shape \(2,\), expected \(1,\)"),
        (lambda: losses.sparse_from_probs([[0.5, 0.5]], [-1]), "labels run from -1 to -1, expected 0 to 1"),
        (lambda: losses.entropy([["0.5", "0.5"]]), "t has type <U3, expected float16, float32 or float64"),
        (lambda: losses.hits([[0.5, 0.5]], [2]), "labels run from 2 to 2, expected 0 to 1"),
        (lambda: losses.categorical_from_probs([[0.5, 0.5]], [[1, 0, 0]]), r"targets have shape \(1, 3\)"),
        (lambda: losses.softmax_gradient("odds", [[0.5, 0.5]], [1]), "space is 'odds', expected one of probs, logits"),
    ],
)
def test_mistakes_of_the_caller_are_value_errors(call_it: Callable[[], Array], message: str) -> None:
    """A wrong shape, type or option is refused with what was given and what was expected."""
    with pytest.raises(ValueError, match=message):
        call_it()


@pytest.mark.parametrize("weight", [0.0, -0.5, -2.0, INF, math.nan])
@pytest.mark.parametrize("space", BINARY)
def test_weights_that_are_none_are_refused(space: str, weight: float) -> None:
    """The factor of the positive term is a finite number above 0, for losses and for gradients."""
    for refused in (
        lambda: BINARY[space]([0.5], [1], weight),
        lambda: losses.binary_gradient(space, [0.5], [1], weight),
    ):
        with pytest.raises(ValueError, match=f"pos_weight is {weight}, expected a finite number above 0"):
            refused()


@pytest.mark.parametrize("module", [info.name for info in pkgutil.iter_modules(losses.__path__)])
def test_examples_in_the_docstrings_run(module: str) -> None:
    """Every example prints what it says; every public kernel has one, beside formula, range, parameters and source."""
    loaded = importlib.import_module(f"xent_cli.losses.{module}")
    assert doctest.testmod(loaded).failed == 0
    for name in losses.__all__:
        text = getattr(losses, name).__doc__
        if name != "FEW_CLASSES":
            assert all(part in text for part in ("Parameters\n", "Returns\n", "Notes\n", "References\n", ">>> ")), name


def test_numbers_below_the_normal_range_survive() -> None:
    """No library has switched this process to flushing subnormal numbers to zero."""
    assert losses.binary_from_logits([740.0, -740.0], [1, 0]).tolist() == [float(mp.exp(-740))] * 2


COLOURS = [[2.0, 1.0, -1.0]] * 3
ANIMALS = [[0.91, 0.04, 0.05], [0.11, 0.8, 0.09], [0.3, 0.1, 0.6], [0.25, 0.4, 0.35]]
FRUIT = [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.1, 0.5, 0.4]]
TEN = [0.0421, -0.6606, 0.6276, 1.2491, -1.1535, -1.4137, 0.8967, -1.1786, -1.3214, 0.2828]
TEN_BY_FIVE = [
    [-0.5698, -0.0558, -0.255, 1.6812, 0.0238],
    [-2.1786, 1.3923, -0.2363, -0.4601, -1.4949],
    [1.3679, 1.2853, 0.4087, -0.5743, -0.2752],
    [2.1995, 0.1469, -0.1661, 0.4617, -0.4395],
    [-0.5686, -0.7453, -0.1455, -0.5304, 0.302],
    [-0.1489, -0.9143, -1.5282, -0.5023, 1.2751],
    [-1.383, -0.6535, 0.5392, -2.205, -1.4138],
    [-0.5592, 1.5028, 0.0442, -1.5487, -0.1522],
    [0.7436, -1.8956, 1.0145, -0.2974, -2.0576],
    [0.1003, 0.6604, -1.3535, -0.3053, -0.4034],
]
SPAM, OPTAX = [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]], [[1.2, -0.8, -0.5], [0.9, -1.2, 1.1]]
KERAS_3X3 = [[0.9, 0.05, 0.05], [0.05, 0.89, 0.06], [0.05, 0.01, 0.94]]
# name: kernel, its arguments, the losses by 60-digit arithmetic (worked examples) or as others document them (peers)
EXAMPLES: dict[str, tuple[Kernel, tuple[Any, ...], list[Any]]] = {
    "cat image": (losses.categorical_from_probs, ([[0.2, 0.8]], [[0, 1]]), [0.22314355131420976]),
    "students, model A": (
        losses.binary_from_probs,
        ([0.1, 0.7, 0.6, 0.2], [1, 1, 1, 1]),
        [2.302585092994046, 0.3566749439387324, 0.5108256237659907, 1.6094379124341003],
    ),
    "students, model B": (
        losses.binary_from_probs,
        ([0.2, 0.4, 0.7, 0.9], [0, 0, 1, 1]),
        [0.22314355131420976, 0.5108256237659907, 0.3566749439387324, 0.1053605156578263],
    ),
    "fruit containers": (
        losses.sparse_from_probs,
        (FRUIT, [0, 2, 2]),
        [0.3566749439387324, 1.203972804325936, 0.9162907318741551],
    ),
    "colour scores": (
        losses.sparse_from_logits,
        (COLOURS, [0, 1, 2]),
        [0.3490122167681864, 1.3490122167681864, 3.349012216768186],
    ),
    "softmax of colour scores": (
        losses.softmax,
        (COLOURS,),
        [[0.7053845126982412, 0.25949646034241913, 0.03511902695933972]] * 3,
    ),
    "gradient of colour scores": (
        losses.softmax_gradient,
        ("logits", COLOURS, [0, 1, 2]),
        [
            [-0.29461548730175885, 0.25949646034241913, 0.03511902695933972],
            [0.7053845126982412, -0.7405035396575809, 0.03511902695933972],
            [0.7053845126982412, 0.25949646034241913, -0.9648809730406602],
        ],
    ),
    "ten logits": (
        losses.binary_from_logits,
        (TEN, [1, 0, 0, 1, 0, 0, 1, 0, 0, 0]),
        [
            *(0.6723187154502263, 0.416432292553237, 1.0553949682930857, 0.25212958158941867, 0.2742399894744402),
            *(0.21772217988688838, 0.34210886084165365, 0.26827692718247254, 0.2364637022680529, 0.844511023902544),
        ],
    ),
    "sigmoid of ten logits": (
        losses.sigmoid,
        (TEN,),
        [
            *(0.5105234457242099, 0.3406048427534539, 0.6519450705070552, 0.7771440279856471, 0.23985037454036823),
            *(0.19565112507659138, 0.7102708798146483, 0.2353040133266373, 0.21058546426084826, 0.5702325471471664),
        ],
    ),
    "ten rows of five logits": (
        losses.sparse_from_logits,
        (TEN_BY_FIVE, [3, 0, 1, 1, 2, 4, 0, 2, 1, 3]),
        [
            *(0.4800942217915765, 3.933406726266974, 1.0536389091254061, 2.4376128542613955, 1.492645528935215),
            *(0.4589552626271897, 2.4265044259005792, 1.9274410442477836, 3.6675331864511342, 1.853787725134277),
        ],
    ),
    "six predictions": (
        losses.binary_from_probs,
        ([0.5, 0.7, 0.2, 0.3, 0.5, 0.6], [0, 1, 0, 0, 0, 0]),
        [
            *(0.6931471805599453, 0.3566749439387324, 0.22314355131420976),
            *(0.3566749439387324, 0.6931471805599453, 0.9162907318741551),
        ],
    ),
    "cat, dog, bear": (
        losses.categorical_from_probs,
        ([[0.05, 0.85, 0.1]], [[0, 1, 0]]),
        [0.1625189294977749],
    ),
    "seven seals": (
        losses.binary_from_probs,
        ([0.07, 0.91, 0.74, 0.23, 0.85, 0.17, 0.94], [0, 1, 1, 0, 0, 1, 1]),
        [
            *(0.07257069283483543, 0.09431067947124133, 0.3011050927839216, 0.2613647641344075),
            *(1.8971199848858813, 1.7719568419318752, 0.061875403718087474),
        ],
    ),
    "panda, seal, duck": (
        losses.categorical_from_probs,
        (ANIMALS, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        [0.09431067947124133, 0.22314355131420976, 0.5108256237659907, 1.3862943611198906],
    ),
    "scikit-learn: spam and ham": (
        losses.sparse_from_probs,
        (SPAM, [1, 0, 0, 1]),
        [0.1053605156578263, 0.1053605156578263, 0.22314355131420976, 0.4307829160924543],
    ),
    "Keras: binary logits": (
        losses.binary_from_logits,
        ([-18.6, 0.51, 2.94, -12.8], [0, 1, 0, 0]),
        [8.358390066443277e-09, 0.470313318044875, 2.991515711952363, 2.7607687611116177e-06],
    ),
    "Keras: one-hot, a zero beside the label": (
        losses.categorical_from_probs,
        ([[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]], [[0, 1, 0], [0, 0, 1]]),
        [0.051293294387550536, 2.302585092994046],
    ),
    "Keras: three classes": (
        losses.categorical_from_probs,
        (KERAS_3X3, np.eye(3)),
        [0.1053605156578263, 0.11653381625595154, 0.061875403718087474],
    ),
    "Optax: integer labels": (losses.sparse_from_logits, (OPTAX, [0, 1]), [0.27612970554553756, 2.951798795854425]),
    "PyTorch: label smoothing 0.1": (
        losses.categorical_from_logits,
        (OPTAX, 0.9 * np.eye(2, 3) + 0.1 / 3),
        [0.39946303887887086, 2.8051321291877587],
    ),
    "PyTorch: logits of 100": (
        losses.sparse_from_logits,
        ([[-100.0, 100.0], [-100.0, 100.0]], [0, 1]),
        [200.0, 1.3838965267367376e-87],
    ),
    "PyTorch: BCEWithLogitsLoss": (losses.binary_from_logits, ([1.5], [1]), [0.2014132779827524]),
    "softplus": (
        losses.binary_from_logits,
        ([40.0, 40.0, 1000.0, 1000.0, 36.8, 36.8], [0, 1, 0, 1, 0, 1]),
        [40.0, 4.248354255291589e-18, 1000.0, 0.0, 36.8, 1.042228790559589e-16],
    ),
    "a tiny probability": (losses.binary_from_probs, ([1e-17], [0]), [1e-17]),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_examples(name: str) -> None:
    """The worked examples of the field, and what other implementations document, to the precision of their inputs."""
    kernel, arguments, expected = EXAMPLES[name]
    assert kernel(*(np.asarray(a) if isinstance(a, list) else a for a in arguments)) == pytest.approx(
        np.array(expected), rel=1e-14, abs=0
    )


def test_published_means() -> None:
    """Means that scikit-learn, yardstick and model-diagnostics document."""
    even, peaked = np.full((4, 3), 0.25), 0.01 + 0.97 * np.eye(3)
    even[:, 0] = 0.5
    assert losses.sparse_from_probs(even, [0, 0, 1, 2]).mean() == pytest.approx(1.0397207708399179, rel=1e-14)
    assert losses.sparse_from_probs(peaked, [0, 1, 2]).mean() == pytest.approx(0.02020270731751945, rel=1e-14)
    two_class = losses.binary_from_probs([1.0, 0.8, 0.51, 0.1, 0.2, 0.3], [1, 1, 1, 0, 0, 0])
    assert two_class.mean() == pytest.approx(0.26361118591479066, rel=1e-14)
    soft = losses.binary_from_probs([0.1, 0.2, 0.8, 0.9], [0, 0.5, 1, 1])
    assert np.average(soft, weights=[1, 2, 1, 1]) == pytest.approx(0.45328920927563443, rel=1e-14)
    several = losses.binary_from_probs([0.6, 0.4, 0.4, 0.6], [0, 1, 0, 0]).reshape(2, 2).mean(axis=1)
    assert several == pytest.approx([0.9162907318741551, 0.7135581778200729], rel=1e-14)
