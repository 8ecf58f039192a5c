"""Comparisons as text: golden files of made-up results, the words of the verdicts, and foreign text made safe."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.running import write_csv, xent
from tests.sample_comparisons import BETTER, INFINITE, NO_WORSE, SEVERAL, UNDECIDED, WORSE, candidate, comparison
from xent_cli.contract.comparison import Candidate
from xent_cli.renderers.json_document import render_json
from xent_cli.renderers.markup.comparison import render_comparison_github, render_comparison_markdown
from xent_cli.renderers.tables.comparison import render_comparison
from xent_cli.renderers.verdicts import verdict_text
from xent_cli.renderers.view import View


def test_one_candidate_as_a_table(golden: Callable[[str, str], None]) -> None:
    """Off a terminal: the verdict first, then what was read, the numbers, the reasons and the gates, all digits."""
    golden("comparison-one.txt", render_comparison(comparison(WORSE), View()))


def test_several_candidates_as_a_table(golden: Callable[[str, str], None]) -> None:
    """Several candidates stand by rank, with the corrected p-values; on 80 columns no table loses a digit."""
    golden("comparison-several.txt", render_comparison(SEVERAL, View(width=80, unicode=False)))


def test_markdown_and_annotations(golden: Callable[[str, str], None]) -> None:
    """A step summary and the annotations of a workflow run."""
    golden("comparison.md", render_comparison_markdown(SEVERAL, View()))
    golden("comparison-github.txt", render_comparison_github(SEVERAL, View()))


def test_a_corrected_p_is_called_so() -> None:
    """Among several candidates the p of a verdict is Holm's, and said to be: the plain one stands beside it."""
    assert verdict_text(WORSE, SEVERAL).endswith("p = 0.0001 (Holm)")
    assert verdict_text(WORSE, comparison(WORSE)).endswith("p = 0.0001")


def test_each_gate_is_annotated() -> None:
    """A gate that passed is a notice of its own, one that passed undecided a warning, one that failed an error."""
    lines = render_comparison_github(comparison(BETTER, UNDECIDED, WORSE), View()).splitlines()
    told = [line.partition(" title=xent max-regression::max-regression ") for line in lines]
    assert [(kind, rest.partition(":")[0]) for kind, found, rest in told if found] == [
        ("::error", "failed"), ("::warning", "passed"), ("::notice", "passed"),
    ]  # fmt: skip


def test_spaces_are_shown_where_they_differ() -> None:
    """The table of models names the space of the predictions where a candidate has another than the baseline."""
    mixed = comparison(replace(WORSE, from_="logits"))
    assert re.search(r"worse\.csv +logits +1\.5", render_comparison(mixed, View()))
    assert "probs" not in render_comparison(comparison(WORSE), View()).partition("models")[2].partition("xent:")[0]


@pytest.mark.parametrize(
    ("one", "margin", "text"),
    [
        (WORSE, 0.0, "the mean loss is higher, p = 0.0001"),
        (WORSE, 0.25, "the mean loss is higher by more than 0.25, p = 0.0001"),
        (BETTER, 0.25, "the mean loss is lower, p = 0.0001"),
        (NO_WORSE, 0.25, "the 95% interval ends at 0.2, and 0.25 is allowed"),
        (UNDECIDED, 0.25, "the 95% interval reaches from -0.125 to 0.375; not decided by 100 pairs"),
        (
            candidate("a.csv", "undecided", 0.125, (0.0625, 0.375), 0.01),
            0.25,
            "the mean loss is higher, p = 0.01, but the 95% interval reaches from 0.0625 to 0.375, and 0.25 is allowed",
        ),
        (
            candidate("a.csv", "undecided", 0.125, (0.0625, 0.375), 0.06),
            0.25,
            "the 95% interval reaches from 0.0625 to 0.375, but p = 0.06; not decided by 100 pairs",
        ),
        (INFINITE, 0.25, "the mean loss is higher: 2 infinite differences"),
        (replace(INFINITE, verdict="undecided"), 0.25, "2 infinite differences"),
    ],
)
def test_the_words_of_a_verdict_claim_no_more_than_the_pairs_show(one: Candidate, margin: float, text: str) -> None:
    """Each verdict has its sentence; none of them says that models are alike."""
    found = verdict_text(one, comparison(one, margin=margin))
    assert found == text
    assert not re.search(r"equal|same|identical|no difference|as good", found)


def test_an_interval_next_to_the_margin_is_shown_below_it() -> None:
    """Where "no worse" hangs on the last digits, they are shown."""
    close = candidate("a.csv", "no worse", 0.1, (0.0, 0.24999999999), 0.2)
    assert "ends at 0.24999999999, and 0.25 is allowed" in verdict_text(close, comparison(close))


@pytest.mark.parametrize("path", ["evil\x1b[31m.csv", "s3://key:secret@bucket/x.csv", "|<b>**x**</b>\n.csv"])
def test_foreign_paths_are_data(path: str) -> None:
    """Escapes, secrets and markup in a path never reach the output as such."""
    one = comparison(replace(WORSE, path=path), replace(BETTER, rank=2))
    outputs = [
        render_comparison(one, View()),
        render_comparison_markdown(one, View()),
        render_comparison_github(one, View()),
        render_json(one),
    ]
    for text in outputs:
        assert "\x1b" not in text
        assert "secret" not in text
    assert "<b>" not in outputs[1]
    assert "**x**" not in outputs[1]


def first_line(folder: Path, **files: list[float]) -> tuple[str, str]:
    """The first line of the comparison of files of probabilities of what happened, and the whole text."""
    paths = [write_csv(folder / f"{name}.csv", ["label", "prob"], [(1, p) for p in ps]) for name, ps in files.items()]
    answer = xent("compare", *paths, "--format", "table", "-q")
    assert answer.status == 0, answer.err
    return answer.out.partition("\n")[0].replace(f"{folder}/", ""), answer.out


def test_a_copy_is_called_identical(tmp_path: Path) -> None:
    """A file against its own copy is identical, not merely no worse; equal means of unlike rows are not identical."""
    line, text = first_line(tmp_path, base=[0.5, 0.25, 0.3], copy=[0.5, 0.25, 0.3])
    assert line == "copy.csv against base.csv  identical"
    assert "identical: the loss is the same in every pair" in text
    line, text = first_line(tmp_path, base=[0.5, 0.25, 0.5, 0.25], swapped=[0.25, 0.5, 0.25, 0.5])
    assert "identical" not in text


@pytest.mark.parametrize(
    ("base", "one", "other", "said"),
    [
        ([0.5, 0.4], [0.3, 0.2], [0.2, 0.3], "lowest mean: base.csv, the baseline"),
        ([0.5, 0.4], [0.0, 0.9], [0.0, 0.8], "lowest mean: base.csv, the baseline"),
        ([0.5, 0.4], [0.6, 0.5], [0.2, 0.3], "lowest mean: one.csv"),
        ([0.0, 0.4], [0.6, 0.5], [0.0, 0.3], "lowest mean: one.csv"),
        ([0.0, 0.4], [0.0, 0.5], [0.3, 0.0], "every mean is infinite"),
    ],
)
def test_the_lowest_mean_may_be_that_of_the_baseline(
    base: list[float], one: list[float], other: list[float], said: str, tmp_path: Path
) -> None:
    """The first line names the model with the lowest mean of all, the baseline too, and none among infinite means."""
    line, _ = first_line(tmp_path, base=base, one=one, other=other)
    assert line.endswith(f"2 candidates against base.csv  {said}")
