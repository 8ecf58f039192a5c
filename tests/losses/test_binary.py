"""Binary losses from probabilities, logits and log-probabilities, against arithmetic of hundreds of digits, in ulps."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

from tests.losses.oracles import BINARY, INF, MANY_DIGITS, binary_inputs, log_uniform, worst
from xent_cli import losses
from xent_cli.losses import binary


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
