"""Record boundaries, against a state machine that looks at one byte at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xent_cli.readers.csv import records

PIECES = ["a", '"', ",", ";", "\n", "\r\n", "\r", '""', ',"', '",', '"\n', 'x"y', "é", " "]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map(lambda parts: "".join(parts).encode())


def machine(data: bytes) -> tuple[list[int], list[int], list[int]]:
    """Toggles, starts of all records and delimiter counts, by the rules that Arrow and the csv module share."""
    toggles, starts, counts = [], [0] if data else [], [0]
    inside, field_start, place = False, True, 0
    while place < len(data):
        byte = data[place : place + 1]
        if inside:
            if byte == b'"' and data[place + 1 : place + 2] == b'"':
                toggles += [place, place + 1]
                place += 1
            elif byte == b'"':
                toggles.append(place)
                inside = False
        elif byte == b'"' and field_start:
            toggles.append(place)
            inside = True
        elif byte in (b"\n", b"\r"):
            place += byte == b"\r" and data[place + 1 : place + 2] == b"\n"
            starts += [place + 1] if place + 1 < len(data) else []
            counts.append(0)
        counts[-1] += not inside and byte == b","
        field_start = not inside and byte in (b",", b"\n", b"\r")
        place += 1
    return toggles, starts, counts


def inside_of(toggles: list[int], size: int) -> list[bool]:
    """For each byte whether an odd number of toggles precedes it."""
    return [bool(np.searchsorted(toggles, place) % 2) for place in range(size)]


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_toggles_tell_inside_from_outside(data: bytes) -> None:
    """Every byte but a doubled quote is told to be inside or outside quotes as the state machine tells it."""
    view = np.frombuffer(data, dtype=np.uint8)
    expected = machine(data)[0]
    found = records.quote_toggles(view, b",").tolist()
    outside_quotes = [place for place in range(len(data)) if data[place] != records.QUOTE]
    ours, theirs = inside_of(found, len(data)), inside_of(expected, len(data))
    assert [ours[place] for place in outside_quotes] == [theirs[place] for place in outside_quotes]
    assert len(found) % 2 == len(expected) % 2


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_records_start_and_count_as_the_state_machine_says(data: bytes) -> None:
    """Starts of records and their numbers of fields are those of the state machine, blank lines included."""
    view = np.frombuffer(data, dtype=np.uint8)
    toggles = records.quote_toggles(view, b",")
    starts = records.record_starts(view, toggles, keep_blank=True)
    _, expected, delimiters = machine(data)
    assert starts.tolist() == expected
    assert records.field_counts(view, toggles, starts, b",").tolist() == [n + 1 for n in delimiters[: len(expected)]]


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_cut_is_at_the_last_certain_record_end(data: bytes) -> None:
    """A block is cut after its last record end, but not after a CR whose LF may be in the next block."""
    view = np.frombuffer(data, dtype=np.uint8)
    end = records.last_record_end(view, records.quote_toggles(view, b","))
    _, starts, _ = machine(data + b"x")
    certain = [start for start in starts if start <= len(data) and not (start == len(data) and data.endswith(b"\r"))]
    assert end == max(certain, default=0)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"", 0),
        (b"a", 0),
        (b"a\n", 1),
        (b"a\r\nb\r\n", 2),
        (b"a\rb\r", 2),
        (b"\n\r", 2),
        (b'"a\nb"\r\n', 2),
        (b"\r\r\n\n", 3),
    ],
)
def test_physical_lines_are_those_of_an_editor(data: bytes, lines: int) -> None:
    """LF, CRLF and a CR on its own end a line, inside quotes too."""
    assert records.count_lines(np.frombuffer(data, dtype=np.uint8)) == lines


def test_many_doubled_quotes_are_scanned_in_linear_time() -> None:
    """A field of a million newlines between doubled quotes has no record end, which is not searched line by line."""
    data = np.frombuffer(b'"a' + b'"",""\n' * 1_000_000, dtype=np.uint8)
    assert records.last_record_end(data, records.quote_toggles(data, b",")) == 0
