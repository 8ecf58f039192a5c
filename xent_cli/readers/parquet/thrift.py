"""The compact protocol of Thrift, as far as Parquet footers and page headers need it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


STOP, TRUE, FALSE, BYTE, SHORT, INTEGER, LONG, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(13)
NUMBERS = (SHORT, INTEGER, LONG)
MOST_DEPTH = 32


class BadFooterError(ValueError):
    """Bytes that are not Thrift, or not the structures of a footer."""


class CompactReader:
    """A reader of Thrift's compact protocol."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0
        self._depth = 0

    def fields(self) -> Iterator[tuple[int, int]]:
        """Number and type of each field of a struct; the caller reads the value before it goes on."""
        number = 0
        while (head := self._byte()) != STOP:
            number = number + (head >> 4) if head >> 4 else self._integer()
            yield number, head & 15

    def struct(self) -> dict[int, Any]:
        """A struct as its values by field number: `fields` with the value read, in half the time."""
        data, found, number = self._data, dict[int, Any](), 0
        while (head := data[self.at]) != STOP:
            self.at += 1
            number, kind = number + (head >> 4) if head >> 4 else self._integer(), head & 15
            found[number] = self._integer() if kind in NUMBERS else self.value(kind)
        self.at += 1
        return found

    def list_head(self) -> tuple[int, int]:
        """How many elements a list has, and of which type; each takes at least one byte."""
        head = self._byte()
        # short lists have their length in the first byte; 15 says that it follows
        size = self._varint() if head >> 4 == 15 else head >> 4
        # a damaged length would make Python build a list of billions of elements
        if size > len(self._data) - self.at:
            raise BadFooterError("a list is longer than the footer")
        return size, head & 15

    def value(self, kind: int) -> Any:
        """One value of a type; lists and structs with all they hold."""
        if kind in NUMBERS:
            return self._integer()
        if kind in (TRUE, FALSE):
            return kind == TRUE
        if kind == BINARY:
            return self._take(self._varint())
        if kind in (BYTE, DOUBLE):
            return self._take(1 if kind == BYTE else 8)
        return self._nested(kind)

    def _nested(self, kind: int) -> Any:
        """A list or struct, not nested too deep."""
        # unbounded nesting in a hostile footer would overflow the stack
        self._depth += 1
        if self._depth > MOST_DEPTH or kind not in (LIST, SET, STRUCT):
            raise BadFooterError(f"type {kind} at depth {self._depth}")
        if kind == STRUCT:
            found: Any = self.struct()
        else:
            size, element = self.list_head()
            # booleans in a list take a byte each; as fields of a struct they are the type itself
            found = self._take(size) if element in (TRUE, FALSE) else [self.value(element) for _ in range(size)]
        self._depth -= 1
        return found

    def _byte(self) -> int:
        """The next byte."""
        byte = self._data[self.at]
        self.at += 1
        return byte

    def _varint(self) -> int:
        """A number of as many bytes as it needs, at most ten."""
        data, at, result, shift = self._data, self.at, 0, 0
        while (byte := data[at]) > 127:
            result |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if shift > 63:
                raise BadFooterError("a number is too long")
        self.at = at + 1
        return result | byte << shift

    def _integer(self) -> int:
        """A signed number."""
        number = self._varint()
        # zigzag: 0, −1, 1, −2, … are stored as 0, 1, 2, 3, …
        return (number >> 1) ^ -(number & 1)

    def _take(self, size: int) -> bytes:
        """The next bytes."""
        if size > len(self._data) - self.at:
            raise BadFooterError("text is longer than the footer")
        self.at += size
        return self._data[self.at - size : self.at]
