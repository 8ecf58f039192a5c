"""Each part of a tally is a monoid: an identity, associativity, and the value that adding by hand gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xent_cli.contract.report import Sample
from xent_cli.scoring.tally.by_class import Part
from xent_cli.scoring.tally.counts import ByLabel, Changed, Counts, InfiniteLosses, Range, Seen, SoftTargets
from xent_cli.scoring.tally.monoids import AdditiveDict
from xent_cli.scoring.tally.samples import Samples, Wanted

COUNT = st.integers(0, 1 << 40)
PART = st.builds(Part, COUNT, COUNT, COUNT, COUNT)
LOSS = st.floats(0.0, allow_nan=False)
TABLE = st.dictionaries(st.integers(0, 3), COUNT).map(AdditiveDict)
SAMPLE = st.builds(Sample, st.integers(1, 50), st.none(), st.just("a"), st.just(0.5), LOSS, st.just(1.0))
SAMPLES = st.lists(SAMPLE, max_size=4).map(tuple)
NAMES = st.frozensets(st.sampled_from("abc"))

MONOIDS: dict[type[Any], st.SearchStrategy[Any]] = {
    Counts: st.builds(Counts, COUNT, COUNT, COUNT),
    InfiniteLosses: st.lists(st.integers(1, 99), max_size=3).map(
        lambda rows: InfiniteLosses(len(rows), len(rows), len(rows), tuple(rows))
    ),
    Range: st.builds(Range, LOSS, LOSS),
    SoftTargets: st.builds(SoftTargets, COUNT, COUNT, TABLE),
    ByLabel: st.just(ByLabel()) | st.builds(ByLabel, st.tuples(PART, PART)),
    Changed: st.builds(Changed, PART, PART),
    Seen: st.builds(Seen, COUNT, LOSS, COUNT, st.booleans(), NAMES),
    AdditiveDict: TABLE,
    Samples: st.builds(Samples, SAMPLES, SAMPLES),
}


@pytest.mark.parametrize("kind", MONOIDS)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_each_part_is_a_monoid(kind: type[Any], data: Any) -> None:
    """(a + b) + c = a + (b + c), and the empty value changes nothing on either side."""
    a, b, c = (data.draw(MONOIDS[kind]) for _ in range(3))
    assert (a + b) + c == a + (b + c)
    assert kind() + a == a == a + kind()


@settings(max_examples=50, deadline=None)
@given(one=TABLE, other=TABLE)
def test_tables_add_entry_by_entry(one: AdditiveDict[int, int], other: AdditiveDict[int, int]) -> None:
    """A key that is absent counts as 0; neither of the tables that are added changes."""
    before = dict(one), dict(other)
    assert one + other == {key: one.get(key, 0) + other.get(key, 0) for key in {*one, *other}}
    assert (dict(one), dict(other)) == before


def test_fields_add_one_by_one() -> None:
    """Each field is the sum of the two fields of its name."""
    assert Counts(9, 2, 1) + Counts(4, 0, 3) == Counts(13, 2, 4)
    assert (Counts(9, 2, 1) + Counts(4, 0, 3)).scored == 7
    assert SoftTargets(1, 2, AdditiveDict({0: 3})) + SoftTargets(4, 5, AdditiveDict({1: 6})) == SoftTargets(
        5, 7, AdditiveDict({0: 3, 1: 6})
    )


def test_extremes_and_flags_keep_what_is_seen_in_either() -> None:
    """Ranges widen, the largest deviation stays, and one block that is no distribution decides."""
    assert Range(1.0, 2.0) + Range(0.5, 1.5) == Range(0.5, 2.0)
    whole = Seen(1, 0.2, 3, True, frozenset("a")) + Seen(2, 0.1, 1, False, frozenset("b"))
    assert whole == Seen(3, 0.2, 4, False, frozenset("ab"))


def test_the_first_five_rows_of_infinite_loss_are_kept() -> None:
    """Counts go on where the numbers of rows that are kept to be shown end."""
    whole = InfiniteLosses(3, 3, 3, (1, 2, 3)) + InfiniteLosses(3, 2, 2, (1, 2, 3)).shifted(10)
    assert whole == InfiniteLosses(6, 5, 5, (1, 2, 3, 11, 12))


@settings(max_examples=100, deadline=None)
@given(parts=st.lists(SAMPLES, max_size=6), first=st.integers(0, 4) | st.none(), worst=st.integers(0, 4))
def test_trimming_early_or_late_keeps_the_same_samples(
    parts: list[tuple[Sample, ...]], first: int | None, worst: int
) -> None:
    """Samples that are trimmed after each block are those of the whole trimmed once."""
    wanted, early, whole, rows = Wanted(first, worst), Samples(), Samples(), 0
    for part in parts:
        numbered = [Sample(rows + at, None, "a", 0.5, each.loss, 1.0) for at, each in enumerate(part, 1)]
        rows += len(part)
        block = Samples(tuple(numbered), tuple(numbered))
        early, whole = (early + block).trimmed(wanted), whole + block
    late = whole.trimmed(wanted)
    order = sorted(whole.worst, key=lambda sample: (-sample.loss, sample.row))
    assert early.first == late.first == whole.first[:first]
    assert {*early.worst} == {*late.worst} == {*order[:worst]}


def test_rows_below_the_floor_are_none_of_the_worst() -> None:
    """With as many worst rows as wanted the least of their losses is the floor; with fewer, what was known before."""
    two = Samples((), tuple(Sample(row, None, "a", 0.5, loss, 1.0) for row, loss in ((1, 3.0), (2, 1.0))))
    assert two.floor(Wanted(0, 2)) == 1.0
    assert two.floor(Wanted(0, 2), 2.0) == 2.0
    assert two.floor(Wanted(0, 3), 0.5) == 0.5
