"""The signature as a value: its text read back, and what differs between two of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xent_cli.reports.signature import Signature

PLAIN = Signature((("xent", "0.1"), ("kind", "binary"), ("k", "2"), ("n", "4")))


@given(st.text(alphabet="|:n0x%=, ", max_size=30))
def test_any_text_is_read_without_loss(text: str) -> None:
    """A signature may come from another version or a damaged file: its text comes back as it was."""
    assert Signature.parse(text).text == text


def test_fields_stand_in_their_order_with_colons_and_bars() -> None:
    """A field is name:value, the first colon ends its name, and bars stand between fields."""
    assert PLAIN.text == "xent:0.1|kind:binary|k:2|n:4"
    assert Signature.parse(PLAIN.text) == PLAIN
    assert Signature.parse("w:a:b|odd").fields == (("w", "a:b"), ("odd", None))


def test_a_field_takes_another_value_in_its_place() -> None:
    """Only the named field changes, and the order stays."""
    assert PLAIN.with_field("kind", "sparse").text == "xent:0.1|kind:sparse|k:2|n:4"
    assert PLAIN.with_field("absent", "1") == PLAIN


@pytest.mark.parametrize(
    ("other", "here", "there", "counts"),
    [
        ("xent:0.1|kind:binary|k:2|n:5", "n:4", "n:5", (4, 5)),
        ("xent:0.1|kind:binary|k:3|n:5", "k:2|n:4", "k:3|n:5", None),
        ("xent:0.1|kind:binary|k:2", "n:4", "", None),
        ("xent:0.1|kind:binary|k:2|n:x", "n:4", "n:x", None),
        ("xent:0.1|kind:binary|k:2|n", "n:4", "n", None),
        ("xent:0.1|kind:binary|k:3|n:4", "k:2", "k:3", None),
        ("xent:0.1|kind:binary|k:2|n:4|div:count", "", "div:count", None),
    ],
)
def test_the_difference_names_the_fields_of_either_side(
    other: str, here: str, there: str, counts: tuple[int, int] | None
) -> None:
    """Each side shows its own fields alone; numbers of rows are told only where nothing else differs."""
    found = PLAIN.diff(Signature.parse(other))
    assert bool(found)
    assert (found.here.text, found.there.text, found.row_counts) == (here, there, counts)


def test_the_same_fields_in_another_order_differ_in_nothing() -> None:
    """The order of fields carries no meaning, so neither side has a field of its own."""
    assert not PLAIN.diff(Signature(PLAIN.fields[::-1]))
