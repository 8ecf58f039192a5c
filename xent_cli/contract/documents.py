"""The JSON Schemas of the documents that xent writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from math import isfinite, isnan
from typing import Any

SCHEMAS = ("score", "inspect", "compare", "error", "config", "each")
"""The documents that have a schema."""


def schema_text(name: str) -> str:
    """The JSON Schema (draft 2020-12) of a document: one of SCHEMAS."""
    if name not in SCHEMAS:
        raise ValueError(name)
    from importlib.resources import files  # which loads tempfile and pathlib: no scoring needs them

    return files("xent_cli.contract").joinpath("schemas", f"{name}.json").read_text("utf-8")


def to_document(value: Any) -> Any:
    """A result as plain JSON values: keys in field order, non-finite numbers as the strings that JSON can carry."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            item.name.rstrip("_"): to_document(getattr(value, item.name))
            for item in fields(value)
            if not (item.metadata.get("optional") and getattr(value, item.name) is None)
        }
    if isinstance(value, Mapping):
        return {str(key): to_document(entry) for key, entry in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_document(entry) for entry in value]
    if isinstance(value, float) and not isfinite(value):
        return number_text(value)
    return value


def number_text(value: float) -> str:
    """A non-finite number as the string that the JSON contract uses: "Infinity", "-Infinity" or "NaN"."""
    if isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
