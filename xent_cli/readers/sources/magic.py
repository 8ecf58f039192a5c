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

REFUSED = (
    ((b"\xfd7zXZ",), "xz-compressed", "xz -dc FILE | xent score -"),
    ((b"7z\xbc\xaf\x27\x1c",), "a 7-Zip archive", "unpack it first"),
    ((b"FEA1",), "a Feather file of version 1", "write it again as Feather 2 (Arrow IPC) or Parquet"),
    ((b"\x93NUMPY",), "a NumPy array without column names", "save it as Parquet or CSV with a header"),
    ((b"\x89HDF",), "an HDF5 file", "convert it to Parquet"),
    ((b"Obj\x01",), "an Avro file", "convert it to Parquet"),
    ((b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",), "an old Excel workbook", "save the sheet as CSV"),
    ((b"%PDF-",), "a PDF document", "export the table as CSV"),
    ((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), "a Python pickle", "write it again as Parquet"),
    ((b"SQLite format 3\x00",), "an SQLite database", "export the table as CSV"),
)

ZIP = (b"PK\x03\x04", b"PK\x05\x06")
SHEETS = (b"[Content_Types].xml", b"_rels/", b"docProps/", b"xl/")
"""How the names of the members of an Excel workbook begin."""

LFS = ("a Git LFS pointer, not the data", "run git lfs pull")
PAGE = ("an HTML or XML page", "download the file itself")
REPORT = (
    "a report of xent",
    "score and compare take prediction files; --baseline of xent score takes a report",
)
JSON = ("JSON", "convert it to CSV or Parquet")


def compression(head: bytes) -> str | None:
    """The codec that the first bytes tell, None for plain bytes."""
    return next((name for starts, name in COMPRESSED if head.startswith(starts)), None)


def table_format(head: bytes) -> str | None:
    """The columnar format that the first bytes tell, None for text."""
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


def refused(head: bytes, *, given: bool) -> tuple[str, str] | None:
    """What a file is that no reader takes, and the hint; text is taken for what the user states it to be."""
    if head.startswith(ZIP):
        return _archive(head)
    found = next(((what, hint) for starts, what, hint in REFUSED if head.startswith(starts)), None)
    return found if given or found is not None else _refused_text(head)


def _archive(head: bytes) -> tuple[str, str]:
    """What a zip archive is by the name of its first member, and the hint."""
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name.startswith(SHEETS):
        return "an Excel workbook", "save the sheet as CSV"
    if name == b"mimetype" and b"opendocument" in head:
        return "an OpenDocument file", "save the sheet as CSV"
    if name.endswith(b".npy"):
        return "a NumPy archive (.npz)", "save its arrays as the columns of a CSV or Parquet file"
    return "a zip archive", "unzip -p FILE | xent score -"


def _refused_text(head: bytes) -> tuple[str, str] | None:
    """What text is that is no table, and the hint."""
    if head.startswith(b"version https://git-lfs"):
        return LFS
    text = head.lstrip()
    if text.lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return PAGE
    if text.startswith(b"{") and b"".join(text.split()).startswith(b'{"schema":"xent.'):
        return REPORT
    nested = text.startswith((b"[", b"{")) and text[1:].lstrip().startswith((b"[", b"{", b'"'))
    return JSON if nested else None
