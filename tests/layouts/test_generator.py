"""The generator of labelled layouts: its meanings are right, its files the same each time, and nothing is left out."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.layouts import run as running
from tests.layouts.cures import pastes
from tests.layouts.draft import KNOWN, NOTHING, QUESTION, Layout
from tests.layouts.make import RECIPES, layout, text, write
from tests.layouts.meaning import Reading, agree, mean, number, same_label
from tests.running import Answer

ROOT = Path(__file__).resolve().parents[2]
SEED = 1
MANY = 2500


@pytest.fixture(scope="module")
def layouts() -> list[Layout]:
    """A good many layouts of one seed."""
    return [layout(SEED, i) for i in range(MANY)]


# the meaning ------------------------------------------------------------------------------------------------------


def test_the_meant_means_are_those_of_scikit_learn(layouts: list[Layout]) -> None:
    """For every form and space the mean is what log_loss gives for the arrays that the layout was read into."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for made in layouts:
        reading = made.reading
        if reading is None or seen[reading.form, reading.space, reading.of] > 25:
            continue
        found = by_scikit_learn(reading, made.columns)
        if found is not None:
            seen[reading.form, reading.space, reading.of] += 1
            assert mean(reading, made.columns) == pytest.approx(found, rel=1e-9), made
    assert seen.keys() >= {
        ("binary", "probs", "positive"), ("binary", "probs", "decision"), ("binary", "probs", "label"),
        ("binary", "logits", "positive"), ("binary", "logprobs", "positive"), ("classes", "probs", "positive"),
        ("classes", "logits", "positive"), ("classes", "logprobs", "positive"), ("multilabel", "probs", "positive"),
        ("targets", "probs", "positive"), ("targets", "logits", "positive"),
    }  # fmt: skip


def by_scikit_learn(reading: Reading, columns: dict[str, list[Any]]) -> float | None:
    """The mean loss by scikit-learn and SciPy; None where rows are rounded so that scikit-learn warns."""
    from sklearn.metrics import log_loss

    p = probabilities(reading, columns)
    if reading.form == "binary":
        said = None if reading.decision is None else columns[reading.decision]
        return one_column(reading, columns[reading.label[0]], said, p[:, 0])
    if reading.form == "multilabel":
        truth = np.array([columns[name] for name in reading.label])
        return float(np.mean([log_loss(t, p[:, j], labels=[0, 1]) for j, t in enumerate(truth)]))
    if np.abs(p.sum(axis=1) - 1).max() > 1e-7:
        return None
    if reading.form == "classes":
        y = [
            next(j for j, c in enumerate(reading.classes) if same_label(c, label))
            for label in columns[reading.label[0]]
        ]
        return float(log_loss(y, p, labels=list(range(p.shape[1]))))
    targets = np.array(
        columns[reading.label[0]] if len(reading.label) == 1 else [columns[name] for name in reading.label]
    )
    targets = targets if len(reading.label) == 1 else targets.T
    n, k = p.shape
    y = np.tile(np.arange(k), n)
    return float(log_loss(y, np.repeat(p, k, axis=0), sample_weight=targets.ravel(), labels=list(range(k))))


def one_column(reading: Reading, labels: list[Any], decisions: list[Any] | None, p: Any) -> float:
    """The mean loss of one probability: soft labels are split into a weighted 1 and 0."""
    from sklearn.metrics import log_loss

    if reading.of == "label":
        truth = np.ones(len(p))
    elif decisions is not None:
        truth = np.array([float(same_label(a, b)) for a, b in zip(labels, decisions, strict=True)])
    elif reading.positive is None:
        truth = np.array(labels, dtype=float)
    else:
        truth = np.array([float(same_label(label, reading.positive)) for label in labels])
    y = np.repeat([1, 0], len(p))
    weights = np.concatenate([truth, 1 - truth])
    return float(log_loss(y, np.tile(p, 2), sample_weight=weights, labels=[0, 1]))


def probabilities(reading: Reading, columns: dict[str, list[Any]]) -> Any:
    """The predictions of a reading as an array of probabilities."""
    from scipy.special import expit, softmax

    first = columns[reading.preds[0]]
    if isinstance(first[0], dict):
        values = np.array([[row[name] for name in reading.classes] for row in first])
    elif isinstance(first[0], list):
        values = np.array(first)
    else:
        values = np.array([[number(cell) for cell in columns[name]] for name in reading.preds]).T
    if reading.space == "logprobs":
        return np.exp(values)
    if reading.space == "logits":
        return softmax(values, axis=1) if reading.form in {"classes", "targets"} else expit(values)
    return values


def test_xent_gives_the_meant_number_where_everything_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With label, predictions, space and classes as flags xent gives the meant number or refuses, never another one."""
    monkeypatch.chdir(tmp_path)
    right = 0
    for i in range(250):
        made = layout(SEED, i)
        if made.reading is None or made.reading.of != "positive":
            continue
        answer = running._scored(*explicit(made.reading, write(made, Path())))
        if answer.status == 0:
            right += 1
            assert agree(running._number(answer), made.mean or 0.0), made
        else:
            assert answer.status in {2, 3}, made
    assert right > 180


def explicit(reading: Reading, file: str) -> list[str]:
    """The command that leaves nothing to infer."""
    command = {"binary": "binary", "multilabel": "binary", "classes": "sparse", "targets": "categorical"}[reading.form]
    words = [command, file, "--from", reading.space, "--preds", selector(reading.preds)]
    words += ["--label" if reading.form in {"binary", "classes"} else "--targets", selector(reading.label)]
    if reading.form == "classes":
        words += ["--classes", ",".join(reading.classes)]
    if reading.form == "binary" and reading.positive not in {None, "1", "1.0", "True"}:
        words += ["--positive", str(reading.positive)]
    return words


def selector(names: tuple[str, ...]) -> str:
    """Names as a selector that is nothing else."""
    return ",".join('"' + name.replace('"', '""') + '"' for name in names)


def test_a_mean_by_hand() -> None:
    """Two rows: -(ln 0.7 + ln 0.8) / 2, the second through its decision."""
    columns: dict[str, list[Any]] = {"y": ["a", "b"], "d": ["a", "a"], "p": [0.7, 0.2]}
    found = mean(Reading(("y",), ("p",), "binary", of="decision", decision="d"), columns)
    assert found == pytest.approx(-(math.log(0.7) + math.log(0.8)) / 2, rel=1e-15)


# honesty ----------------------------------------------------------------------------------------------------------


def test_predictions_are_what_the_meaning_says(layouts: list[Layout]) -> None:
    """Probabilities lie in [0, 1] and those of all classes add up to 1; the probability of a decision favours it."""
    for made in layouts:
        if made.reading is None or made.reading.space == "logits":
            continue
        p = probabilities(made.reading, made.columns)
        assert (p >= 0).all(), made
        assert (p <= 1).all(), made
        if made.reading.form == "classes":
            assert np.abs(p.sum(axis=1) - 1).max() < 0.0100001, made
        if made.reading.of == "decision":
            assert p.min() >= 0.5, made


def test_the_owner_of_one_column_of_probabilities_would_see_a_contradiction(layouts: list[Layout]) -> None:
    """Beside decisions the probability of the positive class is below one half on one of them, so that values tell."""
    for made in layouts:
        reading = made.reading
        if made.answer == KNOWN and reading is not None and reading.form == "binary" and reading.of == "positive":
            p = probabilities(reading, made.columns)
            assert p.min() < 0.5, made


def test_a_question_has_two_answers(layouts: list[Layout]) -> None:
    """Where a file leaves several readings they give different numbers; else there is nothing to ask."""
    for made in layouts:
        if made.answer == QUESTION and made.others:
            first, *others = made.allowed
            assert not all(agree(first, other) for other in others), made
        assert (made.answer == NOTHING) == (made.reading is None)


def test_headers_name_each_column_once(layouts: list[Layout]) -> None:
    """A file has no name twice but for Weka's, which leaves the names of a distribution empty."""
    for made in layouts:
        names = [made.titles.get(name, name) for name in made.columns]
        assert len(set(names)) == len(names) or made.source == "Weka", names
        assert len({len(values) for values in made.columns.values()}) == 1


# the choice -------------------------------------------------------------------------------------------------------


def test_every_kind_occurs(layouts: list[Layout]) -> None:
    """Each kind of file, each tool, each form of a file and each answer is among a few thousand layouts."""
    kinds = Counter(made.kind for made in layouts)
    for kind in (
        "binary, one column", "binary, two columns", "class columns", "list", "logits", "logprobs", "multi-label",
        "soft or one-hot targets", "probability of the decision", "probability of the label",
        "probability of the other class", "several models", "calibrated twin", "logits beside probabilities",
        "which class is positive", "order of the classes", "two labels", "nothing to score",
    ):  # fmt: skip
        assert kinds[kind] >= 3, kind
    assert {made.answer for made in layouts} == {KNOWN, QUESTION, NOTHING}
    sources = {made.source for made in layouts}
    assert sources >= {
        "hand", "scikit-learn", "Spark ML", "H2O", "caret", "tidymodels", "mlr3", "AutoGluon", "AutoML benchmark",
        "MLflow", "evidently", "Kaggle", "fastai", "Keras", "HF pipeline", "HF Trainer", "Vertex AI", "SageMaker",
        "BigQuery ML", "DataRobot", "Orange", "Weka", "KNIME", "RapidMiner", "PyCaret", "Azure ML",
    }  # fmt: skip
    assert {made.form for made in layouts} >= {"csv", "tsv", "csv list", "csv numpy", "parquet", "parquet list"}


def test_every_decoy_occurs(layouts: list[Layout]) -> None:
    """Each column that may be mistaken for another is among a few thousand layouts."""
    decoys = Counter(decoy for made in layouts for decoy in made.decoys)
    for decoy in (
        "decision as number", "decision as text", "decision as true/false", "decision by index", "id", "timestamp",
        "feature", "feature in [0, 1]", "feature of text", "feature 0/1", "split", "fold", "other models",
        "decision of another model", "probability of the decision", "probability of the other class",
        "calibrated twin", "logits beside probabilities", "correct", "loss", "weight", "label by number", "constant",
    ):  # fmt: skip
        assert decoys[decoy] >= 2, decoy


def test_every_recipe_is_drawn(layouts: list[Layout]) -> None:
    """No recipe has a weight so small that a run of 5,000 could miss it, and most files can be read without asking."""
    total = sum(RECIPES.values())
    assert all(weight / total * 5000 > 5 for weight in RECIPES.values())
    answers = Counter(made.answer for made in layouts)
    assert answers[KNOWN] / len(layouts) > 0.85


def test_labels_and_predictions_stand_in_many_orders(layouts: list[Layout]) -> None:
    """The label comes before the predictions, behind them and among them."""
    places = Counter()
    for made in layouts:
        if made.reading is not None and len(made.reading.preds) > 1 and len(made.reading.label) == 1:
            names = list(made.columns)
            spots = [names.index(name) for name in made.reading.preds]
            at = names.index(made.reading.label[0])
            places["before" if at < min(spots) else "behind" if at > max(spots) else "among"] += 1
    assert all(places[place] > 20 for place in ("before", "behind", "among")), places


# the same each time -----------------------------------------------------------------------------------------------


def test_a_layout_is_the_same_each_time(tmp_path: Path) -> None:
    """A layout follows from seed and number alone: in another process, with other hashes, in any order."""
    code = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.layouts.make import layout\n"
        "print([repr(layout(7, i)) for i in (3, 1, 2, 150)])\n"
    )
    words = [sys.executable, "-c", code]
    out = subprocess.run(
        words, capture_output=True, text=True, check=True, cwd=ROOT, env={"PYTHONHASHSEED": "5"}
    ).stdout
    assert out.strip() == str([repr(layout(7, i)) for i in (3, 1, 2, 150)])
    for i in range(60):
        files = []
        for name in ("a", "b"):
            (tmp_path / name).mkdir(exist_ok=True)
            files.append((tmp_path / name / write(layout(SEED, i), tmp_path / name)).read_bytes())
        assert files[0] == files[1]
    assert layout(SEED, 1).columns != layout(SEED + 1, 1).columns


def test_files_hold_the_columns(layouts: list[Layout], tmp_path: Path) -> None:
    """What was written comes back: text by the csv module, Parquet by Arrow."""
    import csv

    from pyarrow import parquet

    for made in layouts[:150]:
        path = tmp_path / write(made, tmp_path)
        rows = len(next(iter(made.columns.values())))
        if path.suffix == ".parquet":
            table = parquet.read_table(path)
            assert (table.num_rows, table.column_names) == (rows, list(made.columns))
        else:
            lines = list(csv.reader(text(made).splitlines(), delimiter="\t" if made.form == "tsv" else ","))
            assert lines[0] == [made.titles.get(name, name) for name in made.columns]
            assert {len(line) for line in lines} == {len(made.columns)}
            assert len(lines) == rows + 1


# the commands in a message ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("--positive no or --positive yes says which is the positive class", ["--positive no", "--positive yes"]),
        ("--preds score --from probs or --preds score --from logits says what it is", ["--preds score --from probs", "--preds score --from logits"]),
        ("--preds 'p 0,p 1' --from logits; --normalize rescales", ["--preds 'p 0,p 1' --from logits", "--normalize"]),
        ("--label COLUMN says which it is: a, b; --labels FILE reads it from another file", []),
        ("--classes A,B,… names the prediction columns in their order", []),
        ("name the classes: `--classes b,a`, if so", ["--classes b,a"]),
        ("`xent compare preds.csv --models lr,rf` compares them", ["xent compare preds.csv --models lr,rf"]),
        ("use xent score preds.csv --of decision --decision pred_label.", ["xent score preds.csv --of decision --decision pred_label."]),
        ("xent binary scores one probability", ["xent binary"]),
        ("for independent labels use xent binary with --targets and --preds", ["xent binary"]),
        ("--positive POSITIVE", ["--positive POSITIVE"]),
        ("(--positive 1), if these are", ["--positive 1"]),
        ("--preds 'P (Y=1)' if that is it", ["--preds 'P (Y=1)'"]),
        ("a decimal comma is not read: write decimals with a point", []),
    ],
)  # fmt: skip
def test_commands_are_found_in_messages(message: str, expected: list[str]) -> None:
    """Flags with their values up to the prose, whole commands, text in backquotes; placeholders are no commands."""
    found = pastes([{"help": message}], {"NEGATIVE", "POSITIVE", "a", "b"})
    assert [str(paste) for paste in found] == expected


# the verdicts -----------------------------------------------------------------------------------------------------


def scored(value: float) -> Answer:
    """A run that gave a number."""
    columns = {"kind": "binary", "predictions": ["p"], "label": "y", "targets": []}
    return Answer(0, json.dumps({"loss": {"mean": value}, "columns": columns}), "")


def refused(cure: str, status: int = 3) -> Answer:
    """A run that was refused with a cure."""
    return Answer(status, "", json.dumps({"errors": [{"rule": "rule", "message": "no", "help": cure}]}))


MEANT = -(math.log(0.7) + math.log(0.8)) / 2
CASES: list[tuple[str, Answer, dict[str, Answer], str]] = [
    (KNOWN, scored(MEANT), {}, "right"),
    (KNOWN, scored(0.5), {}, "wrong"),
    (KNOWN, refused("--from probs"), {"--from": scored(MEANT)}, "paste"),
    (KNOWN, refused("--from probs"), {"--from": scored(0.5)}, "wrong"),
    (KNOWN, refused("--from probs or --positive 1"), {"--from": scored(MEANT), "--positive": scored(0.5)}, "wrong"),
    (KNOWN, refused("--from probs"), {"--from": refused("")}, "no way"),
    (KNOWN, refused("it is not known which"), {}, "no way"),
    (KNOWN, refused("", status=70), {}, "wrong"),
    (QUESTION, scored(MEANT), {}, "wrong"),
    (QUESTION, refused("--positive 1 or --positive 0"), {"1": scored(MEANT), "0": scored(1.6094379124341003)}, "wrong"),
    (NOTHING, scored(0.0), {}, "wrong"),
    (NOTHING, refused("write predict_proba()"), {}, "refused"),
    (NOTHING, refused("--preds p"), {"--preds": scored(math.inf)}, "wrong"),
]


@pytest.mark.parametrize(("answer", "first", "then", "verdict"), CASES)
def test_verdicts(
    answer: str, first: Answer, then: dict[str, Answer], verdict: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A number counts by whether it is the meant one, a refusal by the numbers that its commands lead to."""
    columns: dict[str, list[Any]] = {"y": [1, 0], "p": [0.7, 0.2]}
    reading = None if answer == NOTHING else Reading(("y",), ("p",), "binary", positive="1")
    made = Layout(1, "hand", "binary, one column", (), "csv", columns, answer, reading)

    def answered(*words: str) -> Answer:
        return next((found for word, found in then.items() if word in words), first)

    monkeypatch.setattr(running, "_scored", answered)
    assert running.judge(made, tmp_path).verdict == verdict


def test_each_answer_to_a_question_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a file leaves two readings both may be offered, and the owner's must be."""
    columns: dict[str, list[Any]] = {"y": ["a", "b"], "p": [0.7, 0.2]}
    readings = [Reading(("y",), ("p",), "binary", positive=name) for name in ("a", "b")]
    made = Layout(1, "hand", "which", (), "csv", columns, QUESTION, readings[0], (readings[1],))
    numbers = {name: scored(mean(reading, columns)) for name, reading in zip("ab", readings, strict=True)}

    def answered(*words: str) -> Answer:
        return numbers.get(words[-1], refused("--positive a or --positive b"))

    monkeypatch.setattr(running, "_scored", answered)
    assert running.judge(made, tmp_path).verdict == "paste"
    other = replace(made, reading=Reading(("y",), ("p",), "binary", of="label"), others=())
    assert running.judge(other, tmp_path).verdict == "wrong"


def test_shares_leave_out_what_has_no_number() -> None:
    """A file from which no loss can be had is in no share."""
    base = running.Outcome(0, "hand", "kind", (), KNOWN, "right", "scored", "", (), dead=False)
    found = [base, replace(base, verdict="paste"), replace(base, verdict="no way"), replace(base, verdict="wrong")]
    found.append(replace(base, answer=NOTHING, verdict="refused"))
    assert running.shares(found) == {"right": 25.0, "pasted": 50.0}


def test_the_runner_prints_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """A short run counts every layout once and shows those that are asked for."""
    running.main(["--seed", "3", "--count", "12", "--jobs", "1", "--show", "right", "--limit", "1"])
    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if line.startswith("all "))
    assert sum(map(int, row.split()[2:7])) == int(row.split()[1]) == 12
    running.main(["--seed", "3", "--only", "0"])
    assert capsys.readouterr().out.startswith("--- 0: ")
