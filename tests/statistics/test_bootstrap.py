"""The streaming bootstrap: exact sums of exact counts, the same for any partition, and intervals that cover."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.running import write_csv, xent
from xent_cli.statistics import bootstrap
from xent_cli.statistics.bootstrap import Replicates, cluster_key, fewest, row_keys, studentized_interval
from xent_cli.statistics.exact.sums import UNIT

Floats = NDArray[np.float64]
KEYS = row_keys(np.arange(5000))
WIDE = st.floats(0, allow_infinity=False, allow_nan=False)


def counts(keys: NDArray[np.uint64], replicates: int, seed: int = 0) -> Floats:
    """The counts of rows in all replicates."""
    return bootstrap._Draws.of(keys, replicates, seed).counts(slice(None))


def losses(n: int, seed: int = 0) -> Floats:
    """Losses such as classifiers have."""
    return np.random.default_rng(seed).exponential(0.4, n)


def test_counts_have_the_moments_of_poisson() -> None:
    """The 256 equally likely counts have mean 1 and variance 1 exactly, and come within 1 % of the Poisson law."""
    table = [int(count) for count in bootstrap._TABLE]
    assert len(table) == 256
    assert Fraction(sum(table), 256) == 1
    assert Fraction(sum(count**2 for count in table), 256) == 2
    for count in range(5):
        assert abs(table.count(count) / 256 - math.exp(-1) / math.factorial(count)) < 0.01


def test_counts_of_rows_are_independent() -> None:
    """Neither rows nor replicates nor seeds go together: correlations are those of chance."""
    drawn = counts(KEYS, 64)
    assert abs(drawn.mean() - 1) < 4 / math.sqrt(drawn.size)
    assert abs(drawn.var() - 1) < 0.01
    between = np.corrcoef(drawn.T) - np.eye(64)
    assert np.abs(between).max() < 5 / math.sqrt(len(drawn))
    rows = np.corrcoef(counts(KEYS[:50], 4000)) - np.eye(50)
    assert np.abs(rows).max() < 5 / math.sqrt(4000)
    assert abs(np.corrcoef(drawn.ravel(), counts(KEYS, 64, 1).ravel())[0, 1]) < 5 / math.sqrt(drawn.size)


def test_replicates_are_exact() -> None:
    """Every sum is the sum of counts times losses in rational arithmetic, over 300 orders of magnitude."""
    generator = np.random.default_rng(5)
    x = losses(300) * 10.0 ** generator.integers(-300, 3, 300)
    w = losses(300, 1) * 10.0 ** generator.integers(-20, 20, 300)
    drawn = counts(KEYS[:300], 20).astype(int)
    found = Replicates.of(KEYS[:300], x, w, 20, 0)
    for place in range(20):
        terms = zip(drawn[:, place].tolist(), x.tolist(), w.tolist(), strict=True)
        exact = [(c, Fraction(loss), Fraction(weight)) for c, loss, weight in terms]
        assert found.rows[place] == sum(c for c, _, _ in exact)
        assert Fraction(found.products[place], 1 << 2 * UNIT) == sum(c * loss * weight for c, loss, weight in exact)
        assert Fraction(found.weights[place], 1 << UNIT) == sum(c * weight for c, _, weight in exact)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(WIDE, WIDE), min_size=1, max_size=40), st.data())
def test_any_partition_in_any_order_gives_the_same(rows: list[tuple[float, float]], data: st.DataObject) -> None:
    """Replicates add: cut anywhere, in any order, they are those of the whole, weighted or not."""
    keys, x, w = KEYS[: len(rows)], np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    part = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    for weights in (None, w):
        whole = Replicates.of(keys, x, weights, 9, 3)
        one, other = (
            Replicates.of(keys[some], x[some], None if weights is None else weights[some], 9, 3)
            for some in (part, ~part)
        )
        assert other + one == whole
        assert Replicates() + whole == whole == whole + Replicates()


def deviations(x: Floats, drawn: Floats, mean: float, w: Floats | None = None) -> Floats:
    """The deviations of all replicates that have any weight, by their definition."""
    found = []
    for c in drawn.T:
        heavy = c if w is None else c * w
        if not heavy.sum():
            continue
        n, own = c.sum(), (heavy @ x) / heavy.sum()
        squares = c @ ((x - own) ** 2 if w is None else (w * (x - own)) ** 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append((own - mean) / np.sqrt(n / np.maximum(n - 1, 0) * squares / heavy.sum() ** 2))
    return np.array(found)


def test_deviations_are_in_standard_errors_of_their_own() -> None:
    """Each replicate's mean is compared in its own standard error: HC1 with weights, of the products by count."""
    x, w = losses(30), losses(30, 1) + 0.1
    drawn = counts(KEYS[:30], 60)
    mean = float(x.mean())
    plain, heavy = Replicates.of(KEYS[:30], x, None, 60, 0), Replicates.of(KEYS[:30], x, w, 60, 0)
    assert plain.deviations(mean) == pytest.approx(deviations(x, drawn, mean), rel=1e-9)
    assert heavy.deviations(mean) == pytest.approx(deviations(x, drawn, mean, w), rel=1e-9)
    assert heavy.deviations(mean, by_count=True) == pytest.approx(deviations(w * x, drawn, mean), rel=1e-9)


def test_replicates_without_spread_say_nothing() -> None:
    """One that drew no row is left out; of rows that are all alike it is infinitely far, of a single one unknown."""
    x = np.array([1.0, 3.0])
    drawn = counts(KEYS[:2], 60)
    found = Replicates.of(KEYS[:2], x, None, 60, 0).deviations(2.0)
    some = drawn[:, drawn.sum(axis=0) > 0]
    assert len(found) == some.shape[1] < 60
    for (first, second), deviation in zip(some.T, found, strict=True):
        if first + second == 1:
            assert math.isnan(deviation)
        elif not (first and second):
            assert deviation == (math.inf if second else -math.inf)
        else:
            assert math.isfinite(deviation)
    assert set(Replicates.of(KEYS[:2], x[:1].repeat(2), None, 60, 0).deviations(1.0)[some.sum(axis=0) > 1]) == {0.0}


def test_ends_are_order_statistics() -> None:
    """Of 999 deviations the 95 % interval takes the 25th and the 975th, of 39 the first and the last."""
    found = np.random.default_rng(8).permutation(np.arange(1.0, 1000.0))
    assert studentized_interval(2000.0, 2.0, found, 0.95) == (2000 - 2 * 975, 2000 - 2 * 25)
    assert studentized_interval(0.0, 1.0, np.arange(1.0, 40.0), 0.95) == (-39.0, -1.0)
    assert studentized_interval(0.0, 1.0, np.arange(1.0, 41.0), 0.95) == pytest.approx((-39.975, -1.025), rel=1e-12)
    unknown = np.append(np.arange(1.0, 39.0), math.nan)
    assert studentized_interval(0.0, 1.0, unknown, 0.95) == (-math.inf, math.inf)
    assert (
        studentized_interval(0.5, 0.0, unknown, 0.95) == studentized_interval(0.5, 1.0, found[:0], 0.95) == (0.5, 0.5)
    )


@pytest.mark.parametrize(("level", "least"), [(0.95, 39), (0.9, 19), (0.99, 199), (0.5, 3), (0.999, 1999)])
def test_fewest_replicates(level: float, least: int) -> None:
    """The fewest are those whose first and last order statistic are the ends."""
    assert fewest(level) == least


def test_interval_covers_and_agrees_with_the_analytic_one() -> None:
    """Nominal 95 % intervals cover the mean in 93.5 to 96.5 % of samples of 100 skewed losses, which t does not."""
    generator, covered, ratios, plain = np.random.default_rng(11), 0, [], 0
    trials, n, replicates = 1500, 100, 199
    for trial in range(trials):
        x = generator.gamma(0.2, 0.5, n)
        drawn = counts(row_keys(np.arange(n) + trial * n), replicates)
        mean, se = float(x.mean()), float(x.std(ddof=1)) / math.sqrt(n)
        low, high = studentized_interval(mean, se, deviations(x, drawn, mean), 0.95)
        covered += low <= 0.1 <= high
        plain += abs(mean - 0.1) <= 1.984 * se
        ratios.append((high - low) / (2 * 1.984 * se))
    assert plain / trials < 0.925
    assert 0.935 < covered / trials < 0.965
    assert np.mean(ratios) == pytest.approx(1.2, abs=0.1)


def sample(folder: Path, rows: int = 900, parts: int = 1) -> list[Path]:
    """Predictions in one file or in several, in the same order."""
    generator = np.random.default_rng(2)
    p = generator.uniform(0.05, 0.95, rows)
    y = (generator.random(rows) < p).astype(int)
    sites, weights = generator.integers(0, 60, rows), generator.exponential(size=rows)
    table = [(int(a), float(b), f"s{c}", float(w)) for a, b, c, w in zip(y, p, sites, weights, strict=True)]
    cuts = np.linspace(0, rows, parts + 1).astype(int).tolist()
    return [
        write_csv(folder / f"{parts}-{place}.csv", ["label", "prob", "site", "w"], table[start:stop])
        for place, (start, stop) in enumerate(pairwise(cuts))
    ]


@pytest.mark.parametrize("flags", [(), ("--cluster", "site"), ("--weight", "w", "--divide-by", "count")])
def test_split_and_threads_change_no_bit(flags: tuple[str, ...], tmp_path: Path) -> None:
    """The interval of the command is the same to the last bit for any split into files and number of threads."""
    words = ("--bootstrap", 200, "--json", *flags)
    whole = xent("score", *sample(tmp_path), *words).document
    for parts, threads in ((3, 1), (7, 2)):
        cut = xent("score", *sample(tmp_path, parts=parts), *words, "--threads", threads).document
        assert cut["loss"] == whole["loss"]
    assert whole["loss"]["ci"]["low"] < whole["loss"]["mean"] < whole["loss"]["ci"]["high"]


def test_method_names_replicates_and_seed(tmp_path: Path) -> None:
    """The JSON says how the interval came about; another seed is another interval, mean and error stay."""
    path = sample(tmp_path)[0]
    first, again, other = (
        xent("score", path, "--bootstrap", 1000, "--json", *seed).document["loss"]
        for seed in ((), ("--seed", 0), ("--seed", 18446744073709551615))
    )
    plain = xent("score", path, "--json").document["loss"]
    assert first["ci"]["method"] == "bootstrap-t, 1,000 replicates, seed 0"
    assert first == again
    assert first["ci"] != other["ci"]
    assert first["mean"] == other["mean"] == plain["mean"]
    assert first["se"] == other["se"] == plain["se"]
    assert first["ci"]["low"] == pytest.approx(plain["ci"]["low"], abs=plain["se"] / 3)


def test_rows_that_are_skipped_keep_the_numbers_of_the_others(tmp_path: Path) -> None:
    """A row's counts belong to its number in the input: what stands before it changes nothing."""
    good = write_csv(tmp_path / "good.csv", ["label", "prob"], [(1, 0.5), (0, 0.25), (1, 0.9)] * 30)
    text = good.read_text().splitlines()
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join([text[0], *text[1:11], "1,oops", *text[11:]]) + "\n")
    flags = ("--bootstrap", 100, "--json", "--on-bad-row", "skip")
    kept = [row for row in range(91) if row != 10]
    values = np.tile([-math.log(0.5), -math.log(0.75), -math.log(0.9)], 30)
    drawn = counts(row_keys(np.array(kept)), 100)
    mean, se = float(values.mean()), float(values.std(ddof=1)) / math.sqrt(len(values))
    low, high = studentized_interval(mean, se, deviations(values, drawn, mean), 0.95)
    ci = xent("score", bad, *flags).document["loss"]["ci"]
    assert [ci["low"], ci["high"]] == pytest.approx([low, high], rel=1e-12)


def test_clusters_are_drawn_together(tmp_path: Path) -> None:
    """With clusters the interval is that of whole clusters, each drawn by its name, wherever its rows stand."""
    path = sample(tmp_path)[0]
    lines = path.read_text().splitlines()
    shuffled = tmp_path / "shuffled.csv"
    order = np.random.default_rng(1).permutation(len(lines) - 1) + 1
    shuffled.write_text("\n".join([lines[0], *(lines[place] for place in order)]) + "\n")
    words = ("--cluster", "site", "--bootstrap", 300, "--json")
    one, other = (xent("score", file, *words).document["loss"] for file in (path, shuffled))
    assert one == other
    assert one["ci"]["method"] == "cluster bootstrap-t, 300 replicates, seed 0"
    assert cluster_key("s1") != cluster_key("s2")


def test_infinite_loss_has_no_interval(tmp_path: Path) -> None:
    """An infinite mean has no interval, whatever its method."""
    path = write_csv(tmp_path / "p.csv", ["label", "prob"], [(1, 0.0), (1, 0.5), (0, 0.5)])
    ci = xent("score", path, "--bootstrap", 50, "--json").document["loss"]["ci"]
    assert (ci["low"], ci["high"], ci["method"]) == ("NaN", "NaN", "undefined: an infinite loss")


@pytest.mark.parametrize(
    ("flags", "cure"),
    [
        (("--bootstrap", "38"), "39 (for a 95% interval) to 10000"),
        (("--bootstrap", "10001"), "39 (for a 95% interval) to 10000"),
        (("--bootstrap", "-1"), "39 (for a 95% interval) to 10000"),
        (("--bootstrap", "100", "--confidence", "0.99"), "199 (for a 99% interval) to 10000"),
        (("--bootstrap", "100", "--seed", "-1"), "2**64"),
        (("--bootstrap", "100", "--seed", "18446744073709551616"), "2**64"),
    ],
)
def test_numbers_out_of_range_are_wrong_use(flags: tuple[str, ...], cure: str, tmp_path: Path) -> None:
    """Too few replicates for the level, too many, a seed that is none: exit 2 with the range."""
    answer = xent("score", sample(tmp_path)[0], *flags)
    assert answer.status == 2
    assert answer.out == ""
    assert cure in answer.err
