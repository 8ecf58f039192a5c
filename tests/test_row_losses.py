"""Checked rows become losses: smoothing, clipping, rescaling and means over labels, against 50 digits."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import mpmath
import pytest

from tests.running import write_csv, xent

LOGITS = [-30.0, -3.5, -0.25, 0.0, 1e-3, 0.75, 20.0, 700.0]
PROBABILITIES = [1e-300, 1e-17, 0.25, 0.5, 0.75, 1.0 - 2.0**-53]


def losses(path: Path, *words: object) -> list[float]:
    """The loss of every row."""
    document = xent(*words[:1], path, *words[1:], "--json", "--samples", "all").document
    return [float(sample["loss"]) for sample in document["samples"]]


def sides(space: str, x: float) -> tuple[Any, Any]:
    """What a row costs where the label is 0 and where it is 1."""
    value = mpmath.mpf(x)
    if space == "logit":
        return mpmath.log1p(mpmath.exp(value)), mpmath.log1p(mpmath.exp(-value))
    return -mpmath.log1p(-value), -mpmath.log(value)


def close(found: float, expected: Any, ulps: float = 6.0) -> bool:
    """Whether a double is within so many units in the last place of the true value."""
    return abs(mpmath.mpf(found) - expected) <= ulps * math.ulp(float(expected))


@pytest.mark.parametrize("a", [1e-9, 1e-3, 0.1, 0.9])
@pytest.mark.parametrize(("space", "values"), [("logit", LOGITS), ("prob", PROBABILITIES)])
def test_smoothed_binary_losses_keep_their_digits(space: str, values: list[float], a: float, tmp_path: Path) -> None:
    """(1 − a)·ℓ(t) + a/2·(ℓ(0) + ℓ(1)), also for a tiny a: 1 − t must not be computed from a rounded t."""
    rows = [[label, value] for value in values for label in (0, 1)]
    found = losses(write_csv(tmp_path / "f.csv", ["label", space], rows), "score", "--label-smoothing", a)
    with mpmath.workdps(400):
        for (label, value), loss in zip(rows, found, strict=True):
            cost = sides(space, value)
            exact = (1 - mpmath.mpf(a)) * cost[int(label)] + mpmath.mpf(a) / 2 * (cost[0] + cost[1])
            assert close(loss, exact), (label, value)


def test_smoothed_soft_labels_and_weights(tmp_path: Path) -> None:
    """Soft labels are mixed as well, and the factor of the positive term stays with that term."""
    path = write_csv(tmp_path / "f.csv", ["label", "prob"], [[0.25, 0.125], [0.75, 0.125]])
    found = losses(path, "score", "--label-smoothing", 0.5, "--pos-weight", 3)
    with mpmath.workdps(50):
        zero, one = sides("prob", 0.125)
        for t, loss in zip((0.25, 0.75), found, strict=True):
            mixed = mpmath.mpf(t) / 2 + mpmath.mpf(1) / 4
            assert close(loss, 3 * mixed * one + (1 - mixed) * zero)


@pytest.mark.parametrize("command", ["binary", "sparse"])
def test_smoothing_two_columns_is_the_same(command: str, tmp_path: Path) -> None:
    """Two columns for two classes are smoothed like one, read as a pair or as classes."""
    path = write_csv(tmp_path / "f.csv", ["label", "p_0", "p_1"], [[0, 0.75, 0.25], [1, 0.875, 0.125]])
    found = losses(path, command, "--label", "label", "--preds", "p_*", "--label-smoothing", 0.25)
    with mpmath.workdps(50):
        exact = [
            -mpmath.mpf(7) / 8 * mpmath.log(0.75) - mpmath.log(0.25) / 8,
            -mpmath.log(0.875) / 8 - mpmath.mpf(7) / 8 * mpmath.log(0.125),
        ]
        assert all(close(loss, value) for loss, value in zip(found, exact, strict=True))


@pytest.mark.parametrize("space", ["logit", "prob"])
def test_clipping_binary_predictions(space: str, tmp_path: Path) -> None:
    """Probabilities are held within [ε, 1 − ε], of logits after the sigmoid (which crashed once)."""
    rows = [[1, -700.0], [0, 700.0], [1, 0.0]] if space == "logit" else [[1, 0.0], [0, 1.0], [1, 0.5]]
    path = write_csv(tmp_path / "f.csv", ["label", space], rows)
    document = xent("score", path, "--clip", 0.125, "--json").document
    found = [sample["loss"] for sample in document["samples"]]
    assert found == pytest.approx([math.log(8), math.log(8), math.log(2)], rel=1e-15)
    assert document["rows"]["clipped"] == 2


def test_clipping_several_labels(tmp_path: Path) -> None:
    """Of a multi-label file each label is clipped; a row is touched where one of them is."""
    rows = [[1, 0, -700.0, 0.0], [0, 1, 0.0, 0.0]]
    path = write_csv(tmp_path / "f.csv", ["t_a", "t_b", "logit_a", "logit_b"], rows)
    document = xent("binary", path, "--targets", "t_*", "--preds", "logit_*", "--clip", 0.125, "--json").document
    found = [sample["loss"] for sample in document["samples"]]
    assert found == pytest.approx([(math.log(8) + math.log(2)) / 2, math.log(2)], rel=1e-15)
    assert document["rows"]["clipped"] == 1


CONFIDENT = [30.0, 20.0, 12.5, 3.5, 0.75, 0.0, -0.25, -6.0, -25.0]
SMALL = 1e-15


@pytest.mark.parametrize("space", ["logit", "logprob"])
@pytest.mark.parametrize("kind", ["binary", "pair", "sparse", "categorical", "multilabel"])
def test_clipping_leaves_the_other_rows_their_digits(kind: str, space: str, tmp_path: Path) -> None:
    """A row within the bounds has the loss that it has without --clip: not that of a probability rounded near 1."""
    if space == "logit":
        columns = {1: lambda z: [z], 2: lambda z: [0.0, z], 3: lambda z: [0.0, z, -40.0 - z]}
    else:
        columns = {
            1: lambda z: [-math.log1p(math.exp(-z))],
            2: lambda z: [-math.log1p(math.exp(z)), -math.log1p(math.exp(-z))],
            3: lambda z: [-math.log1p(math.exp(z)), -math.log1p(math.exp(-z)), -45.0],
        }
    names, labels, rows, words = ["a", "b"], ["t"], [], ["binary", "--label", "t"]
    if kind == "binary":
        names = ["b"]
        rows = [[y, *columns[1](z)] for z in CONFIDENT for y in (0, 1)]
    elif kind == "pair":
        rows, words = [[y, *columns[2](z)] for z in CONFIDENT for y in ("a", "b")], [*words, "--positive", "b"]
    elif kind == "sparse":
        names, words = ["a", "b", "c"], ["sparse", "--label", "t"]
        rows = [[y, *columns[3](z)] for z in CONFIDENT for y in ("a", "b")]
    elif kind == "categorical":
        labels, words = ["t_a", "t_b"], ["categorical", "--targets", "t_*"]
        rows = [[1 - t, t, *columns[2](z)] for z in CONFIDENT for t in (0.0, 1.0, 0.25)]
    else:
        labels, words = ["t_a", "t_b"], ["binary", "--targets", "t_*"]
        rows = [[0, 1, *columns[1](-z), *columns[1](z)] for z in CONFIDENT]
    path = write_csv(tmp_path / "f.csv", [*labels, *(f"{space}_{name}" for name in names)], rows)
    words += ["--preds", f"{space}_*", "--from", f"{space}s"]
    plain = losses(path, *words)
    document = xent(words[0], path, *words[1:], "--clip", SMALL, "--json", "--samples", "all").document
    held = [float(sample["loss"]) for sample in document["samples"]]
    assert document["rows"]["clipped"] == 0
    assert len(held) == len(rows)
    soft = [t not in (0.0, 1.0) for t, *_ in rows] if kind == "categorical" else [False] * len(rows)
    for one, other, loose in zip(plain, held, soft, strict=True):
        assert abs(one - other) <= (4 if loose else 0) * math.ulp(one)


def test_clipping_one_label_leaves_the_others_their_digits(tmp_path: Path) -> None:
    """Of a row only what lies beyond the bounds is held: the mean over labels keeps what is within."""
    path = write_csv(tmp_path / "f.csv", ["t_a", "t_b", "logit_a", "logit_b"], [[1, 1, 700.0, 16.0]])
    words = ("--targets", "t_*", "--preds", "logit_*", "--clip", 1e-9, "--samples", "all", "--json")
    sample = xent("binary", path, *words).document["samples"][0]
    with mpmath.workdps(50):
        exact = (-mpmath.log(mpmath.mpf(1.0 - 1e-9)) + mpmath.log1p(mpmath.exp(-16))) / 2
        assert close(sample["loss"], exact, 2)


def test_smoothing_a_pair_does_not_overflow(tmp_path: Path) -> None:
    """Of two logits a hair from the largest double the costs may overflow where their mixture does not."""
    path = write_csv(tmp_path / "f.csv", ["label", "logit_a", "logit_b"], [["a", 1e308, -1e308], ["b", 1e308, -1e308]])
    words = ("--label", "label", "--preds", "logit_*", "--from", "logits", "--label-smoothing", 0.1)
    found = losses(path, "binary", *words, "--positive", "b")
    assert found == [pytest.approx(2e307 / 2, rel=1e-15), math.inf]


def test_mean_over_labels_does_not_overflow(tmp_path: Path) -> None:
    """The mean of finite losses is finite, also where their sum is not; an infinite one makes it infinite."""
    rows = [[1, 1, -1e308, -1e308], [1, 1, "-inf", -1.0], [1, 1, 0.0, 0.0]]
    path = write_csv(tmp_path / "f.csv", ["t_a", "t_b", "logit_a", "logit_b"], rows)
    found = losses(path, "binary", "--targets", "t_*", "--preds", "logit_*", "--from", "logits")
    assert found == [1e308, math.inf, pytest.approx(math.log(2), rel=1e-15)]


def test_rescaling_refuses_rows_of_zeros(tmp_path: Path) -> None:
    """A row without any probability cannot be rescaled (it gave NaN once); where bad rows are skipped, so is it."""
    for stem, zero, rest in (("p", "0", "0.25,0.5"), ("logprob", "-inf", "-1,-2")):
        path = tmp_path / f"{stem}.csv"
        path.write_text(f"label,{stem}_a,{stem}_b\na,{zero},{zero}\na,{rest}\n")
        answer = xent("score", path, "--normalize", "--json")
        assert (answer.status, answer.out) == (3, "")
        assert answer.errors[0]["message"] == "probabilities of a row sum to 0, so they cannot be rescaled"
        assert answer.errors[0]["where"]["row"] == 1
        skipped = xent("score", path, "--normalize", "--on-bad-row", "skip", "--json").document
        assert (skipped["rows"]["scored"], skipped["rows"]["bad"]) == (1, {"prob-sum": 1})


def test_extremes_yield_numbers_and_not_crashes(tmp_path: Path) -> None:
    """Losses of 1e308, weights of 1e-300 and shares below the smallest double are reported like any others."""
    rows = [["a", -1e308, 1e308, 0.0, 1e308], ["b", 0.0, 1.0, 2.0, 1e-300], ["c", 1.0, 2.0, 3.0, 5e-324]]
    path = write_csv(tmp_path / "f.csv", ["label", "logit_a", "logit_b", "logit_c", "w"], rows)
    for words in ([], ["--weight", "w"], ["--weight", "w", "--divide-by", "count"], ["--unit", "bans"]):
        answer = xent("score", path, *words, "--json")
        assert answer.status == 0, answer.err
        assert answer.document["rows"]["scored"] == 3
    path = write_csv(tmp_path / "g.csv", ["label", "logit_a", "logit_b"], [["a", -8e307, 8e307], ["b", 8e307, -8e307]])
    document = xent("score", path, "--json").document
    assert (document["loss"]["mean"], document["likelihood"]) == (1.6e308, 0.0)
