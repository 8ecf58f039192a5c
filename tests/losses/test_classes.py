"""Losses from probabilities and log-probabilities over classes, entropy and hits, against hundreds of digits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

from tests.losses.oracles import INF, WIDTHS, distributions, layouts, soft_targets, worst
from xent_cli import losses
from xent_cli.losses import classes


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
