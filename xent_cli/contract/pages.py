"""A page of `xent explain`, as the values that cross from where it is read to where it is shown."""

from __future__ import annotations

from typing import NamedTuple


class Page(NamedTuple):
    """One page: `text` is the whole Markdown, `summary` what follows the name in its first line."""

    name: str
    kind: str
    summary: str
    text: str
