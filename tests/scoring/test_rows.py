"""A block becomes scored rows: which rows are left out and why, and what is said of labels that fit no class."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.scored import Grid, coded, fault, scheme, scored
from xent_cli.readers.interface import Block
from xent_cli.scoring import labels as scoring_labels
from xent_cli.scoring import rows, validation
from xent_cli.scoring.options import BadRows
from xent_cli.scoring.scheme import Scheme
from xent_cli.scoring.scored_rows import ScoredRows

PAIR = {"pair": True, "classes": ("no", "yes")}
STATED = {"positive": "yes", "classes": ("no", "yes")}
INF, NAN = math.inf, math.nan


def facts(found: ScoredRows) -> tuple[int, int, int, list[int] | None, dict[str, int]]:
    """How many rows were read, ignored and skipped, which are left, and the rules that were broken."""
    kept = None if found.kept is None else found.kept.tolist()
    return found.read, found.ignored, found.skipped, kept, {rule: b.count for rule, b in found.breaches.items()}


# --- which rows are left


def test_clean_blocks_are_scored_whole() -> None:
    """Where no row is ignored or bad, none is picked out."""
    found = scored("sparse", [[0.25, 0.75]] * 3, {"label": ["0", "1", "1"]}, ignore=("x",))
    assert facts(found) == (3, 0, 0, None, {})
    assert found.loss == pytest.approx([math.log(4), -math.log(0.75), -math.log(0.75)], rel=1e-15)


def test_a_bad_row_is_skipped_whatever_its_label() -> None:
    """Ignored rows and bad ones are counted apart; one that is both is bad; the arrays hold what is left."""
    p = [[0.5, 0.5], [0.25, 0.75], [2.0, 0.0], [0.125, 0.875], [NAN, 0.5], [0.0625, 0.9375]]
    labels: list[str | None] = ["0", "x", "x", "0", "0", "1"]
    found = scored(
        "sparse", p, {"label": labels}, numbers={"w": [1, 2, 3, 4, 5, 6]}, known={"weight": "w"}, ignore=("x",)
    )
    assert facts(found) == (6, 1, 2, [0, 3, 5], {"nan-value": 1, "prob-range": 1})
    assert found.loss == pytest.approx([math.log(2), math.log(8), -math.log(0.9375)], rel=1e-15)
    assert found.weight is not None
    assert found.weight.tolist() == [1.0, 4.0, 6.0]
    assert found.y is not None
    assert found.y.tolist() == [0, 0, 1]
    assert found.numbers(np.array([1, 2])).tolist() == [3, 5]


def test_bad_rows_without_ignored_ones_and_the_reverse() -> None:
    """Either alone leaves the others."""
    bad = scored("sparse", [[0.5, 0.5], [0.5, 0.75], [0.25, 0.75]], {"label": ["0", "0", "0"]})
    assert facts(bad) == (3, 0, 1, [0, 2], {"prob-sum": 1})
    ignored = scored("sparse", [[0.5, 0.5], [0.5, 0.5], [0.25, 0.75]], {"label": ["x", "0", "1"]}, ignore=("x",))
    assert facts(ignored) == (3, 1, 0, [1, 2], {})
    assert ignored.loss == pytest.approx([math.log(2), -math.log(0.75)], rel=1e-15)
    only_bad_is_ignored = scored("sparse", [[0.5, 0.5], [0.5, 9.0]], {"label": ["0", "x"]}, ignore=("x",))
    assert facts(only_bad_is_ignored) == (2, 0, 1, [0], {"prob-range": 1})


def test_targets_of_the_rows_that_are_left() -> None:
    """Target distributions and their rows are picked out together."""
    found = scored("categorical", [[0.5, 0.5], [0.25, 0.75]], targets=[[0.5, 0.75], [0.25, 0.75]])
    assert facts(found) == (2, 0, 1, [1], {"target-sum": 1})
    assert found.shares is not None
    assert found.shares.tolist() == [[0.25, 0.75]]
    assert found.loss == pytest.approx([-0.25 * math.log(0.25) - 0.75 * math.log(0.75)], rel=1e-15)


def test_several_labels_are_ignored_by_any() -> None:
    """A row is ignored where any of its labels is, and bad where any is unknown."""
    known = {"multilabel": True, "label": None, "labels": ("a", "b"), "label_names": ("a", "b")}
    texts: dict[str, list[str | None]] = {"a": ["1", "x", "0", "1", "x"], "b": ["0", "1", "x", "?", "?"]}
    found = scored("binary", [[0.25, 0.5]] * 5, texts, known=known, ignore=("x",))
    assert facts(found) == (5, 2, 2, [0], {"unknown-label": 2})
    assert found.per_label is not None
    assert found.per_label.tolist() == [pytest.approx([math.log(4), math.log(2)], rel=1e-15)]
    texts = {"a": ["1", "0"], "b": ["x", "1"]}
    assert facts(scored("binary", [[0.25, 0.5]] * 2, texts, known=known, ignore=("x",)))[:4] == (2, 1, 0, [1])


@pytest.mark.parametrize("width", [2, 32, 33])
def test_picked_rows_keep_the_order_in_memory_that_kernels_want(width: int) -> None:
    """Up to 32 classes columns are contiguous, above rows are: a bad row must not slow the others down."""
    x = np.full((4, width), 1.0 / width, order="F" if width <= 32 else "C")
    taken = rows._take(x, np.array([0, 2, 3]))
    assert taken.shape == (3, width)
    assert (taken.flags.f_contiguous, taken.flags.c_contiguous) == (width <= 32, width > 32)


# --- empty cells of groups and clusters


def test_empty_groups_are_no_faults() -> None:
    """An empty cell of a group makes the group "", one of a cluster is a missing value, one of a label a bad row."""
    p = [[0.5]] * 3
    texts: dict[str, list[str | None]] = {"label": ["0", None, "1"], "g": [None, "x", "y"], "c": ["k", "k", None]}
    missing = (fault("missing-label", [0], "g"), fault("missing-label", [2], "c"), fault("missing-label", [1], "label"))
    found = scored("binary", p, texts, faults=missing, known={"by": ("g",), "cluster": "c"})
    assert facts(found) == (3, 0, 2, [0], {"missing-value": 1, "missing-label": 1})
    found = scored("binary", p, texts, faults=missing[:2], known={"cluster": "c"})
    assert found.breaches["missing-value"].count == 1
    assert found.breaches["missing-label"].count == 1
    found = scored("binary", p, {**texts, "label": ["0", "0", "1"]}, faults=missing[:1], known={"by": ("g",)})
    assert facts(found) == (3, 0, 0, None, {})
    assert found.groups is not None
    assert [found.groups.keys[code] for code in found.groups.codes] == [("",), ("x",), ("y",)]


def test_a_label_that_makes_groups_is_still_a_label() -> None:
    """A column that is label and group, or label and cluster, must not be empty; other faults of groups stand."""
    texts: dict[str, list[str | None]] = {"label": [None, "1"], "g": ["x", "y"]}
    for known in ({"by": ("label",)}, {"cluster": "label"}):
        found = scored("binary", [[0.5]] * 2, texts, faults=(fault("missing-label", [0], "label"),), known=known)
        assert facts(found) == (2, 0, 1, [1], {"missing-label": 1})
    texts["label"] = ["0", "1"]
    found = scored("binary", [[0.5]] * 2, texts, faults=(fault("encoding", [0], "g"),), known={"by": ("g",)})
    assert facts(found) == (2, 0, 1, [1], {"encoding": 1})
    found = scored("binary", [[0.5]] * 2, texts, faults=(fault("missing-value", [0], "p_0"),))
    assert facts(found) == (2, 0, 1, [1], {"missing-value": 1})


def test_groups_that_lost_rows_are_known() -> None:
    """Bad rows name their groups, ignored ones do not, nor does a row with an empty cell: it may be unreadable."""
    p = [[0.5], [2.0], [0.5], [2.0], [2.0], [0.5]]
    texts: dict[str, list[str | None]] = {
        "label": ["0", "1", "x", "1", "0", "?"], "g": ["a", "a", "b", None, "c", "d"],
        "h": ["k", "k", "k", "k", None, "k"],
    }  # fmt: skip
    for by, skipped_groups in (
        (("g",), {("a",), ("c",), ("d",)}), (("g", "h"), {("a", "k"), ("d", "k")}), (("h",), {("k",)}), ((), set()),
    ):  # fmt: skip
        assert scored("binary", p, texts, ignore=("x",), known={"by": by}).skipped_groups == skipped_groups
    ignored = scored("binary", [[0.5]] * 6, {**texts, "label": ["x"] * 6}, ignore=("x",), known={"by": ("g",)})
    assert (ignored.ignored, ignored.skipped_groups) == (6, frozenset())


# --- which rules hold for which predictions


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(("kind", "known"), [("sparse", {"classes": ("no", "yes")}), ("binary", PAIR)])
@pytest.mark.parametrize("space", ["probs", "logprobs"])
def test_sums_count_where_there_are_several_predictions(
    space: str, kind: str, known: dict[str, Any], normalize: bool
) -> None:
    """Rows have to sum to 1 unless they are rescaled, and may not be all 0 if they are."""
    p = [[0.5, 0.5], [0.5, 0.25], [0.0, 0.0]]
    x = p if space == "probs" else [[math.log(value) if value else -INF for value in row] for row in p]
    found = scored(kind, x, {"label": ["no"] * 3}, known={**known, "space": space}, normalize=normalize)
    expected = (3, 0, 1, [0, 1], {"prob-sum": 1}) if normalize else (3, 0, 2, [0], {"prob-sum": 2})
    assert facts(found) == expected


def test_single_predictions_have_no_sum() -> None:
    """One probability for each label need not add up to anything, and may be 0."""
    assert facts(scored("binary", [[0.0]], {"label": ["0"]})) == (1, 0, 0, None, {})
    assert facts(scored("binary", [[-INF]], {"label": ["0"]}, known={"space": "logprobs"})) == (1, 0, 0, None, {})
    assert facts(scored("binary", [[0.5], [0.25]], {"label": ["0", "1"]})) == (2, 0, 0, None, {})
    known = {"multilabel": True, "label": None, "labels": ("a", "b"), "label_names": ("a", "b")}
    assert facts(scored("binary", [[0.5, 0.25]], {"a": ["1"], "b": ["1"]}, known=known)) == (1, 0, 0, None, {})


def test_tolerances_are_those_of_the_run() -> None:
    """Predictions and targets are held to the tolerance that was asked for."""
    off = [[0.5, 0.5625]]
    for tolerance, bad in ((0.0625, 0), (0.05, 1)):
        chosen = BadRows(sum_tolerance=tolerance)
        assert scored("sparse", off, {"label": ["0"]}, bad_rows=chosen).skipped == bad
        assert scored("categorical", [[0.5, 0.5]], targets=off, bad_rows=chosen).skipped == bad


def test_a_logit_of_its_own_may_be_minus_infinite() -> None:
    """One logit of −Infinity is a probability of 0; all logits of a row of classes are no distribution."""
    alone = scored("binary", [[-INF]], {"label": ["0"]}, known={"space": "logits"})
    assert (facts(alone), alone.loss.tolist()) == ((1, 0, 0, None, {}), [0.0])
    for kind, known in (("sparse", {"classes": ("no", "yes")}), ("binary", PAIR)):
        found = scored(kind, [[-INF, -INF]], {"label": ["no"]}, known={**known, "space": "logits"})
        assert facts(found) == (1, 0, 1, [], {"all-minus-infinity": 1})


@pytest.mark.parametrize(("together", "values"), [(True, [[0.25, 0.75]]), (False, [[0.25]])])
def test_logits_that_look_like_probabilities_are_noticed(together: bool, values: list[list[float]]) -> None:
    """What the checks saw goes on to the notices."""
    kind, label = ("sparse", "1") if together else ("binary", "1")
    assert scored(kind, values, {"label": [label]}, known={"space": "logits"}).seen.distributions
    assert not scored("sparse", [[0.25, 0.5]], {"label": ["1"]}, known={"space": "logits"}).seen.distributions


def test_weights_are_checked() -> None:
    """A row with a negative weight is bad."""
    found = scored("binary", [[0.5]] * 2, {"label": ["0", "1"]}, numbers={"w": [-1.0, 2.0]}, known={"weight": "w"})
    assert facts(found) == (2, 0, 1, [1], {"bad-weight": 1})


def test_weights_are_checked_with_the_largest_class_weight() -> None:
    """A weight is bad where any class weight would take it beyond the doubles; without class weights none does."""
    both: dict[str, Any] = {"numbers": {"w": [1e300, 1e200]}, "known": {"weight": "w"}}
    found = scored("binary", [[0.5]] * 2, {"label": ["0", "1"]}, weights={"0": 1.0, "1": 1e10}, **both)
    assert facts(found) == (2, 0, 1, [1], {"bad-weight": 1})
    both["numbers"] = {"w": [1.5e308, 1.0]}
    assert facts(scored("binary", [[0.5]] * 2, {"label": ["0", "1"]}, **both)) == (2, 0, 0, None, {})


def test_labels_0_and_1_are_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes that stand for themselves are not looked up in a table; any others are."""

    class Table(np.ndarray[Any, Any]):
        def take(self, *_: Any, **__: Any) -> Any:
            raise LookupError

    own = Scheme.truths
    monkeypatch.setattr(Scheme, "truths", lambda self, names: own(self, names).view(Table))
    found = scored("binary", [[0.25]] * 3, {"label": ["0", "1", "1"]})
    assert found.loss == pytest.approx([-math.log(0.75), math.log(4), math.log(4)], rel=1e-15)
    for labels in (["1", "0"], ["0", "1", "0.5"], ["0"], ["1"], ["0", "true", "1"]):
        with pytest.raises(LookupError):
            scored("binary", [[0.25]] * len(labels), {"label": labels})


# --- labels that fit no class

LETTER = "labels are matched exactly: {!r} is a class, {!r} is not"
BLANK_BEFORE = r"; sed -E 's/(^|[,;|]) +/\1/g' FILE | xent score - takes blanks away"
BLANK_BEHIND = r"; sed -E 's/ +([,;|]|$)/\1/g' FILE | xent score - takes blanks away"
BLANKS = r"; sed -E 's/(^|[,;|]) +/\1/g; s/ +([,;|]|$)/\1/g' FILE | xent score - takes blanks away"
QUOTES = "a space stands next to the quotes, which then belong to the label: "
NAMED = "--positive NAME says which label is the positive class; --ignore-label NAME leaves rows out"
LISTED = "--classes A,B,… names the prediction columns in their order; --ignore-label NAME leaves rows out"
NEITHER = "label {!r} is neither 0/1, true/false nor a number in between"
TEN = tuple(f"c{j}" for j in range(10))


@pytest.mark.parametrize(
    ("kind", "known", "label", "message", "cure"),
    [
        ("binary", {}, "zz", NEITHER, NAMED),
        ("binary", {}, " TRUE", NEITHER, LETTER.format("TRUE", " TRUE") + BLANK_BEFORE),
        ("binary", {}, " TRUE ", NEITHER, LETTER.format("TRUE", " TRUE ") + BLANKS),
        ("binary", {}, "1 ", NEITHER, LETTER.format("1", "1 ") + BLANK_BEHIND),
        ("binary", {}, "01 ", NEITHER, LETTER.format("1", "01 ")),
        ("binary", {}, "00 ", NEITHER, LETTER.format("0", "00 ")),
        ("binary", {}, ' "zz"', NEITHER, QUOTES + BLANK_BEFORE[2:]),
        ("binary", {}, ' "1" ', NEITHER, QUOTES + BLANKS[2:]),
        ("binary", {}, '"zz', NEITHER, NAMED),
        ("binary", PAIR, "zz", "label {!r} is none of the classes no, yes", LISTED),
        ("binary", PAIR, "1", "label {!r} is none of the classes no, yes", LISTED),
        ("binary", PAIR, "YES", "label {!r} is none of the classes no, yes", LETTER.format("yes", "YES")),
        ("binary", {"pair": True}, "zz", "label {!r} is none of the classes 0, 1", LISTED),
        ("binary", STATED, "zz", "label {!r} is none of the classes no, yes",
         ("the labels found are zz, none of the given classes: "
         "--classes NEGATIVE,POSITIVE names them, the positive one last")),
        ("binary", STATED, "0", "label {!r} is none of the classes no, yes",
         "the labels found are 0, none of the given classes: leave --classes out, 0/1 and true/false need none"),
        ("binary", STATED, "Yes ", "label {!r} is none of the classes no, yes", LETTER.format("yes", "Yes ")),
        ("sparse", {"classes": ("a", "b")}, "zz", "label {!r} is none of the classes a, b", LISTED),
        ("sparse", {"classes": ("a", "b")}, "B", "label {!r} is none of the classes a, b", LETTER.format("b", "B")),
        ("sparse", {"classes": ("ß", "b")}, "SS", "label {!r} is none of the classes ß, b", LETTER.format("ß", "SS")),
        ("sparse", {"classes": ("7", "0")}, "007", "label {!r} is none of the classes 7, 0", LETTER.format("7", "007")),
        ("sparse", {"classes": ("7", "0")}, "00", "label {!r} is none of the classes 7, 0", LETTER.format("0", "00")),
        ("sparse", {"classes": ("7", "8")}, "008", "label {!r} is none of the classes 7, 8", LETTER.format("8", "008")),
        ("sparse", {"classes": ("7", "a")}, "0a", "label {!r} is none of the classes 7, a", LISTED),
        ("sparse", {"classes": TEN}, "zz", "label {!r} is none of the classes " + ", ".join(TEN), LISTED),
        ("sparse", {"classes": (*TEN, "c10")}, "zz",
         "label {!r} is none of the classes " + ", ".join(TEN) + ", … (11 in all)", LISTED),
    ],
)  # fmt: skip
def test_unknown_labels_in_words(kind: str, known: dict[str, Any], label: str, message: str, cure: str) -> None:
    """The message holds the label and the first ten classes; the cure is the class that was meant, if one is close."""
    width = len(known.get("classes", ("p",))) if kind == "sparse" else 1 + known.get("pair", False)
    found = scored(kind, [[1.0 / width] * width] * 2, {"label": [label, label]}, known=known)
    breach = found.breaches["unknown-label"]
    assert breach.count == 2
    first = breach.examples[0]
    assert (first.message, first.help) == (message.format(label), cure)
    assert (first.row, first.columns, first.values, first.path, first.line) == (0, ("label",), ("label@0",), "f.csv", 2)


@pytest.mark.parametrize(("label", "cure"), [(" TRUE", LETTER.format("TRUE", " TRUE")), (' "zz"', NAMED)])
def test_only_text_has_blanks_to_take_away(label: str, cure: str) -> None:
    """Where rows stand on no line, as in Parquet, no command that edits lines is offered."""
    assert scoring_labels._fit(label, None, (label,), scheme()) == cure


MORE = "the labels found are {}, more than two: xent sparse takes them, with a column for each class; "
LIST = {"classes": ("0", "1", "2"), "predictions_list": True}


@pytest.mark.parametrize(
    ("kind", "known", "labels", "cure"),
    [
        ("binary", {}, ["spam", "ham", "spam"],
         "the labels found are ham, spam: --positive ham or --positive spam says which is the positive class"),
        ("binary", {}, ["a b", "c"], ("the labels found are a b, c: --positive 'a b' or --positive c says which is the "
         "positive class")),
        ("binary", {}, ["a,b", "c"], NAMED),
        ("binary", {}, ["yes", "1"], NAMED),
        ("binary", {}, ["dog", "cat", "fox"], MORE.format("cat, dog, fox") + "--ignore-label NAME leaves rows out"),
        ("binary", {}, ["2", "10", "0", "1"], MORE.format("0, 1, 2, 10") + "--ignore-label NAME leaves rows out"),
        ("binary", {}, ["TOTAL", "0", "1"], NAMED),
        ("binary", {}, ["2.5", "0.5", "1.5"], NAMED),
        ("binary", {}, ["2.5", "7", "9"], NAMED),
        ("binary", STATED, ["1", "0"],
         "the labels found are 0, 1, none of the given classes: leave --classes out, 0/1 and true/false need none"),
        ("binary", STATED, ["spam", "ham"], ("the labels found are ham, spam, none of the given classes: "
         "--classes ham,spam or --classes spam,ham, the positive one last")),
        ("binary", STATED, ["0", "maybe"], ("the labels found are maybe, 0, none of the given classes: "
         "--classes maybe,0 or --classes 0,maybe, the positive one last")),
        ("binary", STATED, ["999999999", "5", "1000000000"], ("the labels found are 1000000000, 5, 999999999, none of "
         "the given classes: --classes NEGATIVE,POSITIVE names them, the positive one last")),
        ("binary", STATED, ["zz", "yes"], ("--classes NEGATIVE,POSITIVE names both labels; --ignore-label NAME leaves "
         "rows out")),
        ("sparse", LIST, ["fox", "cat", "dog", "fox"],
         "--classes cat,dog,fox if the entries of the list are in this order; else name them in theirs"),
        ("sparse", {"classes": ("0", "1")}, ["dog", "cat"],
         "--classes cat,dog if the prediction columns are in this order; else name them in theirs"),
        ("sparse", LIST, ["fox", "cat"], "the labels found are cat, fox: " + LISTED),
        ("sparse", LIST, ["fox", "2", "cat"], LISTED),
    ],
)  # fmt: skip
def test_cures_name_the_labels_found(kind: str, known: dict[str, Any], labels: list[str], cure: str) -> None:
    """The labels of a block that fit no class are listed in order, in a flag that can be pasted where one would do.

    Texts come first, then numbers of up to nine digits by size; longer ones are texts.
    """
    width = len(known["classes"]) if kind == "sparse" else 1
    found = scored(kind, [[1.0 / width] * width] * len(labels), {"label": labels}, known=known)
    assert found.breaches["unknown-label"].examples[0].help == cure


def test_flags_to_be_pasted_hold_200_characters_of_labels() -> None:
    """Labels of 200 characters together are typed into a flag, longer ones are not."""
    for length, typed in ((100, True), (101, False)):
        names = ["a" * 100, "b" * length]
        cure = scored("binary", [[0.5]] * 2, {"label": names}).breaches["unknown-label"].examples[0].help
        assert cure is not None
        assert (
            cure.endswith(f": --positive {names[0]} or --positive {names[1]} says which is the positive class") is typed
        )
        assert (cure == NAMED) is not typed


def test_ignored_and_missing_labels_are_not_listed() -> None:
    """A label that is left out is none that could be named."""
    labels = ["spam", "?", None, "ham"]
    missing = fault("missing-label", [2], "label")
    found = scored("binary", [[0.5]] * 4, {"label": labels}, ignore=("?",), faults=(missing,))
    assert found.breaches["unknown-label"].examples[0].help == (
        "the labels found are ham, spam: --positive ham or --positive spam says which is the positive class"
    )


def test_too_many_labels_are_not_listed() -> None:
    """Beyond a thousand labels of a block none is listed."""
    labels = [f"c{row}" for row in range(1001)]
    cures = [
        scored("binary", [[0.5]] * len(some), {"label": some}, known=known).breaches["unknown-label"].examples[0].help
        for some, known in ((labels, {}), (labels, STATED), (labels[1:], {}))
    ]
    assert cures[:2] == [NAMED, "--classes NEGATIVE,POSITIVE names both labels; --ignore-label NAME leaves rows out"]
    assert str(cures[2]).startswith("the labels found are c1, c10, c100, c1000, c101, ")
    assert "c106, … (1,000 in all), more than two: xent sparse takes them" in str(cures[2])


@pytest.mark.parametrize(("classes", "near"), [(1000, "c7"), (1001, None)])
def test_close_labels_are_looked_for_among_a_thousand(classes: int, near: str | None) -> None:
    """Among more classes than a thousand no close one is looked for: the search is made for every bad row shown."""
    many = scheme("sparse", width=classes, classes=tuple(f"c{j}" for j in range(classes)))
    assert scoring_labels._near("C7", many) == near


def test_the_first_of_several_close_classes_is_named() -> None:
    """A class that is the label without its blanks comes before all, else the first in the order of the classes."""
    of = scheme("sparse", width=3, classes=("YES", "Yes", "yes"))
    assert [scoring_labels._near(label, of) for label in ("yEs", " yes", "Yes ")] == ["YES", "yes", "Yes"]


def test_long_labels_are_cut() -> None:
    """Messages and cures stay readable however long a label is."""
    long = "x" * 500
    (example,) = scored(
        "sparse", [[0.5, 0.5]], {"label": [long.upper()]}, known={"classes": (long, "b")}
    ).breaches["unknown-label"].examples  # fmt: skip
    assert len(example.message) < 250
    assert example.help is not None
    assert len(example.help) < 300


def test_labels_that_are_missing_are_not_unknown() -> None:
    """A missing label, which its reader told of, is no label that fits no class; nor is an ignored one."""
    column = coded(["a", None, "x", "?"])
    of = scheme("sparse", classes=("a", "b"), ignore=("x",))
    assert of.lookup(column.names)[column.codes].tolist()[0] == 0
    found = scored(
        "sparse", [[0.5, 0.5]] * 4, {"label": ["a", None, "x", "?"]}, known={"classes": ("a", "b")}, ignore=("x",),
        faults=(fault("missing-label", [1], "label"),),
    )  # fmt: skip
    assert facts(found) == (4, 1, 2, [0], {"missing-label": 1, "unknown-label": 1})


def test_labels_that_fit_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every label is that of a class, the first one included, no row is looked for."""
    monkeypatch.setattr(validation.BlockBreaches, "report", lambda *_: pytest.fail("rows were looked for"))
    assert scored("sparse", [[0.5, 0.5]] * 2, {"label": ["0", "1"]}, ignore=("x",)).kept is None
    assert scored("binary", [[0.5]] * 2, {"label": ["0", "0.5"]}, ignore=("x",)).kept is None
    assert scored("binary", [[0.5]], {"label": ["1"]}).kept is None


def test_blocks_without_a_fault_to_explain_are_handed_on() -> None:
    """Nothing is copied where no reader found anything, or where there are neither groups nor clusters."""
    found = fault("missing-label", [0], "label")
    for faults, known in (((), {"by": ("g",)}), ((found,), {}), ((), {})):
        block = Block(1, {}, {}, None, None, {}, faults, Grid())
        assert rows._without_empty_groups(block, scheme(**known)) is block


def test_no_rows_at_all() -> None:
    """A block may be empty: then no label is wrong, and none ignored; nor is one where labels are only unknown."""
    breaches = validation.BlockBreaches(Block(2, {}, {}, None, None, {}, (), Grid()), "f.csv")
    of = scheme("sparse", classes=("a", "b"))
    assert scoring_labels._matched(np.empty(0, np.int64), coded([]), "label", of, breaches) is None
    assert breaches.bad is None
    column = coded(["a", "zz"])
    assert scoring_labels._matched(of.lookup(column.names)[column.codes], column, "label", of, breaches) is None
    assert breaches.bad is not None
    assert breaches.bad.tolist() == [False, True]
