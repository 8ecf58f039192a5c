"""The sign-flip test, against SciPy's permutation test and against combinations counted by hand."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from xent_cli.statistics import sign_flips
from xent_cli.statistics.sign_flips import sign_flip_p

SMALL = st.lists(st.integers(-64, 64).map(lambda n: n / 8), min_size=1, max_size=9)


def counted(differences: list[float]) -> Fraction:
    """The p-value by looking at every combination of signs in exact arithmetic."""
    sizes = [Fraction(abs(d)) for d in differences]
    observed = abs(sum(map(Fraction, differences), Fraction(0)))
    sums = [
        abs(sum((sign * size for sign, size in zip(signs, sizes, strict=True)), Fraction(0)))
        for signs in itertools.product((1, -1), repeat=len(sizes))
    ]
    return Fraction(sum(total >= observed for total in sums), len(sums))


@settings(max_examples=60, deadline=None)
@given(SMALL)
def test_few_differences_are_exact(differences: list[float]) -> None:
    """Up to 20 differences the p-value is the share of all combinations, those with equal sums included."""
    assert sign_flip_p(np.array(differences)) == float(counted(differences))


def test_one_sign_alone_has_the_smallest_p() -> None:
    """n differences of one sign have p = 2 / 2ⁿ."""
    assert sign_flip_p(np.linspace(0.1, 1.0, 20)) == 2.0**-19
    assert sign_flip_p(-np.ones(3)) == 0.25


def test_no_difference_is_no_evidence() -> None:
    """Differences of 0, or none at all, have p = 1; a 0 among others changes nothing."""
    assert sign_flip_p(np.zeros(5)) == 1.0
    assert sign_flip_p(np.zeros(0)) == 1.0
    some = np.array([0.5, -0.25, 2.0])
    assert sign_flip_p(some) == sign_flip_p(np.concatenate([some, np.zeros(40)]))


@pytest.mark.parametrize("count", [21, 64, 65, 200])
def test_many_differences_agree_with_scipy(count: int) -> None:
    """Above 20 differences the estimate is within four standard errors of SciPy's, made of other random signs."""
    differences = np.random.default_rng(count).gamma(0.5, size=count) - 0.42
    found = stats.permutation_test(
        (differences,), np.sum, permutation_type="samples", n_resamples=9_999, rng=np.random.default_rng(1)
    )
    p = sign_flip_p(differences)
    error = np.sqrt(p * (1 - p) * 2 / sign_flips.TRIALS)
    assert 0.001 < p < 0.999
    assert abs(p - found.pvalue) < 4 * error


def test_the_estimate_is_never_zero() -> None:
    """The observed signs count as one combination: p is at least 1 in 10,000."""
    assert sign_flip_p(np.ones(100)) == 1 / (1 + sign_flips.TRIALS)


def test_the_estimate_does_not_depend_on_order_or_scale() -> None:
    """The same differences in another order, with other signs or times a power of two have the same p."""
    differences = np.random.default_rng(3).standard_normal(500) + 0.05
    p = sign_flip_p(differences)
    assert sign_flip_p(differences[::-1]) == p
    assert sign_flip_p(-differences) == p
    assert sign_flip_p(differences * 2.0**900) == p


def test_random_signs_are_even() -> None:
    """Under the hypothesis the p-values are uniform, as a test of random signs must make them."""
    rng = np.random.default_rng(11)
    found = [sign_flip_p(rng.standard_normal(40)) for _ in range(400)]
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_the_largest_number_of_differences_is_looked_at() -> None:
    """MOST differences without any effect are far from significant."""
    signs = np.tile([1.0, -1.0], sign_flips.MOST // 2)
    assert sign_flip_p(signs * np.repeat(np.linspace(0.5, 1.5, sign_flips.MOST // 2), 2)) == 1.0
