"""A short run of the fuzzing campaign (`python tests/fuzz/run.py` is the long one), and that it finds what is wrong."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import check as checking
from tests.fuzz import run
from tests.fuzz.cases import SAMPLE_ROLES, SAMPLES, case
from tests.fuzz.check import expectation
from tests.fuzz.exact import Options
from tests.fuzz.slow import read_text
from tests.fuzz.verdict import verdict
from tests.running import Answer, xent

SEED = 20
BATCH = 60


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("start", range(0, 5 * BATCH, BATCH))
def test_nothing_is_found(start: int, tmp_path: Path) -> None:
    """No status outside the table, no traceback, nothing shown on refusal, and the number of the slow reader."""
    kinds: Counter[str] = Counter()
    for number in range(start, start + BATCH):
        made, outcome = run.guarded_check(SEED, number, tmp_path)
        assert outcome.findings == [], (number, made and made.words, made and made.damage)
        kinds[outcome.kind] += 1
    assert kinds.keys() == {"scored", "bad rows", "refused", "unclear"}  # every sort of case, and none that broke
    assert kinds["scored"] + kinds["bad rows"] > BATCH / 3


def test_cases_are_the_same_every_time() -> None:
    """A case is made from the seed and its number alone, so that a finding can be repeated."""
    for number in range(40):
        assert case(SEED, number) == case(SEED, number)
    assert case(SEED, 1) != case(SEED + 1, 1)


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        ("seal.csv", 0.6371862085),
        ("ten-logits.csv", 0.4579598241),
        ("cat-image.csv", 0.2231435513),
        ("colour-scores.csv", 1.68234555),
        ("fruit-containers.csv", 0.82564616),
        ("panda.csv", 0.5536435539),
        ("breast_cancer.csv", 0.06713371912),
        ("wine.csv", 0.0723665786),
    ],
)
def test_the_slow_reader_knows_the_worked_examples(name: str, mean: float) -> None:
    """What the campaign is held against gives the numbers that the texts print and other programs computed."""
    rows = read_text((SAMPLES / name).read_bytes(), None, name).rows
    found = verdict(rows, SAMPLE_ROLES[name], Options()).scored
    assert float(sum(row.loss for row in found) / len(found)) == pytest.approx(mean, rel=1e-9)


def changed(answer: Answer, change: Any) -> Answer:
    """An answer whose JSON was tampered with."""
    if answer.status:
        return answer
    document = json.loads(answer.out)
    change(document)
    return Answer(answer.status, json.dumps(document), answer.err)


def more(document: dict[str, Any], *keys: str) -> None:
    """Make one number of a document larger in its last digit but two."""
    place = document
    for key in keys[:-1]:
        place = place[key]
    if isinstance(place[keys[-1]], float):
        place[keys[-1]] *= 1 + 2.0**-48


def more_loss(document: dict[str, Any]) -> None:
    """Make the first loss larger in its last digits."""
    if isinstance(document["samples"][0]["loss"], float):
        document["samples"][0]["loss"] *= 1 + 2.0**-47


TAMPERED = {
    "mean": lambda document: more(document, "loss", "mean"),
    "sum": lambda document: more(document, "loss", "sum"),
    "max": lambda document: more(document, "loss", "max"),
    "accuracy": lambda document: document.update(accuracy=document["accuracy"] / 2 + 0.01),
    "loss": more_loss,
    "weight": lambda document: document["samples"][0].update(weight=document["samples"][0]["weight"] + 1e-9),
    "rows": lambda document: document["rows"].update(read=document["rows"]["read"] + 1),
    "sample": lambda document: document["samples"].pop(),
}


@pytest.fixture(scope="module")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """Cases whose report in JSON is held against the slow reader."""
    folder = tmp_path_factory.mktemp("cases")
    shown = [number for number in range(100) if case(SEED, number).show == "json"]
    found = [number for number in shown if run.guarded_check(SEED, number, folder)[1].kind == "scored"]
    assert len(found) > 10
    return found[:15]


@pytest.mark.parametrize("what", TAMPERED)
def test_a_wrong_number_would_be_found(
    what: str, numbers: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is off in one number, by less than anyone would see, is a finding in most cases."""
    monkeypatch.setattr(checking, "xent", lambda *words, **flags: changed(xent(*words, **flags), TAMPERED[what]))
    found = [number for number in numbers if run.guarded_check(SEED, number, tmp_path)[1].findings]
    assert len(found) > len(numbers) / 2


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(70, "", "xent: internal error: ValueError"), "status 70"),
        (Answer(0, "", "Traceback (most recent call last)"), "a traceback"),
        (Answer(3, "mean 0.5\n", "error"), "standard output on refusal"),
        (Answer(3, "", ""), "a refusal without a word"),
        (Answer(3, "", "error\x1b[31m"), "control characters on standard error"),
    ],
)
def test_a_broken_promise_would_be_found(
    answer: Answer, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the case is: a status outside the table, a traceback, a word too many or too few, an escape."""
    monkeypatch.setattr(checking, "xent", lambda *_, **__: answer)
    number = next(number for number in range(50) if case(SEED, number).show == "json")
    _, outcome = run.guarded_check(SEED, number, tmp_path)
    assert any(words in finding for finding in outcome.findings)


def test_bad_rows_told_wrong_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A count, a row or a line that is off by one is a finding."""

    def tampered(answer: Answer, key: str) -> Answer:
        if not answer.err.startswith("{"):
            return answer
        document = json.loads(answer.err)
        place = document["errors"][0] if key == "count" else document["errors"][0]["where"] or {}
        place[key] = (place.get(key) or 0) + 1
        return Answer(answer.status, answer.out, json.dumps(document))

    for key in ("count", "row", "line"):
        monkeypatch.setattr(checking, "xent", lambda *words, key=key, **flags: tampered(xent(*words, **flags), key))
        outcomes = [run.guarded_check(SEED, number, tmp_path)[1] for number in range(25)]
        assert any("count, row, line" in finding for outcome in outcomes for finding in outcome.findings)


def test_a_campaign_is_noted_and_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A finished batch is not run again; the figures are those of all batches; a dead process is a finding."""
    assert run.campaign(SEED, 4, 1, tmp_path) == 0
    batch = (SEED, 0, 4, tmp_path)
    assert sum(json.loads(run.note(batch).read_text())["counts"].values()) == 4
    run.note(batch).write_text(json.dumps({"counts": {"scored": 4}, "findings": [[2, "cell", "something"]]}))
    assert run.campaign(SEED, 4, 1, tmp_path) == 1
    shown = capsys.readouterr().out
    assert "4 files (4 scored), 1 findings" in shown
    assert "  2 [cell] something" in shown
    run.note(batch).with_suffix(".now").write_text("3")
    run._crashed(batch, -11)
    assert json.loads(run.note(batch).read_text())["findings"] == [["3", "", "the process died with -11"]]


def test_expectations_see_what_was_planted() -> None:
    """Across the cases of a short run, the slow reader finds every rule that rows can break."""
    rules: set[str] = set()
    for number in range(300):
        made = case(SEED, number)
        if "raw" not in made.damage and made.damage:
            try:
                rules |= expectation(made).broken.keys()
            except Exception:  # noqa: BLE001, S112  (no judgement is fine here)
                continue
    assert rules >= {
        "missing-label", "missing-value", "not-a-number", "nan-value", "prob-range", "unknown-label", "ragged-line",
        "encoding", "prob-sum", "list-length",
    }  # fmt: skip
