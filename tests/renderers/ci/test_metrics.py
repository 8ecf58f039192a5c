"""The flat metrics, read as DVC, MLflow and jq read them."""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.hostile_reports import hostile, undefined
from tests.sample_reports import binary, one_row, reports, soft
from xent_cli.contract.report import Gate, Report
from xent_cli.renderers.ci.metrics import render_metrics

SCHEMA = {
    "type": "object",
    "minProperties": 10,
    "propertyNames": {"pattern": "^[a-z][a-z0-9_]*$", "maxLength": 250},
    "additionalProperties": {"type": "number"},
}


def strict(text: str) -> dict[str, Any]:
    """JSON without the words that Python alone takes for numbers."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def by_dvc(value: Any, path: tuple[str, ...] = ()) -> dict[str, Any]:
    """What `dvc metrics show` takes for metrics: leaves of nested objects that are numbers or text, nothing else."""
    if isinstance(value, dict):
        return {name: leaf for key, entry in value.items() for name, leaf in by_dvc(entry, (*path, key)).items()}
    return {".".join(path): value} if isinstance(value, (int, float, str)) else {}


@pytest.mark.parametrize("report", [*reports().values(), hostile(), undefined()])
def test_flat_finite_numbers_under_plain_names(report: Report) -> None:
    """One flat object of finite numbers: the schema holds, DVC finds all of it, and nothing is text."""
    found = strict(render_metrics(report))
    Draft202012Validator(SCHEMA).validate(found)
    assert by_dvc(found) == found
    assert all(math.isfinite(value) for value in found.values())
    assert all(re.fullmatch(r"[\w.\- /]+", name) for name in found)  # what MLflow takes for a name


def test_numbers_are_those_of_the_report() -> None:
    """Values have all their digits, counts are whole."""
    report = binary()
    found = strict(render_metrics(report))
    assert found["loss_mean"] == report.loss.mean
    assert found["loss_ci_low"] == report.loss.ci.low
    assert found["loss_q50"] == report.loss.quantiles["0.5"]
    assert (found["rows_scored"], found["skill"], found["gates_failed"]) == (4, -0.75, 1)
    assert strict(render_metrics(soft()))["kl"] == soft().kl


def test_each_gate_is_there() -> None:
    """A gate has its value, its limit and whether it passed; those of groups, whose names are foreign, are counted."""
    gates = (Gate("max-loss", 0.5, 0.5, "pass"), Gate("max-group-loss", 1.0, 2.0, "fail", None, "north"))
    found = strict(render_metrics(replace(binary(), gates=gates)))
    assert {name: value for name, value in found.items() if name.startswith("gate")} == {
        "gates_passed": 1, "gates_failed": 1,
        "gate_max_loss_value": 0.5, "gate_max_loss_limit": 0.5, "gate_max_loss_passed": 1,
    }  # fmt: skip
    nothing = strict(render_metrics(replace(binary(), gates=(Gate("max-loss", 0.5, math.inf, "fail"),))))
    assert "gate_max_loss_value" not in nothing
    assert nothing["gate_max_loss_passed"] == 0


def test_what_is_not_finite_is_left_out() -> None:
    """An infinite mean has no entry: these tools have no number for it, and 0 or null would read as good."""
    found = strict(render_metrics(undefined()))
    assert "loss_mean" not in found
    assert "loss_se" not in found
    assert found["rows_scored"] == 4


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Any]:
    """A repository of git and DVC with a metrics file, and what runs a command in it; its JSON, where it prints any."""
    if importlib.util.find_spec("dvc") is None or shutil.which("git") is None:
        pytest.skip("needs dvc (of the dependency group test) and git")
    folder = tmp_path / "project"
    folder.mkdir()
    places = ("HOME", "DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR", "DVC_SITE_CACHE_DIR")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "DVC_"))}
    env |= dict.fromkeys(places, str(tmp_path)) | {"DVC_NO_ANALYTICS": "1", "GIT_CONFIG_NOSYSTEM": "1"}

    def run(*words: str) -> Any:
        program = (
            [sys.executable, "-m", "dvc"] if words[0] == "dvc" else ["git", "-c", "user.name=n", "-c", "user.email=e"]
        )
        done = subprocess.run([*program, *words[1:]], cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in words else folder

    run("git", "init", "--quiet")
    run("dvc", "init", "--quiet")
    run("dvc", "config", "core.check_update", "false")
    (folder / "dvc.yaml").write_text("metrics:\n- metrics.json\n", encoding="utf-8")
    return run


def test_dvc_shows_each_number_and_the_difference_of_two_commits(project: Callable[..., Any]) -> None:
    """`dvc metrics show` finds exactly what is in the file; `dvc metrics diff` subtracts the last commit from it."""
    before, after = one_row(), binary()
    folder = project("git", "status")
    place = folder / "metrics.json"
    place.write_text(render_metrics(before), encoding="utf-8")
    project("git", "add", ".")
    project("git", "commit", "--quiet", "--message", "model of main")
    place.write_text(render_metrics(after), encoding="utf-8")
    (shown,) = project("dvc", "metrics", "show", "--json").values()
    assert shown["data"]["metrics.json"]["data"] == strict(render_metrics(after))
    changed = project("dvc", "metrics", "diff", "--json")["metrics.json"]
    old, new = strict(render_metrics(before)), strict(render_metrics(after))
    assert set(changed) == {name for name in {*old, *new} if old.get(name) != new.get(name)}
    assert changed["loss_mean"]["old"] == before.loss.mean
    assert changed["loss_mean"]["new"] == after.loss.mean
    assert changed["loss_mean"]["diff"] == pytest.approx(after.loss.mean - before.loss.mean, rel=1e-12)


def test_jq_reads_it() -> None:
    """jq finds the number under its name, as does any other reader of JSON."""
    text, program = render_metrics(binary()), shutil.which("jq")
    found = [strict(text)["loss_mean"]]
    if program is not None:
        done = subprocess.run([program, ".loss_mean"], input=text, capture_output=True, text=True, check=True)
        found.append(float(done.stdout))
    assert found == pytest.approx([binary().loss.mean] * len(found), rel=1e-15)
