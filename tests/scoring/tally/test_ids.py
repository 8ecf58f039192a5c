"""The first ids of each file: a monoid of bounded size, which comes to the same however rows are cut into blocks."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scored import scored
from xent_cli.scoring.tally import ids
from xent_cli.scoring.tally.ids import LONGEST, MOST_FILES, MOST_IDS, FirstIds

IDS = st.lists(st.sampled_from(["a", "b", "c"]) | st.none(), min_size=1, max_size=3).map(tuple)
PARTS = st.dictionaries(st.sampled_from("abcdef"), IDS, max_size=3).map(FirstIds)


def ids_of(texts: list[Any], most: int = MOST_IDS) -> FirstIds:
    """The ids of a block of rows of `f.csv`."""
    n = len(texts)
    rows = scored("binary", [[0.5]] * n, {"label": ["1"] * n}, ids=pa.array(texts, pa.string()))
    return FirstIds.of(rows, most)


def long_part(path: str, n: int, start: int = 0) -> FirstIds:
    """The ids of n rows of a file."""
    return FirstIds({path: tuple(f"s{i}" for i in range(start, start + n))})


@settings(max_examples=100, deadline=None)
@given(a=PARTS, b=PARTS, c=PARTS)
def test_adding_is_associative_with_an_identity(a: FirstIds, b: FirstIds, c: FirstIds) -> None:
    """(a + b) + c = a + (b + c), also where files fall out of those that are kept; nothing adds nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids, "MOST_FILES", 3)
        patch.setattr(ids, "MOST_IDS", 4)
        left, right = (a + b) + c, a + (b + c)
        assert list(left.files.items()) == list(right.files.items())
        assert all(not left.wanted(path) for path in {*a.files, *b.files, *c.files} - left.files.keys())
    assert a + FirstIds() == a == FirstIds() + a


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(0, 700), min_size=3, max_size=5))
def test_adding_is_associative_where_ids_fall_out(sizes: list[int]) -> None:
    """Parts with more ids than are kept come to the same in any order of adding."""
    edges = [0]
    for size in sizes:
        edges.append(edges[-1] + size)
    parts = [long_part("f.csv", stop - start, start) for start, stop in pairwise(edges)]
    left = FirstIds()
    for part in parts:
        left += part
    right = FirstIds()
    for part in reversed(parts):
        right = part + right
    assert left == right == FirstIds({"f.csv": tuple(f"s{i}" for i in range(min(edges[-1], MOST_IDS)))})


def test_no_more_is_kept_than_is_looked_at() -> None:
    """The first ids of the first files by name stay, whatever comes after or between them."""
    whole = FirstIds()
    names = [f"{number:02}.csv" for number in range(MOST_FILES + 5)]
    for name in reversed(names):
        whole += long_part(name, MOST_IDS + 500)
    assert sorted(whole.files) == names[:MOST_FILES]
    assert {len(ids) for ids in whole.files.values()} == {MOST_IDS}
    assert whole.wanted("00.csv") == whole.wanted("new.csv") == 0
    assert whole.wanted("000.csv") == MOST_IDS
    assert long_part("0.csv", 10).wanted("0.csv") == MOST_IDS - 10
    assert long_part("0.csv", 10).wanted("1.csv") == MOST_IDS


def test_ids_of_a_block_are_texts_of_bounded_length() -> None:
    """An empty id is none; a long one is cut and stays different from one that differs at its end."""
    long = "x" * 5000
    texts = ids_of(["7", None, "", long + "a", long + "b", long + "a"]).files["f.csv"]
    assert texts[:3] == ("7", None, None)
    assert texts[3] == texts[5] != texts[4]
    assert all(text is None or len(text) <= LONGEST for text in texts)
    assert ids_of(["7", "8", "9"], 2) == FirstIds({"f.csv": ("7", "8")})
    assert ids_of(["7"], 0) == FirstIds()
