"""Checked rows become losses: smoothing, clipping, rescaling and means over labels, against 50 digits."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from tests.running import write_csv, xent
from tests.scored import scored
from xent_cli.scoring import row_losses
from xent_cli.scoring.options import BadRows

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


PAIR = {"pair": True, "classes": ("0", "1")}
MANY = {"multilabel": True, "label": None, "labels": ("t_0", "t_1"), "label_names": ("cat", "dog")}
BOTH: dict[str, list[str | None]] = {"t_0": ["1", "0", "1"], "t_1": ["0", "0", "1"]}


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


# --- blocks made by hand: what becomes of each row


def exactly(found: Any, expected: list[Any], ulps: float = 6.0) -> bool:
    """Whether doubles are within so many units in the last place of true values."""
    assert len(found) == len(expected)
    return all(close(float(value), true, ulps) for value, true in zip(found, expected, strict=True))


def test_rescaled_rows_are_told_apart() -> None:
    """--normalize divides each row by its sum, in either space, and marks the rows whose sum was not 1."""
    rows = scored("sparse", [[0.25, 0.5], [0.25, 0.75], [0.125, 0.125]], {"label": ["0", "1", "1"]}, normalize=True)
    assert rows.normalized is not None
    assert rows.normalized.tolist() == [True, False, True]
    with mpmath.workdps(50):
        assert exactly(rows.loss, [mpmath.log(3), -mpmath.log(0.75), mpmath.log(2)])
        half = math.log(0.5)
        logs = [[-1.0, -2.0], [half, half], [-3.0, -1.5]]
        rows = scored("sparse", logs, {"label": ["0", "1", "0"]}, normalize=True, known={"space": "logprobs"})
        totals = [mpmath.log(mpmath.exp(a) + mpmath.exp(b)) for a, b in logs]
        assert exactly(rows.loss, [totals[0] + 1, totals[1] - half, totals[2] + 3])
        assert rows.normalized is not None
        assert rows.normalized.tolist() == [True, False, True]
    assert scored("sparse", [[0.25, 0.75]], {"label": ["0"]}).normalized is None


@pytest.mark.parametrize(
    ("space", "values", "positive"),
    [
        ("probs", [0.5, 0.5000001, 0.25, 1.0], [False, True, False, True]),
        ("logits", [0.0, 1e-300, -1e-300, 40.0], [False, True, False, True]),
        ("logprobs", [-math.log(2), -0.6931471, -0.6931472, 0.0], [False, True, False, True]),
    ],
)
def test_hits_of_one_prediction(space: str, values: list[float], positive: list[bool]) -> None:
    """More than one half predicts the positive class, in every space; one half itself does not."""
    for label in ("0", "1", "0.5", "0.75"):
        rows = scored("binary", [[x] for x in values], {"label": [label] * 4}, known={"space": space})
        assert rows.hits.tolist() == [sign == (float(label) > 0.5) for sign in positive]
        assert rows.hits.dtype == np.bool_


def test_hits_of_several_predictions() -> None:
    """The largest prediction counts, the first of equal ones; of several labels the share that is right."""
    tied = [[0.5, 0.5], [0.25, 0.75], [0.75, 0.25]]
    assert scored("sparse", tied, {"label": ["0", "0", "0"]}).hits.tolist() == [True, False, True]
    assert scored("binary", tied, {"label": ["0", "0", "0"]}, known=PAIR).hits.tolist() == [True, False, True]
    assert scored("binary", tied, {"label": ["1", "1", "1"]}, known=PAIR).hits.tolist() == [False, True, False]
    soft = scored("binary", tied, {"label": ["0.5", "0.75", "0.5"]}, known={"pair": True})
    assert soft.hits.tolist() == [True, True, True]
    categorical = scored("categorical", tied, targets=[[0.5, 0.5], [0.5, 0.5], [0.25, 0.75]])
    assert categorical.hits.tolist() == [True, False, False]
    many = scored("binary", [[0.75, 0.25], [0.75, 0.25], [0.25, 0.25]], BOTH, known=MANY)
    assert many.hits.tolist() == [1.0, 0.5, 0.0]


def test_probabilities_are_those_of_the_file() -> None:
    """What is shown as the probability of a label stands in the file, where it does; else it is made of the loss."""
    index = np.array([1, 0])
    rows = scored("sparse", [[0.1, 0.9], [0.0, 1.0]], {"label": ["0", "0"]}, clip=0.25)
    assert rows.probability(index, 1.0).tolist() == [0.0, 0.1]
    rows = scored("binary", [[0.1], [0.3]], {"label": ["0", "1"]}, clip=0.4)
    assert rows.probability(index, 1.0).tolist() == [0.3, 0.9]
    rows = scored("binary", [[0.1, 0.8999], [0.3, 0.7]], {"label": ["0", "1"]}, known=PAIR, clip=0.4)
    assert rows.probability(index, 1.0).tolist() == [0.7, 0.1]
    for others in (
        scored("binary", [[0.1], [0.3]], {"label": ["0", "0.5"]}),
        scored("binary", [[0.1], [0.3]], {"label": ["0", "1"]}, known={"space": "logits"}),
        scored("sparse", [[0.1, 0.9], [0.3, 0.7]], {"label": ["0", "1"]}, known={"space": "logits"}),
        scored("categorical", [[0.1, 0.9], [0.3, 0.7]], targets=[[1.0, 0.0], [0.0, 1.0]]),
        scored("binary", [[0.1, 0.9], [0.3, 0.7]], {"t_0": ["1", "0"], "t_1": ["0", "1"]}, known=MANY),
    ):
        assert others.predicted is None
        assert others.probability(index, 1.0) == pytest.approx(np.exp(-others.loss[[1, 0]]), rel=1e-15)


def test_labels_as_they_are_shown() -> None:
    """A label column is shown as it stands, targets by the names of their classes."""
    index = np.array([1, 0])
    rows = scored("sparse", [[0.5, 0.5]] * 3, {"label": ["b", "x", "a"]}, ignore=("x",), known={"classes": ("a", "b")})
    assert rows.text.of(index).texts() == ["a", "b"]
    rows = scored("binary", [[0.5]] * 2, {"label": ["FALSE", "0.25"]})
    assert rows.text.of(index).texts() == ["0.25", "FALSE"]
    rows = scored("binary", [[0.5, 0.5]] * 3, BOTH, known=MANY)
    assert rows.text.of(np.arange(3)).texts() == ["cat", "", "cat+dog"]
    rows = scored("categorical", [[0.5, 0.5]] * 2, targets=[[0.25, 0.75], [0.0, 1.0]], known={"classes": ("a", "b")})
    assert rows.text.of(index).texts() == ["b", "a:0.25+b:0.75"]


@pytest.mark.parametrize("column", [None, [1.0, 2.0, 4.0]])
def test_weights_of_classes_multiply_those_of_rows(column: list[float] | None) -> None:
    """Each row weighs as its class does, times its own weight; a soft one as its classes in their shares."""
    more: dict[str, Any] = {"numbers": {}, "known": {}}
    if column is not None:
        more = {"numbers": {"w": column}, "known": {"weight": "w"}}
    times = np.array(column or [1.0] * 3)
    tables = [
        (scored("sparse", [[0.25, 0.25, 0.5]] * 3, {"label": ["2", "0", "1"]}, weights={"0": 3.0, "2": 5.0}, **more),
         [5.0, 3.0, 1.0]),
        (scored("binary", [[0.25]] * 3, {"label": ["0.25", "1", "0"]}, weights={"0": 3.0, "1": 5.0}, **more),
         [0.75 * 3 + 0.25 * 5, 5.0, 3.0]),
        (scored("binary", [[0.25]] * 3, {"label": ["0.25", "1", "0"]}, weights={"1": 5.0}, **more), [2.0, 5.0, 1.0]),
        (scored("categorical", [[0.25, 0.75]] * 3, targets=[[0.5, 0.5], [0.25, 0.75], [0.0, 1.0]],
                weights={"0": 3.0, "1": 7.0}, **more), [5.0, 6.0, 7.0]),
    ]  # fmt: skip
    for rows, expected in tables:
        assert rows.weight is not None
        assert rows.weight.tolist() == (times * expected).tolist()
    plain = scored("sparse", [[0.25, 0.75]] * 3, {"label": ["0", "0", "1"]}, **more)
    assert (None if plain.weight is None else plain.weight.tolist()) == column


def test_classes_of_rows_that_have_just_one() -> None:
    """The class of each row where every target is 0 or 1, else the targets themselves."""
    p = [[0.25, 0.75], [0.5, 0.5], [0.5, 0.5]]
    one = [[0.25], [0.5], [0.5]]
    for rows, hard, shares in (
        (scored("sparse", p, {"label": ["1", "0", "1"]}), [1, 0, 1], None),
        (scored("binary", one, {"label": ["1", "0", "1.0"]}), [1, 0, 1], None),
        (scored("binary", p, {"label": ["1", "0", "1"]}, known=PAIR), [1, 0, 1], None),
        (scored("binary", one, {"label": ["1", "0", "0.5"]}), None, [[1.0], [0.0], [0.5]]),
        (scored("binary", p, BOTH, known=MANY), None, [[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]]),
        (scored("categorical", p, targets=[[0, 1], [1, 0], [0, 1]]), [1, 0, 1], None),
        (scored("categorical", p, targets=[[0, 1], [1, 0], [0.5, 0.5]]), None, [[0, 1], [1, 0], [0.5, 0.5]]),
    ):
        assert (None if rows.y is None else rows.y.tolist()) == hard
        assert (None if rows.shares is None else rows.shares.tolist()) == shares
        if rows.y is not None:
            assert np.issubdtype(rows.y.dtype, np.integer)
    smoothed = scored("categorical", p[:1], targets=[[0.25, 0.75]], smoothing=0.5)
    assert smoothed.shares is not None
    assert smoothed.shares.tolist() == [[0.25, 0.75]]


@pytest.mark.parametrize("unit", ["nats", "bits", "bans"])
@pytest.mark.parametrize("a", [0.0, 0.25])
def test_smoothed_targets_of_classes(a: float, unit: str) -> None:
    """(1 − a)·t + a/k for labels and for targets alike; loss and entropy are of the smoothed targets, in the unit."""
    p = [[0.5, 0.25, 0.25], [0.125, 0.125, 0.75]]
    targets = [[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]]
    rows = scored("categorical", p, targets=targets, smoothing=a, unit=unit)
    hard = scored("sparse", p, {"label": ["1", "2"]}, smoothing=a, unit=unit)
    with mpmath.workdps(50):
        size = {"nats": mpmath.mpf(1), "bits": mpmath.log(2), "bans": mpmath.log(10)}[unit]

        def mixed(target: list[float]) -> list[Any]:
            return [(1 - mpmath.mpf(a)) * t + mpmath.mpf(a) / 3 for t in target]

        def cross(target: list[Any], q: list[Any]) -> Any:
            return -sum(t * mpmath.log(x) for t, x in zip(target, q, strict=True) if t) / size

        assert exactly(rows.loss, [cross(mixed(t), q) for t, q in zip(targets, p, strict=True)])
        assert exactly(hard.loss, [cross(mixed([0, 1, 0]), p[0]), cross(mixed([0, 0, 1]), p[1])])
        assert rows.entropy is not None
        assert exactly(rows.entropy, [cross(mixed(t), mixed(t)) for t in targets])
    assert hard.entropy is None


def test_smoothing_many_classes() -> None:
    """The mixture is the same above the number of classes at which arrays change their order."""
    k = 40
    p = [[1 / 64] * (k - 1) + [25 / 64], [1 / 64] * (k - 1) + [25 / 64]]
    rows = scored("sparse", p, {"label": ["39", "3"]}, smoothing=0.5)
    with mpmath.workdps(50):
        few, much = mpmath.log(64), mpmath.log(mpmath.mpf(64) / 25)
        base = ((k - 1) * few + much) / (2 * k)
        assert exactly(rows.loss, [base + much / 2, base + few / 2])


@pytest.mark.parametrize("k", [2, 32, 33])
def test_smoothed_targets_lie_as_kernels_want_them(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Up to 32 classes columns are contiguous, above rows are; any order is right, one is fast."""
    seen: list[Any] = []

    def kernel(x: Any, t: Any) -> Any:
        seen.append(t)
        return x[:, 0]

    monkeypatch.setitem(row_losses._CATEGORICAL, "probs", kernel)  # type: ignore[arg-type]
    scored("sparse", [[1.0 / k] * k] * 4, {"label": ["0", "1", "0", "1"]}, smoothing=0.5)
    (t,) = seen
    assert (t.flags.f_contiguous, t.flags.c_contiguous) == (k <= 32, k > 32)


@pytest.mark.parametrize("a", [0.0, 0.25])
def test_pairs_of_every_space(a: float) -> None:
    """Two columns cost what each states for its own class: logits by their softmax, logs by themselves."""
    pairs = [[0.5, -1.25], [-700.0, 60.0], [3.0, 3.0]]
    labels: list[str | None] = ["0", "1", "0.25"]
    with mpmath.workdps(400):
        tops = [mpmath.log(mpmath.exp(z0) + mpmath.exp(z1)) for z0, z1 in pairs]
        sides = {
            "logits": [(top - z0, top - z1) for top, (z0, z1) in zip(tops, pairs, strict=True)],
            "logprobs": [(mpmath.mpf(1) / 4, mpmath.mpf(3) / 2)] * 3,
            "probs": [(mpmath.log(4), -mpmath.log(0.75))] * 3,
        }
        for space, x in (("logits", pairs), ("logprobs", [[-0.25, -1.5]] * 3), ("probs", [[0.25, 0.75]] * 3)):
            rows = scored(
                "binary", x, {"label": labels}, smoothing=a, known={**PAIR, "classes": None, "space": space},
                bad_rows=BadRows(sum_tolerance=0.5),
            )  # fmt: skip
            shares = [(1 - mpmath.mpf(a)) * mpmath.mpf(t) + mpmath.mpf(a) / 2 for t in ("0", "1", "0.25")]
            exact = [(1 - t) * zero + t * one for t, (zero, one) in zip(shares, sides[space], strict=True)]
            assert exactly(rows.loss, exact)


@pytest.mark.parametrize("unit", ["nats", "bits"])
def test_each_label_has_its_loss(unit: str) -> None:
    """Of a multi-label file the loss of each label is kept beside their mean, in the same unit."""
    rows = scored("binary", [[0.75, 0.25], [0.75, 0.5], [0.125, 0.25]], BOTH, known=MANY, unit=unit, pos_weight=2.0)
    size = math.log(2) if unit == "bits" else 1.0
    each = np.array(
        [[2 * -math.log(0.75), -math.log(0.75)], [math.log(4), math.log(2)], [2 * math.log(8), 2 * math.log(4)]]
    )
    assert rows.per_label is not None
    assert rows.per_label == pytest.approx(each / size, rel=1e-15)
    assert rows.loss == pytest.approx(each.mean(axis=1) / size, rel=1e-15)
    assert scored("binary", [[0.75]], {"label": ["1"]}).per_label is None


def test_a_loss_that_only_nats_can_hold() -> None:
    """1.7e308 nats are 2.45e308 bits, more than the largest double: an infinite loss, and no warning."""
    huge = {"space": "logits"}
    rows = scored("binary", [[-1.7e308], [-1.0e308]], {"label": ["1", "1"]}, unit="bits", known=huge)
    assert rows.loss.tolist() == [math.inf, 1.0e308 / math.log(2)]
    rows = scored("binary", [[-1.7e308, 0.0]], {"t_0": ["1"], "t_1": ["1"]}, unit="bits", known={**MANY, **huge})
    assert rows.per_label is not None
    assert rows.per_label.tolist() == [[math.inf, 1.0]]


@pytest.mark.parametrize("space", ["probs", "logits", "logprobs"])
def test_clipping_touches_what_costs(space: str) -> None:
    """A row is marked as clipped where the probability of a class with mass was moved, in whatever space it came."""
    p = [[0.0625, 0.9375], [0.5, 0.5], [0.9375, 0.0625]]
    x = [[math.log(value) for value in row] for row in p] if space != "probs" else p
    for kind, known, labels, targets, marks in (
        ("sparse", {}, ["0", "0", "0"], None, [True, False, True]),
        ("binary", PAIR, ["0", "0", "0"], None, [True, False, True]),
        ("categorical", {}, None, [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [True, False, True]),
    ):
        texts: Any = None if labels is None else {"label": labels}
        rows = scored(kind, x, texts, targets=targets, clip=0.125, known={**known, "space": space})
        assert rows.clipped is not None
        assert rows.clipped.tolist() == marks
        assert rows.loss == pytest.approx([math.log(8), math.log(2), -math.log(0.875)], rel=1e-15)
    third = [[0.0625, 0.46875, 0.46875]]
    third = [[math.log(value) for value in row] for row in third] if space != "probs" else third
    for label, mark in (("0", True), ("1", False)):
        rows = scored("sparse", third, {"label": [label]}, clip=0.125, known={"space": space})
        assert rows.clipped is not None
        assert rows.clipped.tolist() == [mark]
    for target, mark in (([0.0, 0.5, 0.5], False), ([0.5, 0.5, 0.0], True), ([1.0, 0.0, 0.0], True)):
        rows = scored("categorical", third, targets=[target], clip=0.125, known={"space": space})
        assert rows.clipped is not None
        assert rows.clipped.tolist() == [mark]
    assert scored("sparse", third, {"label": ["0"]}, known={"space": space}).clipped is None


@pytest.mark.parametrize("space", ["probs", "logprobs"])
def test_clipping_one_prediction(space: str) -> None:
    """A single probability is held within the range as well, given as itself or as its logarithm."""
    p = [0.0625, 0.5, 0.9375]
    x = [[value if space == "probs" else math.log(value)] for value in p]
    rows = scored("binary", x, {"label": ["1", "1", "0"]}, clip=0.125, known={"space": space})
    assert rows.clipped is not None
    assert rows.clipped.tolist() == [True, False, True]
    assert rows.loss == pytest.approx([math.log(8), math.log(2), math.log(8)], rel=1e-15)


def gradient(kind: str, x: list[list[float]], texts: Any = None, **more: Any) -> Any:
    """The gradients of rows."""
    return scored(kind, x, texts, options={"gradient": True}, **more).gradient


def test_gradients_are_differences() -> None:
    """p − t: of classes, of two columns, of one logit, and of each label over their number; smoothed and weighted."""
    p = [[0.125, 0.375, 0.5]]
    assert gradient("sparse", p, {"label": ["1"]}).tolist() == [[0.125, -0.625, 0.5]]
    assert gradient("sparse", p, {"label": ["1"]}, smoothing=0.75).tolist() == [[-0.125, -0.125, 0.25]]
    assert gradient("categorical", p, targets=[[0.5, 0.25, 0.25]]).tolist() == [[-0.375, 0.125, 0.25]]
    pair = [[0.25, 0.75]]
    assert gradient("binary", pair, {"label": ["1"]}, known=PAIR).tolist() == [[0.25, -0.25]]
    assert gradient("binary", pair, {"label": ["0"]}, known=PAIR).tolist() == [[-0.75, 0.75]]
    assert gradient("binary", pair, {"label": ["1"]}, known=PAIR, smoothing=0.25).tolist() == [[0.125, -0.125]]
    one = [[0.75]]
    assert gradient("binary", one, {"label": ["1"]}).tolist() == [[-0.25]]
    assert gradient("binary", one, {"label": ["0"]}).tolist() == [[0.75]]
    assert gradient("binary", one, {"label": ["0.5"]}).tolist() == [[0.25]]
    assert gradient("binary", one, {"label": ["1"]}, smoothing=0.25).tolist() == [[-0.125]]
    assert gradient("binary", one, {"label": ["0"]}, smoothing=0.25).tolist() == [[0.625]]
    assert gradient("binary", one, {"label": ["1"]}, pos_weight=3.0).tolist() == [[-0.75]]
    many = gradient("binary", [[0.75, 0.25]], {"t_0": ["1"], "t_1": ["0"]}, known=MANY)
    assert many.tolist() == [[-0.125, 0.125]]
    many = gradient("binary", [[0.75, 0.25]], {"t_0": ["1"], "t_1": ["0"]}, known=MANY, pos_weight=2.0)
    assert many.tolist() == [[-0.25, 0.125]]
    logits = gradient("binary", [[0.0]], {"label": ["1"]}, known={"space": "logits"})
    assert logits.tolist() == [[-0.5]]


def test_gradients_only_where_they_are_asked_for() -> None:
    """Either option asks for them."""
    for options, given in (({}, False), ({"gradient": True}, True), ({"gradient_norm": True}, True)):
        rows = scored("binary", [[0.75]], {"label": ["1"]}, options=options)
        assert (rows.gradient is not None) is given


def test_keys_and_ids_of_the_rows_that_are_scored() -> None:
    """Groups, clusters (within their group) and ids belong to the rows that are left, in their order."""
    texts: dict[str, list[str | None]] = {
        "label": ["0", "skip", "1"], "g": ["x", "y", "y"], "h": ["u", "u", "v"], "c": ["k", "l", "m"],
    }  # fmt: skip
    known = {"by": ("g", "h"), "cluster": "c"}
    for ignore, left in (((), [0, 2]), (("skip",), [0, 2])):
        given = texts if ignore else {name: [column[row] for row in left] for name, column in texts.items()}
        ids = ["i0", "i1", "i2"] if ignore else ["i0", "i2"]
        rows = scored("binary", [[0.25]] * len(ids), given, ids=ids, known=known, ignore=ignore)
        assert rows.groups is not None
        assert rows.clusters is not None
        assert [rows.groups.keys[code] for code in rows.groups.codes] == [("x", "u"), ("y", "v")]
        assert [rows.clusters.keys[code] for code in rows.clusters.codes] == [("x", "u", "k"), ("y", "v", "m")]
        assert rows.ids.to_pylist() == ["i0", "i2"]
    plain = scored("binary", [[0.25]], {"label": ["0"]})
    assert (plain.groups, plain.clusters, plain.ids) == (None, None, None)


def test_losses_that_overflow_warn_of_nothing() -> None:
    """Smoothing and means of losses near the largest double come without a warning, and with the true value."""
    largest = [[1.5e308, 1.5e308]]
    rows = scored("binary", largest, {"t_0": ["0"], "t_1": ["0"]}, known={**MANY, "space": "logits"}, smoothing=0.5)
    assert rows.loss.tolist() == [pytest.approx(1.125e308, rel=1e-15)]
    rows = scored("binary", largest, {"t_0": ["0"], "t_1": ["0"]}, known={**MANY, "space": "logits"})
    assert rows.loss.tolist() == [1.5e308]
