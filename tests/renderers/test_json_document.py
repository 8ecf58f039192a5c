"""The JSON document: strict, complete, the same bytes for the same result."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.sample_reports import binary, infinite, inspection, reports
from xent_cli.contract.report import Input, Sample
from xent_cli.renderers.json_document import render_json
from xent_cli.renderers.view import View


def strict(text: str) -> Any:
    """The document, parsed by a parser that refuses what JSON does not have."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


@pytest.mark.parametrize("name", sorted(reports()))
def test_json_is_strict_ascii(name: str) -> None:
    """No NaN or Infinity outside strings, nothing but ASCII, a line feed at the end."""
    text = render_json(reports()[name])
    assert text.isascii()
    assert text.endswith("}\n")
    assert strict(text)["schema"] == "xent.score/1"


def test_json_keeps_every_digit() -> None:
    """The numbers read back as the same doubles."""
    document = strict(render_json(binary()))
    assert document["loss"]["mean"].hex() == binary().loss.mean.hex()
    assert [sample["loss"] for sample in document["samples"]] == [sample.loss for sample in binary().samples]


def test_json_writes_non_finite_numbers_as_strings() -> None:
    """An infinite mean is the string that float() and Number() read; null would pass a gate."""
    document = strict(render_json(infinite()))
    assert document["loss"]["mean"] == "Infinity"
    assert document["loss"]["std"] == "NaN"
    assert document["log_likelihood"] == "-Infinity"


def test_json_has_its_keys_in_the_order_of_the_contract() -> None:
    """Keys stand in a fixed order, the ones of the categorical kind in their place."""
    keys = list(strict(render_json(binary())))
    assert keys[:8] == ["schema", "xent", "signature", "status", "inputs", "columns", "rows", "loss"]
    assert keys[-6:] == ["classes", "groups", "samples", "touched", "gates", "notices"]
    assert list(strict(render_json(reports()["soft"])))[13:16] == ["label_entropy", "kl", "baseline"]


def test_json_is_the_same_in_every_view() -> None:
    """Terminal, colour and encoding change no byte."""
    assert render_json(binary(), View(40, color=True, unicode=False)) == render_json(binary())


def test_json_spells_out_unpaired_surrogates() -> None:
    """A path with undecodable bytes gives JSON that every parser takes: no lone surrogate escape."""
    report = replace(binary(), inputs=(Input("caf\udce9.csv", "csv", 4, None),))
    text = render_json(report)
    assert strict(text)["inputs"][0]["path"] == "caf\\udce9.csv"
    strict(text)["inputs"][0]["path"].encode("utf-8")


def test_json_redacts_paths_and_nothing_else() -> None:
    """Secrets of an address are left out; a label that looks like an address is data and stays."""
    label = "https://user:pass@host/?q=1"
    report = replace(
        binary(), inputs=(Input("s3://K:S@b/x?t=1", "csv", 4, None),), samples=(Sample(1, None, label, 0.5, 0.7, 1.0),)
    )
    document = strict(render_json(report))
    assert document["inputs"][0]["path"] == "s3://***@b/x?***"
    assert document["samples"][0]["label"] == label


def test_json_of_an_inspection() -> None:
    """The result of inspect goes through the same renderer."""
    document = strict(render_json(inspection()))
    assert document["schema"] == "xent.inspect/1"
    assert document["columns"]["from"] == "probs"
