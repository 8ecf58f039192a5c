"""What a run holds fixed: options that cannot do what they promise are refused, labels mean one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.running import write_csv, xent
from tests.scored import plan, scheme
from xent_cli.contract.errors import UsageError
from xent_cli.scoring.options import Conventions, Options
from xent_cli.scoring.scheme import IGNORED, MISSING, UNKNOWN, Scheme, binary_names, names_one_class

BINARY = (["label", "prob"], [[0, 0.2], [1, 0.7]])
LOGIT = (["label", "logit"], [[0, -1.5], [1, 0.5]])
PAIR = (["label", "p_no", "p_yes"], [["no", 0.75, 0.25], ["yes", 0.5, 0.5]])
SPARSE = (["label", "p_a", "p_b", "p_c"], [["a", 0.5, 0.25, 0.25], ["c", 0.25, 0.25, 0.5]])
LOGITS = (["label", "logit_a", "logit_b", "logit_c"], [["a", 0.5, 0.25, 0.25], ["c", 0.25, 0.25, 0.5]])
SOFT = (["t_a", "t_b", "p_a", "p_b"], [[0.75, 0.25, 0.5, 0.5], [0.5, 0.5, 0.25, 0.75]])
MANY = (["t_a", "t_b", "p_a", "p_b"], [[1, 1, 0.5, 0.5], [0, 1, 0.25, 0.75]])


# --- what labels mean

UNNAMED: dict[str, Any] = {}
SUGGESTED = {"positive": "spam"}
STATED = {"positive": "spam", "positive_stated": True}
CLASSES = {"classes": ("no", "yes"), "positive": "yes"}


@pytest.mark.parametrize(
    ("known", "label", "target"),
    [
        *((UNNAMED, label, 0.0) for label in "0 0.0 false False FALSE 0e5 -0".split()),
        *((UNNAMED, label, 1.0) for label in "1 1.0 true True TRUE 1e0".split()),
        (UNNAMED, "0.25", 0.25), (UNNAMED, "1e-3", 0.001), (UNNAMED, ".5", 0.5),
        *((UNNAMED, label, UNKNOWN) for label in ("", "yes", "2", "-0.25", "-1", "-2", "1.0000001", "tRUE", "spam")),
        (SUGGESTED, "spam", 1.0), (SUGGESTED, "ham", 0.0), (SUGGESTED, "1", 1.0), (SUGGESTED, "true", 1.0),
        (SUGGESTED, "0", 0.0), (SUGGESTED, "0.25", 0.25), (SUGGESTED, "2", 0.0),
        (STATED, "spam", 1.0), (STATED, "ham", 0.0), (STATED, "1", 0.0), (STATED, "true", 0.0), (STATED, "0.25", 0.0),
        ({"positive": "true"}, "true", 1.0), ({"positive": "true"}, "1", 0.0), ({"positive": "0"}, "0", 1.0),
        ({"positive": "0"}, "1", 0.0), ({"positive": "1.5"}, "1.5", 1.0), ({"positive": "1.5"}, "1", 0.0),
        (CLASSES, "no", 0.0), (CLASSES, "yes", 1.0), (CLASSES, "1", UNKNOWN), (CLASSES, "true", UNKNOWN),
    ],
)  # fmt: skip
def test_targets_of_binary_labels(known: dict[str, Any], label: str, target: float) -> None:
    """0/1, true/false and shares between mean themselves, unless names of the classes leave them no meaning."""
    assert scheme(**known).truth_of(label) == target
    assert scheme(ignore=("other", label), **known).truth_of(label) == IGNORED


@pytest.mark.parametrize(
    ("known", "label", "index"),
    [
        ({"classes": ("a", "b")}, "a", 0), ({"classes": ("a", "b")}, "b", 1), ({"classes": ("a", "b")}, "A", UNKNOWN),
        ({"classes": ("a", "b")}, "1", UNKNOWN), ({"classes": ("a", "b")}, "a.0", UNKNOWN),
        ({}, "0", 0), ({}, "2", 2), ({}, "3", UNKNOWN), ({}, "2.0", 2), ({}, "0.0", 0), ({}, "3.0", UNKNOWN),
        ({}, "2.5", UNKNOWN), ({}, "1.00", 1), ({}, ".0", 0), ({}, "1..0", UNKNOWN), ({}, "-1", UNKNOWN),
        ({"classes": ("1.0", "1")}, "1.0", 0), ({"classes": ("1.0", "1")}, "1", 1),
        ({"classes": ("10", "11")}, "10.0", 0), ({"classes": ("10", "11")}, "1.0", UNKNOWN),
        ({"classes": ("a", "b"), "predictions_list": True}, "b", 1),
        ({"classes": ("a", "b"), "predictions_list": True}, "1", 1),
        ({"classes": ("a", "b"), "predictions_list": True}, "2", UNKNOWN),
        ({"classes": ("a", "b"), "predictions_list": True}, "c", UNKNOWN),
        ({"classes": ("1", "0"), "predictions_list": True}, "1", 0),
    ],
)  # fmt: skip
def test_classes_of_labels(known: dict[str, Any], label: str, index: int) -> None:
    """A label names a class letter by letter; 2.0 may stand for class 2, and an index for an entry of a list."""
    assert scheme("sparse", width=3, **known).class_of(label) == index
    assert scheme("sparse", width=3, ignore=("other", label), **known).class_of(label) == IGNORED


def test_tables_of_labels_end_with_the_missing_one() -> None:
    """The meanings of texts in their order, and one more that code −1 finds; none of the special ones is a class."""
    table = scheme("sparse", width=3, ignore=("none",)).lookup(("2", "zz", "none", "0"))
    assert table.tolist() == [2, UNKNOWN, IGNORED, 0, MISSING]
    assert table.dtype == np.int64
    targets = scheme(ignore=("none",)).truths(("1", "zz", "none", "0.25"))
    assert targets.tolist() == [1.0, UNKNOWN, IGNORED, 0.25, MISSING]
    assert targets.dtype == np.float64
    assert len({IGNORED, UNKNOWN, MISSING}) == 3
    assert max(IGNORED, UNKNOWN, MISSING) < 0


# --- what classes there are


def test_classes_and_their_names() -> None:
    """Classes are named in the file, or by their place in a list; the two of a binary file have names for display."""
    listed = scheme("sparse", width=3)
    assert (listed.classes, listed.class_names, listed.k) == (("0", "1", "2"), ("0", "1", "2"), 3)
    assert dict(listed.index) == {"0": 0, "1": 1, "2": 2}
    named = scheme("categorical", width=9, classes=("x", "y"))
    assert (named.class_names, named.k, dict(named.index)) == (("x", "y"), 2, {"x": 0, "y": 1})
    assert (scheme().k, scheme().class_names) == (2, ("0", "1"))
    assert scheme(width=7, **CLASSES).class_names == ("no", "yes")
    assert scheme(width=7, **CLASSES).k == 2
    assert binary_names(plan()) == ("0", "1")
    assert binary_names(plan(**CLASSES)) == ("no", "yes")
    assert binary_names(plan(**SUGGESTED)) == ("not spam", "spam")


@pytest.mark.parametrize(
    ("known", "alone"),
    [
        (UNNAMED, False), (SUGGESTED, False), (STATED, True), ({"positive": "1"}, True), ({"positive": "FALSE"}, True),
        ({"positive": "7"}, True), ({"positive": "1.5"}, True), ({"positive": "x1"}, False),
    ],
)  # fmt: skip
def test_names_that_decide_alone(known: dict[str, Any], alone: bool) -> None:
    """A stated positive class decides alone, and so does one that reads as a number or a truth value."""
    assert names_one_class(plan(**known)) is alone


@pytest.mark.parametrize("weight", [None, "w"])
@pytest.mark.parametrize("table", [None, {"1": 2.0}])
def test_rows_have_weights_from_either_source(weight: str | None, table: dict[str, float] | None) -> None:
    """A weight column or weights of classes: either makes a weighted run."""
    of = Scheme.of(plan(weight=weight), Options(), 1, table)
    assert of.weighted is (weight is not None or table is not None)
    assert of.class_weight is table


# --- options that do not fit


def test_a_list_of_classes_is_cut_only_where_it_is_long() -> None:
    """Ten names are all of ten, and eleven are one too many."""
    for width, end in ((10, "8, 9"), (11, "8, 9, …")):
        with pytest.raises(UsageError) as refusal:
            Scheme.of(plan("sparse"), Options(Conventions(class_weight={"zz": 2.0})), width, None)
        assert str(refusal.value.problems[0].help).endswith(end)


def test_classes_of_a_list_without_rows_are_not_judged() -> None:
    """Weights of classes are not refused where no row tells how many classes there are; a binary file has two."""
    weights = Options(Conventions(class_weight={"zz": 2.0}))
    assert Scheme.of(plan("sparse", predictions_list=True), weights, 0, None).classes == ()
    with pytest.raises(UsageError):
        Scheme.of(plan(), weights, 0, None)


@pytest.mark.parametrize(
    ("kind", "known", "chosen"),
    [
        ("sparse", {}, {"normalize": True}), ("categorical", {"space": "logprobs"}, {"normalize": True}),
        ("binary", {"pair": True, "predictions": ("p", "q")}, {"normalize": True}),
        ("binary", {}, {"pos_weight": 2.0}), ("binary", {"multilabel": True}, {"pos_weight": 2.0}),
        ("binary", {}, {"ignore": ("x",)}), ("sparse", {}, {"ignore": ("x",)}),
        ("categorical", {}, {"pos_weight": 1.0}),
        ("binary", {}, {"class_weight": {"0": 1.0, "1": 2.0}}), ("sparse", {}, {"class_weight": {"2": 1.0}}),
        ("sparse", {}, {"class_weight": "balanced"}), ("binary", {"multilabel": True}, {}),
    ],
)  # fmt: skip
def test_options_that_fit_are_not_refused(kind: str, known: dict[str, Any], chosen: dict[str, Any]) -> None:
    """Each option is accepted by every kind of file that it can change the number of."""
    options = Options(Conventions(**chosen))
    assert Scheme.of(plan(kind, **known), options, 3, None).options is options


@pytest.mark.parametrize(
    ("command", "data", "words", "message", "cure"),
    [
        ("score", LOGITS, "--normalize", "--normalize rescales probabilities, and these are logits", "leave"),
        ("score", LOGIT, "--normalize", "--normalize rescales probabilities, and these are logits", "leave"),
        ("score", BINARY, "--normalize", "--normalize rescales the probabilities of a row", "leave it out"),
        ("binary", MANY, "--normalize", "--normalize rescales the probabilities of a row", "leave it out"),
        ("score", SPARSE, "--pos-weight 2", "--pos-weight is for a binary loss, and this is sparse", "--class-weight"),
        ("score", SOFT, "--pos-weight 2", "--pos-weight is for a binary loss, and this is cat", "--class-weight"),
        ("binary", PAIR, "--pos-weight 2", "--pos-weight takes one prediction for each label", "--preds p_yes"),
        ("score", SOFT, "--ignore-label a", "--ignore-label names a label, and there are only targets", "leave"),
        ("binary", MANY, "--class-weight 1=2", "--class-weight weighs the classes of one label", "--pos-weight"),
        ("binary", MANY, "--class-weight balanced", "--class-weight weighs the classes of one label", "--pos-weight"),
        ("score", SPARSE, "--class-weight a=1,d=2", "--class-weight names 'd', which is not a class", "are a, b, c"),
        ("score", BINARY, "--class-weight yes=2", "--class-weight names 'yes', which is not a class", "are 0, 1"),
        ("binary", PAIR, "--class-weight 1=2", "--class-weight names '1', which is not a class", "are no, yes"),
        ("score", SOFT, "--class-weight balanced", "--class-weight balanced counts the rows", "give the weights"),
    ],
)  # fmt: skip
def test_options_that_would_do_nothing_or_wrong(
    command: str, data: tuple[list[str], list[list[object]]], words: str, message: str, cure: str, tmp_path: Path
) -> None:
    """An option that does not fit the file is wrong use: it must not be ignored, nor named in a signature."""
    path = write_csv(tmp_path / "f.csv", *data)
    answer = xent(command, path, *words.split(), "--json")
    assert (answer.status, answer.out) == (2, "")
    (error,) = answer.errors
    assert error["rule"] == "option"
    assert error["message"].startswith(message)
    assert cure in error["help"]


def test_the_cure_for_two_columns_works(tmp_path: Path) -> None:
    """Where --pos-weight is refused for a pair, naming the column of the positive class gives the weighted loss."""
    path = write_csv(tmp_path / "f.csv", *PAIR)
    answer = xent("binary", path, "--preds", "p_yes", "--positive", "yes", "--pos-weight", "2", "--json")
    losses = [sample["loss"] for sample in answer.document["samples"]]
    assert losses == pytest.approx([-0.2876820724517809 * -1, 2 * 0.6931471805599453], rel=1e-15)


def test_long_lists_of_classes_are_cut(tmp_path: Path) -> None:
    """A refusal names ten classes of a thousand."""
    names = [f"c{j}" for j in range(12)]
    path = write_csv(tmp_path / "f.csv", ["label", *(f"p_{name}" for name in names)], [["c0", *[1 / 12] * 12]])
    (error,) = xent("score", path, "--class-weight", "zz=2", "--json").errors
    assert error["help"] == "the classes are c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, …"


@pytest.mark.parametrize("label", ["\uff11", "\u0661", "\u0660.5", "1_0", " 1", "1 ", "0x1", "infinity", "nan", "1.5"])
def test_numbers_that_are_no_label(label: str, tmp_path: Path) -> None:
    """A binary label is 0, 1, true, false or a plain number between: digits of other scripts are not taken for them."""
    path = write_csv(tmp_path / "f.csv", ["label", "prob"], [[1, 0.5], [label, 0.5]])
    answer = xent("score", path, "--json")
    assert (answer.status, answer.errors[0]["rule"]) == (3, "unknown-label")
