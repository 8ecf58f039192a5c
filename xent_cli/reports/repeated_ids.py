"""Ids that occur more than once: files that hold the same samples, and samples with several rows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from xent_cli.columns.selectors import join_names
from xent_cli.contract.frozen import struct
from xent_cli.contract.report import Notice
from xent_cli.contract.text import counted, grouped
from xent_cli.scoring.tally.ids import MOST_IDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from xent_cli.columns import Plan
    from xent_cli.scoring.tally.ids import FirstIds


def repeated_ids(ids: FirstIds, plan: Plan) -> Notice | None:
    """A notice on files that hold the same samples, else one on ids that occur more than once, else None."""
    if plan.id is None or plan.cluster == plan.id:
        return None
    files = {path: [each for each in texts if each is not None] for path, texts in ids.files.items()}
    pairs = tuple(_same_samples(files))
    if pairs:
        return _pooled(pairs, plan.id)
    return None if plan.cluster is not None else _repeated(files, plan.id)


@struct
class _Pair:
    """A file that holds `shared` of its `own` ids in common with one that comes before it."""

    earlier: str
    path: str
    shared: int
    own: int


def _same_samples(files: Mapping[str, list[str]]) -> Iterator[_Pair]:
    """The files at least half of whose ids are in one file before them."""
    earlier: dict[str, set[str]] = {}
    seen = set[str]()
    for path, texts in files.items():
        own = set(texts)
        if not own.isdisjoint(seen):
            shared = {other: len(own & ids) for other, ids in earlier.items()}
            other = max(shared, key=lambda each: shared[each])
            if 2 * shared[other] >= len(own):
                yield _Pair(other, path, shared[other], len(own))
        earlier[path] = own
        seen |= own


def _pooled(pairs: tuple[_Pair, ...], column: str) -> Notice:
    """The notice on files that hold the same samples: they are probably those of several models."""
    one, more = pairs[0], len(pairs) - 1
    others = f", and so on for {counted(more, 'more file')}" if more else ""
    return Notice(
        "repeated-ids",
        f"{one.earlier} and {one.path} hold the same samples ({_looked_at(one.shared, one.own)} of column {column} are "
        f"in both{others}): several models pooled into one mean? xent compare compares them, --each scores each by "
        "itself",
    )


def _repeated(files: Mapping[str, list[str]], column: str) -> Notice | None:
    """The notice on samples that have several rows."""
    times = Counter(each for texts in files.values() for each in texts)
    repeated = [each for each, n in times.items() if n > 1]
    if not repeated:
        return None
    from shlex import quote

    cut = any(len(texts) >= MOST_IDS for texts in files.values())
    looked_at = ("at least " if cut else "") + _looked_at(len(repeated), len(times), cut=cut)
    return Notice(
        "repeated-ids",
        f"{looked_at} of column {column} {'occurs' if len(times) == 1 else 'occur'} more than once, such as "
        f"{repeated[0]}: rows of one sample are not independent; --cluster {quote(join_names((column,)))} allows for "
        "that",
    )


def _looked_at(some: int, of: int, *, cut: bool | None = None) -> str:
    """Some of the ids that were looked at: 2 of 4 ids, 12 of the first 1,000 ids."""
    first = "the first " if (of >= MOST_IDS if cut is None else cut) else ""
    return f"{grouped(some)} of {first}{counted(of, 'id')}"
