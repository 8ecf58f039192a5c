"""The first ids of each file: enough to see that files hold the same samples, or that one holds a sample twice."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xent_cli.scoring.scored_rows import ScoredRows

MOST_IDS = 1000
"""How many scored rows of a file are looked at."""

MOST_FILES = 20
"""How many files are looked at: the first ones by name, which are the same in whatever order parts are added."""

LONGEST = 64
"""The most characters of an id that are kept; a longer one ends in a digest of the whole."""


@struct
class FirstIds:
    """The ids of the first rows of each file, by path, None where a row has none. A monoid."""

    files: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, scored: ScoredRows, most: int) -> FirstIds:
        """Those of the first rows of a block, at most `most`."""
        if scored.ids is None or not most:
            return cls()
        return cls({scored.path: tuple(_kept(each) for each in scored.ids.slice(0, most).to_pylist())})

    def __add__(self, later: FirstIds) -> FirstIds:
        """Both, no more than are looked at; those of `later` come after."""
        if not (self.files and later.files):
            return self if self.files else later
        both = dict(self.files)
        for path, ids in later.files.items():
            both[path] = (both.get(path, ()) + ids)[:MOST_IDS]
        for path in sorted(both)[MOST_FILES:]:
            del both[path]
        return FirstIds(both)

    def wanted(self, path: str) -> int:
        """How many more ids of a file are looked at."""
        if len(self.files) >= MOST_FILES and path > max(self.files):
            return 0
        return MOST_IDS - len(self.files.get(path, ()))


def _kept(value: object) -> str | None:
    """An id as text of bounded length, None for none."""
    text = None if value is None or value == "" else str(value)
    if text is None or len(text) <= LONGEST:
        return text
    from hashlib import blake2b

    return text[: LONGEST // 2] + "…" + blake2b(text.encode(errors="surrogatepass"), digest_size=15).hexdigest()
