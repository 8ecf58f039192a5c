"""What a file is, from its first bytes."""

from __future__ import annotations

import re

HEAD = 32
"""How many first bytes are looked at."""

COMPRESSED = (
    (re.compile(rb"\x1f\x8b"), "gzip"),
    (re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"), "bz2"),
    (re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18"), "zstd"),
    (re.compile(rb"\x04\x22\x4d\x18"), "lz4"),
)

SUFFIXES = {"gzip": "gz", "bz2": "bz2", "zstd": "zst", "lz4": "lz4"}

TOOLS = {"gzip": "gzip", "bz2": "bzip2", "zstd": "zstd", "lz4": "lz4"}
"""The command of each codec."""

TABLES = (
    (re.compile(rb"PAR1|PARE"), "parquet"),
    (re.compile(rb"ARROW1"), "arrow"),
    (re.compile(rb"\xff\xff\xff\xff"), "arrow-stream"),
)

WIDE_TEXT = (
    (re.compile(rb"\xff\xfe\x00\x00"), "UTF-32LE"),
    (re.compile(rb"\x00\x00\xfe\xff"), "UTF-32BE"),
    (re.compile(rb"\xff\xfe"), "UTF-16LE"),
    (re.compile(rb"\xfe\xff"), "UTF-16BE"),
)

REFUSED = (
    (re.compile(rb"PK\x03\x04|PK\x05\x06"), "a zip archive", "unzip -p FILE | xent score -"),
    (re.compile(rb"\xfd7zXZ"), "xz-compressed", "xz -dc FILE | xent score -"),
    (re.compile(rb"7z\xbc\xaf\x27\x1c"), "a 7-Zip archive", "unpack it first"),
    (re.compile(rb"FEA1"), "a Feather file of version 1", "write it again as Feather 2 (Arrow IPC) or Parquet"),
    (re.compile(rb"\x93NUMPY"), "a NumPy array without column names", "save it as Parquet or CSV with a header"),
    (re.compile(rb"\x89HDF"), "an HDF5 file", "convert it to Parquet"),
    (re.compile(rb"Obj\x01"), "an Avro file", "convert it to Parquet"),
    (re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "an old Excel workbook", "save the sheet as CSV"),
    (re.compile(rb"%PDF-"), "a PDF document", "export the table as CSV"),
    (re.compile(rb"\x80[\x02-\x05]"), "a Python pickle", "write it again as Parquet: to read a pickle is to run it"),
    (re.compile(rb"SQLite format 3\x00"), "an SQLite database", "export the table as CSV"),
)

REFUSED_TEXT = (
    (re.compile(rb"version https://git-lfs"), "a Git LFS pointer, not the data", "run git lfs pull"),
    (re.compile(rb"\s*(?:<!DOCTYPE|<html|<\?xml)", re.IGNORECASE), "an HTML or XML page", "download the file itself"),
    (re.compile(rb"\s*[\[{]\s*[\[{\"]"), "JSON", "convert it to CSV or Parquet"),
)


def compression(head: bytes) -> str | None:
    """The codec that the first bytes tell, None for plain bytes."""
    return next((name for pattern, name in COMPRESSED if pattern.match(head)), None)


def table_format(head: bytes) -> str | None:
    """The columnar format that the first bytes tell, None for text."""
    return next((name for pattern, name in TABLES if pattern.match(head)), None)


def wide_encoding(head: bytes) -> str | None:
    """The UTF-16 or UTF-32 encoding whose byte-order mark the first bytes are."""
    return next((name for pattern, name in WIDE_TEXT if pattern.match(head)), None)


def wide_ascii(head: bytes) -> str | None:
    """The UTF-16 encoding of text that begins with two ASCII characters and no mark: every second byte is NUL."""
    low, high = head[0:4:2], head[1:4:2]
    if len(head) < 4 or b"\x00" in (low if high == b"\x00\x00" else high):
        return None
    return "UTF-16LE" if high == b"\x00\x00" else "UTF-16BE" if low == b"\x00\x00" else None


def refused(head: bytes, *, stated: bool) -> tuple[str, str] | None:
    """What a file is that no reader takes, and the cure; text is taken for what the user states it to be."""
    known = REFUSED if stated else REFUSED + REFUSED_TEXT
    return next(((what, cure) for pattern, what, cure in known if pattern.match(head)), None)
