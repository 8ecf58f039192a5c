"""Where the records of CSV bytes begin and end, quotes respected, without parsing a field.

Quoting as Arrow and Python's csv module understand it: a quote opens a field only where the field starts; inside,
`""` is a quote; after the closing quote the rest of the field is literal. The positions of the quotes that change
between outside and inside are called toggles: a byte is inside quotes if and only if an odd number precedes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Positions = NDArray[np.int64]

LF, CR, QUOTE = 10, 13, 34

LONGEST_LINE = 1 << 20
"""How far the end of a line is looked for."""


def quote_toggles(data: Bytes, delimiters: bytes) -> Positions:
    """The toggles of `data`, which starts at the start of a record."""
    quotes: Positions = np.flatnonzero(data == QUOTE)
    opening = _at_field_start(data, quotes, delimiters)
    doubled = np.zeros(quotes.size, dtype=np.bool_)
    doubled[1:] = np.diff(quotes) == 1
    # every second quote opens a field or doubles the one before it: then all of them are toggles
    if (opening[::2] | doubled[::2]).all():
        return quotes
    return _scan_toggles(quotes.tolist(), opening.tolist())


def _at_field_start(data: Bytes, quotes: Positions, delimiters: bytes) -> NDArray[np.bool_]:
    """Which quotes stand where a field can start."""
    # a table of all bytes: one lookup per quote, however many delimiters there are
    starts = np.zeros(256, dtype=np.bool_)
    starts[[LF, CR, *delimiters]] = True
    return starts[data[quotes - 1]] | (quotes == 0) if quotes.size else np.zeros(0, dtype=np.bool_)


def _scan_toggles(quotes: list[int], opening: list[bool]) -> Positions:
    """The toggles, quoted field by quoted field: for data with quotes inside unquoted fields."""
    toggles: list[int] = []
    place, count = 0, len(quotes)
    while place < count:
        if opening[place]:
            toggles.append(quotes[place])
            place += 1
            while place + 1 < count and quotes[place + 1] == quotes[place] + 1:
                place += 2
            toggles += quotes[place : place + 1]
        place += 1
    return np.array(toggles, dtype=np.int64)


def last_record_end(data: Bytes, toggles: Positions) -> int:
    """The position after the last record that surely ends in `data`, 0 where none does.

    A carriage return in last place is left alone: the line feed that belongs to it may follow.
    """
    # records are short: the end is nearly always in the last few kilobytes, so the chunk is not scanned as a whole
    window = 4096
    while True:
        start = max(0, data.size - window)
        ends = start + line_ends(data[start:])
        if data.size and data[-1] == CR:
            ends = ends[:-1]
        outside = ends[np.searchsorted(toggles, ends - 1) % 2 == 0]
        if outside.size or start == 0:
            return int(outside[-1]) if outside.size else 0
        window *= 16


def line_ends(data: Bytes) -> Positions:
    """The position after each physical line end: LF, CRLF, or a CR on its own."""
    ends: Positions = np.flatnonzero(data == LF) + 1
    returns = np.flatnonzero(data == CR) + 1
    if returns.size:
        follower = data[np.minimum(returns, data.size - 1)]
        ends = np.sort(np.concatenate((ends, returns[(follower != LF) | (returns == data.size)])))
    return ends


def count_lines(data: Bytes) -> int:
    """How many physical lines end in `data`."""
    count = int(np.count_nonzero(data == LF))
    is_return = data == CR
    return line_ends(data).size if is_return.any() else count


def record_starts(data: Bytes, toggles: Positions, *, keep_blank: bool) -> Positions:
    """Where each record starts; a blank line is a record only with `keep_blank`."""
    ends = line_ends(data)
    outside = ends[np.searchsorted(toggles, ends - 1) % 2 == 0]
    starts: Positions = np.concatenate((np.zeros(1, dtype=np.int64), outside))
    starts = starts[starts < data.size]
    if keep_blank:
        return starts
    first = data[starts]
    filled: Positions = starts[(first != LF) & (first != CR)]
    return filled


def field_counts(data: Bytes, toggles: Positions, starts: Positions, delimiter: bytes) -> Positions:
    """How many fields each record has."""
    places = np.flatnonzero(data == delimiter[0])
    if toggles.size:
        places = places[np.searchsorted(toggles, places) % 2 == 0]
    # delimiters between two starts, found by binary search: no field is parsed
    bounds = np.append(starts, data.size)
    counts: Positions = np.diff(np.searchsorted(places, bounds)) + 1
    return counts


def line_starts(address: str, begin: int, end: int, count: int) -> list[int]:
    """`begin`, `end` and up to `count` - 1 starts of lines between them, about evenly apart; a start follows an LF."""
    cuts = [begin]
    with open(address, "rb") as file:  # noqa: PTH123  (pathlib costs more and gives the same)
        for part in range(1, count):
            file.seek(max(cuts[-1], begin + part * (end - begin) // count))
            # from an arbitrary byte the next line start is found by reading on to a line feed
            if file.readline(LONGEST_LINE).endswith(b"\n") and file.tell() < end:
                cuts.append(file.tell())
    return [*dict.fromkeys(cuts), end]
