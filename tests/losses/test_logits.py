"""Losses from logits over classes, log-sum-exp and softmax, against arithmetic of hundreds of digits, in ulps."""

from __future__ import annotations

import math

import numpy as np
import pytest
from mpmath import mpf

from tests.losses.oracles import FAMILIES, INF, WIDTHS, Exact, soft_targets, solved, worst
from xent_cli import losses
from xent_cli.losses import logits


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
