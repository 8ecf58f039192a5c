"""Files as people and tools write them are read as meant, or refused with a command that is right when pasted."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.layouts.run import Outcome, campaign, shares, shown

SEED = 12
COUNT = 600


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    """What became of the layouts of one seed."""
    return campaign(SEED, COUNT, jobs=1)


def test_no_number_is_wrong(outcomes: list[Outcome]) -> None:
    """No file gives a number that is not meant: without a flag, or by a command that a message prints."""
    wrong = [shown(SEED, outcome) for outcome in outcomes if outcome.verdict == "wrong"]
    assert not wrong, f"{len(wrong)} of {COUNT} wrong:\n" + "\n".join(wrong[:5])


def test_most_files_need_no_flag(outcomes: list[Outcome]) -> None:
    """Four of five files that have a number give it without a flag."""
    assert shares(outcomes)["right"] >= 80, Counter(outcome.rule for outcome in outcomes if outcome.verdict != "right")


def test_nearly_all_files_need_one_paste_at_most(outcomes: list[Outcome]) -> None:
    """96 of 100 files that have a number give it after one paste; lists that are written as text are most of the rest."""
    lost = Counter((outcome.source, outcome.kind, outcome.rule) for outcome in outcomes if outcome.verdict == "no way")
    assert shares(outcomes)["pasted"] >= 96, lost.most_common(20)


def test_a_command_that_is_printed_works(outcomes: list[Outcome]) -> None:
    """A command in a message is not refused in its turn."""
    dead = [shown(SEED, outcome) for outcome in outcomes if outcome.dead]
    assert not dead, f"{len(dead)} of {COUNT} print a command that is refused:\n" + "\n".join(dead[:5])
