"""The JSON documents: strict, in fixed key order, byte-identical for the same result."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from xent_cli.contract.documents import to_document
from xent_cli.contract.text import redact, whole

if TYPE_CHECKING:
    from xent_cli.contract.comparison import Comparison
    from xent_cli.contract.inspection import Inspection
    from xent_cli.contract.leaderboard import Leaderboard
    from xent_cli.contract.report import Report
    from xent_cli.contract.settings import Settings
    from xent_cli.renderers.view import View


def render_json(result: Report | Inspection | Comparison | Settings | Leaderboard, view: View | None = None) -> str:
    """A result as its JSON document. The view changes nothing: the same result gives the same bytes everywhere."""
    del view
    document = to_document(result)
    return dump(_redacted(document), indent=2)


def dump(document: Any, indent: int | None = None) -> str:
    """Plain JSON values as strict ASCII JSON with a line feed at the end."""
    return json.dumps(_encodable(document), ensure_ascii=True, allow_nan=False, indent=indent) + "\n"


def _redacted(value: Any, key: str = "") -> Any:
    """The document with the secrets of every path in it replaced."""
    if isinstance(value, dict):
        return {name: _redacted(entry, name) for name, entry in value.items()}
    if isinstance(value, list):
        return [_redacted(entry) for entry in value]
    return redact(value) if key in {"path", "best"} and isinstance(value, str) else value


def _encodable(value: Any) -> Any:
    """The value with unpaired surrogates spelt out: many parsers refuse the escapes that Python writes for them."""
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, dict):
        return {whole(key): _encodable(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_encodable(entry) for entry in value]
    return value
