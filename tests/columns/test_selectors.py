"""Selectors: names written as one text are the same names when read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xent_cli.columns.selectors import join_names, keys_of, resolve, split_names
from xent_cli.contract.errors import UsageError

NAME = st.text(st.characters(codec="utf-8") | st.sampled_from('",*?[].. _09\r\n'), max_size=6)


@given(st.lists(NAME, min_size=1, max_size=8, unique=True))
@settings(max_examples=200, deadline=None)
def test_joined_names_are_read_as_they_were(names: list[str]) -> None:
    """Any names, joined, are these names for a selector of columns and for a list of classes."""
    assert split_names(join_names(names)) == tuple(names)
    assert resolve(join_names(names), names, "--preds") == tuple(names)


@given(st.lists(NAME.filter(str.strip), min_size=1, max_size=4, unique=True))
@settings(max_examples=100, deadline=None)
def test_joined_keys_are_read_as_they_were(names: list[str]) -> None:
    """So they are for --on, where a name is not empty."""
    assert keys_of(join_names(names)) == tuple(names)


def test_only_what_would_be_misread_is_quoted() -> None:
    """A double quote inside a name is text; commas, blanks at an end and a quote in front need quotes."""
    assert join_names(['p"x', "a b", "p_*", 7]) == 'p"x,a b,p_*,7'
    assert join_names(["a,b", " a", '"a', ""]) == '"a,b"," a","""a",""'


@pytest.mark.parametrize("text", ['"a', 'a,"b', '"a"b,c'])
def test_a_quote_that_is_not_closed_is_refused(text: str) -> None:
    """A name that begins with a double quote must end with one."""
    with pytest.raises(UsageError, match="not closed"):
        split_names(text)
