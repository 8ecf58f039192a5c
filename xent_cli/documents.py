"""The JSON Schemas of the documents that xent writes."""

from __future__ import annotations

from importlib.resources import files

SCHEMAS = ("score", "inspect", "compare", "error")
"""The documents that have a schema."""


def schema_text(name: str) -> str:
    """The JSON Schema (draft 2020-12) of a document: one of SCHEMAS."""
    if name not in SCHEMAS:
        raise ValueError(name)
    return files("xent_cli").joinpath("schemas", f"{name}.json").read_text("utf-8")
