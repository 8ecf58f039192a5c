"""Student's t against 50 digits, closed forms and its own inverse."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import copysign, inf, nan, nextafter
from statistics import NormalDist
from typing import Any

import mpmath as mp
import pytest

from tests.statistics.oracles import close
from xent_cli.statistics import student_t
from xent_cli.statistics.student_t import _gamma_ratio, student_t_quantile, student_t_sf

DEGREES = (1, 1.5, 2, 3, 4.2, 7, 29, 30, 59, 61, 400, 1e4, 1e7, inf)

TAILS = (1e-100, 1e-14, 1e-10, 1e-5, 0.01, 0.025, 0.2, 0.2499, 0.2501, 0.4, 0.4999, 0.5 - 2**-40)


def upper_tail(t: Any, df: float) -> Any:
    """P(T > t) for t >= 0, by mpmath's incomplete beta function or the error function at 50 digits."""
    if df == inf:
        return mp.erfc(t / mp.sqrt(2)) / 2
    t, df = mp.mpf(t), mp.mpf(df)
    return mp.betainc(df / 2, mp.mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2


def density(t: float, df: float) -> Any:
    """The density of Student's t, by its definition."""
    if df == inf:
        return mp.npdf(t)
    n = mp.mpf(df)
    return mp.gamma((n + 1) / 2) / mp.gamma(n / 2) / mp.sqrt(n * mp.pi) * (1 + mp.mpf(t) ** 2 / n) ** (-(n + 1) / 2)


@pytest.mark.parametrize("df", DEGREES)
def test_quantile_is_the_inverse_of_the_distribution(df: float) -> None:
    """At the quantile the distribution has its probability, to 1e-14 of t, in all tails and near the middle."""
    with mp.workdps(50):
        for tail in TAILS:
            t = student_t_quantile(tail, df)
            error = (upper_tail(-t, df) - mp.mpf(tail)) / density(t, df)
            assert t < 0
            assert abs(error / t) < (1e-14 if tail > 1e-20 else 5e-14)
            if tail > 1e-5:
                assert close(student_t_quantile(1 - tail, df), -t, 1e-9 if tail < 0.49 else 1e-3)


@pytest.mark.parametrize("tail", [1e-150, *TAILS])
@pytest.mark.parametrize("df", DEGREES)
def test_quantiles_are_approached_from_one_side(tail: float, df: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """The curve of a tail is walked down from the right, that of the middle up from the left: no step goes too far."""
    name, side = ("_tail", -1) if tail <= 0.25 else ("_middle", 1)
    places: list[float] = []
    own = getattr(student_t, name)
    monkeypatch.setattr(student_t, name, lambda t, df: (places.append(t), own(t, df))[1])
    places.append(-student_t_quantile(tail, df))
    assert len(places) > 1
    assert all(side * (after - before) >= -1e-12 * before for before, after in pairwise(places))


@pytest.mark.parametrize("df", DEGREES)
def test_tail_probability(df: float) -> None:
    """The upper tail keeps its digits from the middle to far out, for few and for many degrees of freedom."""
    with mp.workdps(50):
        for t in (0.0, 1e-9, 0.3, 0.99, 1.01, 1.7, 2.9, 3.1, 6.0, 20.0):
            exact = upper_tail(t, df)
            assert abs(mp.mpf(student_t_sf(t, df)) - exact) <= exact * 1e-13
            assert student_t_sf(-t, df) == 1 - student_t_sf(t, df)


@pytest.mark.parametrize("a", [0.5, 1.0, 7.25, 29.5, 30.0, 30.5, 35.0, 60.0, 1e3, 1e5])
def test_gamma_functions_have_a_quotient(a: float) -> None:
    """Γ(a + 1/2) / Γ(a) is rounded but a few times, however small or large a is."""
    with mp.workdps(50):
        exact = mp.gamma(mp.mpf(a) + mp.mpf(1) / 2) / mp.gamma(mp.mpf(a))
        assert abs(_gamma_ratio(a) / exact - 1) <= 1e-15


def test_tails_known_in_closed_form() -> None:
    """One degree of freedom is Cauchy's distribution, two have an algebraic tail, infinitely many are normal."""
    for t in (0.5, 3.0, 1e6):
        assert close(student_t_sf(t, 1), float(mp.atan(1 / mp.mpf(t)) / mp.pi), 1e-14)
        assert close(student_t_sf(t, 2), float(1 / (2 + t * t + t * mp.sqrt(2 + mp.mpf(t) ** 2))), 1e-14)
    for p in (1e-9, 0.3, 0.975):
        assert close(student_t_quantile(p, inf), NormalDist().inv_cdf(p), 1e-14)
        assert close(student_t_quantile(p, 1e12), NormalDist().inv_cdf(p), 1e-10)


def test_quantiles_at_the_ends() -> None:
    """The median is 0, probability 0 and 1 are the infinities, and far tails of few degrees stay finite."""
    assert [student_t_quantile(p, 5) for p in (0.0, 0.5, 1.0)] == [-inf, 0.0, inf]
    assert copysign(1.0, student_t_quantile(0.5, 5)) == 1.0
    assert close(student_t_quantile(1e-150, 1), float(-1 / (mp.pi * mp.mpf("1e-150"))), 1e-12)
    assert (student_t_sf(inf, 3), student_t_sf(-inf, 3), student_t_sf(inf, inf)) == (0.0, 1.0, 0.0)


def test_tails_end_at_1e150() -> None:
    """The square of t must not overflow: beyond 1e150 the tail is 0, up to it it has its digits."""
    assert close(student_t_sf(1e150, 1), float(1 / (mp.pi * mp.mpf("1e150"))), 1e-13)
    assert student_t_sf(nextafter(1e150, inf), 1) == 0.0


@pytest.mark.parametrize("wrong", [-0.1, 1.1, nan, 1e-200])
def test_no_quantile_outside_the_domain(wrong: float) -> None:
    """A probability outside [0, 1], or too small to be told apart, and too few degrees of freedom are refused."""
    attempts: list[Callable[[], float]] = [
        lambda: student_t_quantile(wrong, 5),
        lambda: student_t_quantile(0.5, 0.5),
        lambda: student_t_sf(1.0, nan),
        lambda: student_t_sf(1.0, 0.5),
        lambda: student_t_sf(nan, 3),
    ]
    for attempt in attempts:
        with pytest.raises(ValueError, match="no Student"):
            attempt()
