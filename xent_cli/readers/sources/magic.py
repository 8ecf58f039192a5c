"""What a file is, from its first bytes."""

from __future__ import annotations

HEAD = 128
"""How many first bytes are looked at."""

COMPRESSED = (
    ((b"\x1f\x8b",), "gzip"),
    (tuple(b"BZh%d%b" % (n, block) for n in range(1, 10) for block in (b"1AY&SY", b"\x17rE8P\x90")), "bz2"),
    ((b"\x28\xb5\x2f\xfd", *(b"%c\x2a\x4d\x18" % skipped for skipped in range(0x50, 0x60))), "zstd"),
    ((b"\x04\x22\x4d\x18",), "lz4"),
)

SUFFIXES = {"gzip": "gz", "bz2": "bz2", "zstd": "zst", "lz4": "lz4"}

TOOLS = {"gzip": "gzip", "bz2": "bzip2", "zstd": "zstd", "lz4": "lz4"}
"""The command of each codec."""

TABLES = (
    ((b"PAR1", b"PARE"), "parquet"),
    ((b"ARROW1",), "arrow"),
    ((b"\xff\xff\xff\xff",), "arrow-stream"),
)

WIDE_TEXT = (
    ((b"\xff\xfe\x00\x00",), "UTF-32LE"),
    ((b"\x00\x00\xfe\xff",), "UTF-32BE"),
    ((b"\xff\xfe",), "UTF-16LE"),
    ((b"\xfe\xff",), "UTF-16BE"),
)


def compression(head: bytes) -> str | None:
    """The codec that the first bytes show, None for plain bytes."""
    return next((name for starts, name in COMPRESSED if head.startswith(starts)), None)


def table_format(head: bytes) -> str | None:
    """The columnar format that the first bytes show, None for text."""
    return next((name for starts, name in TABLES if head.startswith(starts)), None)


def wide_encoding(head: bytes) -> str | None:
    """The UTF-16 or UTF-32 encoding whose byte-order mark the first bytes are."""
    return next((name for starts, name in WIDE_TEXT if head.startswith(starts)), None)


def wide_ascii(head: bytes) -> str | None:
    """The UTF-16 encoding of text that begins with two ASCII characters and no mark: every second byte is NUL."""
    low, high = head[0:4:2], head[1:4:2]
    if len(head) < 4 or b"\x00" in (low if high == b"\x00\x00" else high):
        return None
    return "UTF-16LE" if high == b"\x00\x00" else "UTF-16BE" if low == b"\x00\x00" else None
