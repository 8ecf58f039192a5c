"""The JSON Schemas: what is written satisfies them, and they and the dataclasses name the same fields."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.sample_reports import inspection, problem, reports, unclear
from xent_cli.contract import comparison, errors, interval, leaderboard, report, settings
from xent_cli.contract import inspection as contract_inspection
from xent_cli.contract.documents import SCHEMAS, schema_text
from xent_cli.contract.errors import Problem
from xent_cli.renderers.json_document import render_json
from xent_cli.renderers.problems import render_problems_json

PLACES = [
    ("score", None, report.Report),
    ("score", "input", report.Input),
    ("score", "columns", report.Columns),
    ("score", "rows", report.RowCounts),
    ("score", "interval", interval.Interval),
    ("score", "loss", report.Loss),
    ("score", "baseline", report.Baseline),
    ("score", "class", report.ClassRow),
    ("score", "label", report.LabelRow),
    ("score", "group", report.GroupRow),
    ("score", "sample", report.Sample),
    ("score", "touched", report.Touched),
    ("score", "gate", report.Gate),
    ("score", "notice", report.Notice),
    ("inspect", None, contract_inspection.Inspection),
    ("inspect", "input", report.Input),
    ("inspect", "column", contract_inspection.ColumnView),
    ("inspect", "columns", report.Columns),
    ("inspect", "rows", report.RowCounts),
    ("inspect", "fault", contract_inspection.InspectionProblem),
    ("inspect", "notice", report.Notice),
    ("compare", None, comparison.Comparison),
    ("compare", "input", report.Input),
    ("compare", "columns", report.Columns),
    ("compare", "interval", interval.Interval),
    ("compare", "pairing", comparison.Pairing),
    ("compare", "rows", comparison.PairCounts),
    ("compare", "reference", comparison.Reference),
    ("compare", "candidate", comparison.Candidate),
    ("compare", "difference", comparison.Difference),
    ("compare", "gate", report.Gate),
    ("compare", "notice", report.Notice),
    ("error", "problem", errors.Problem),
    ("error", "location", errors.Location),
    ("config", None, settings.Settings),
    ("config", "setting", settings.SettingRow),
    ("each", None, leaderboard.Leaderboard),
]
PLACES += [("each", name or "report", kind) for document, name, kind in PLACES if document == "score"]


def schema(name: str) -> dict[str, Any]:
    """A schema as a document."""
    found: dict[str, Any] = json.loads(schema_text(name))
    return found


def complaints(name: str, document: Any) -> list[str]:
    """What a validator has against a document."""
    return [error.message for error in Draft202012Validator(schema(name)).iter_errors(document)]


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_a_schema(name: str) -> None:
    """Each is valid by its own meta-schema, names its document and may be extended at the top."""
    Draft202012Validator.check_schema(schema(name))
    assert schema(name)["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema(name)["title"] == schema(name)["properties"]["schema"]["const"] == f"xent.{name}/1"
    assert schema(name)["additionalProperties"] is True


@pytest.mark.parametrize("name", sorted(reports()))
def test_reports_satisfy_their_schema(name: str) -> None:
    """Every sample report does, infinite and undefined numbers included."""
    assert complaints("score", json.loads(render_json(reports()[name]))) == []


def test_inspections_satisfy_their_schema() -> None:
    """With and without roles."""
    assert complaints("inspect", json.loads(render_json(inspection()))) == []
    assert complaints("inspect", json.loads(render_json(unclear()))) == []


def test_errors_satisfy_their_schema() -> None:
    """With and without a place."""
    assert complaints("error", json.loads(render_problems_json([problem(), Problem("a", "b")], 2))) == []


@pytest.mark.parametrize(("name", "definition", "type_"), PLACES)
def test_schema_and_dataclass_name_the_same_fields(name: str, definition: str | None, type_: type[Any]) -> None:
    """Every field is in the schema, in order, and nothing else; all but the optional ones are required."""
    part = schema(name) if definition is None else schema(name)["$defs"][definition]
    named = {item.name.rstrip("_"): bool(item.metadata.get("optional")) for item in fields(type_)}
    assert list(part["properties"]) == list(named)
    assert part["required"] == [key for key, optional in named.items() if not optional]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_definition_is_used_and_every_object_accounted_for(name: str) -> None:
    """No definition is left over, and each one that is an object belongs to a dataclass."""
    text, definitions = schema_text(name), schema(name)["$defs"]
    assert all(f'"#/$defs/{definition}"' in text for definition in definitions)
    objects = {key for key, part in definitions.items() if part.get("type") == "object"}
    assert objects == {definition for place, definition, _ in PLACES if place == name and definition}


@pytest.mark.parametrize("key", ["signature", "loss", "perplexity", "gates", "rows"])
def test_missing_field_is_a_complaint(key: str) -> None:
    """A consumer may rely on every field being there."""
    document = json.loads(render_json(reports()["binary"]))
    del document[key]
    assert complaints("score", document) == [f"'{key}' is a required property"]


@pytest.mark.parametrize("value", [None, "inf", "1.5", True, [1.0]])
def test_number_is_a_number_or_one_of_three_strings(value: Any) -> None:
    """Null and free text are no losses: a gate written against the document must not fail open."""
    document = json.loads(render_json(reports()["binary"]))
    document["loss"]["mean"] = value
    assert len(complaints("score", document)) == 1


def test_unknown_schema_is_refused() -> None:
    """A name is one of SCHEMAS, not a path."""
    with pytest.raises(ValueError, match="passwd"):
        schema_text("../../etc/passwd")
