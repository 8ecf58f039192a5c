"""The JSON documents: strict, in fixed key order, byte-identical for the same result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from xent_cli.results import Inspection, Report, to_document
from xent_cli.text import redact, whole

if TYPE_CHECKING:
    from xent_cli.renderers.view import View


def render_json(result: Report | Inspection, view: View | None = None) -> str:
    """A result as its JSON document. The view changes nothing: the same result gives the same bytes everywhere."""
    del view
    document = to_document(result)
    for entry in document["inputs"]:
        entry["path"] = redact(entry["path"])
    return dump(document, indent=2)


def dump(document: Any, indent: int | None = None) -> str:
    """Plain JSON values as strict ASCII JSON with a line feed at the end."""
    return json.dumps(_encodable(document), ensure_ascii=True, allow_nan=False, indent=indent) + "\n"


def _encodable(value: Any) -> Any:
    """The value with unpaired surrogates spelt out: many parsers refuse the escapes that Python writes for them."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(key): _encodable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_encodable(entry) for entry in value]
    return value
