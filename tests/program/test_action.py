"""`action.yml`: its shell steps, run with bash as the runner of GitHub runs them, and the recipes for CI."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.places import ROOT
from tests.running import write_csv
from xent_cli import explain

ACTION = ROOT / "action.yml"
DOCUMENT: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = DOCUMENT["runs"]["steps"]


class Ran(NamedTuple):
    """What a step left behind."""

    status: int
    log: str
    outputs: dict[str, str]
    summary: str


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """What the runner gives a step: files for outputs and summary, a folder for temporary files, an installed xent."""
    folder = tmp_path / "runner temp"
    programs = folder / "xent" / "venv" / "bin"
    programs.mkdir(parents=True)
    for name, words in (("xent", ["-m", "xent_cli"]), ("python", [])):
        shim = programs / name
        shim.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, *words])} "$@"\n', encoding="utf-8")
        shim.chmod(0o755)
    summary, output = tmp_path / "github_summary.md", tmp_path / "github_output"
    summary.write_text("before\n", encoding="utf-8")
    output.touch()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "IN_", "XENT_"))}
    return {
        **kept,
        "RUNNER_TEMP": str(folder), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary),
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }  # fmt: skip


def expanded(text: str, inputs: dict[str, str]) -> str:
    """An expression of the workflow language, as far as the action uses it."""
    given = {name: spec.get("default", "") for name, spec in DOCUMENT["inputs"].items()} | inputs

    def value(found: re.Match[str]) -> str:
        context, _, name = found[1].partition(".")
        return given[name] if context == "inputs" else {"github.action_path": str(ACTION.parent)}[found[1]]

    return re.sub(r"\$\{\{ ([\w.-]+) \}\}", value, text)


def run(step: dict[str, Any], env: dict[str, str], folder: Path, **inputs: str) -> Ran:
    """A step, as `shell: bash` runs it."""
    assert step["shell"] == "bash"
    named = {name.replace("_", "-"): value for name, value in inputs.items()}
    variables = {name: expanded(text, named) for name, text in step["env"].items()}
    source = folder / "step.sh"
    source.write_text(step["run"], encoding="utf-8")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", source],
        cwd=folder, env=env | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120, check=False,
    )  # fmt: skip
    outputs = [line.partition("=") for line in Path(env["GITHUB_OUTPUT"]).read_text(encoding="utf-8").splitlines()]
    return Ran(
        done.returncode,
        done.stdout.decode(),
        {name: value for name, _, value in outputs},
        Path(env["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8"),
    )


def score(env: dict[str, str], folder: Path, **inputs: str) -> Ran:
    """The step that scores."""
    return run(STEPS[1], env, folder, **inputs)


def predictions(folder: Path, name: str = "p.csv", p: float = 0.5) -> str:
    """A small file of predictions, on two sides."""
    write_csv(folder / name, ["label", "prob", "side"], [(1, p, "left"), (0, 0.5, "right"), (1, 0.75, "left")])
    return name


def test_no_input_is_part_of_a_script() -> None:
    """Inputs are handed over as variables: expressions stand in `env` and `value` alone."""
    for step in STEPS:
        assert "${{" not in step["run"]
        assert all("inputs." in text or "github." in text for text in step["env"].values())
    assert all(spec["description"] for spec in DOCUMENT["inputs"].values())
    used = set(re.findall(r"inputs\.([\w-]+)", ACTION.read_text(encoding="utf-8")))
    assert used == set(DOCUMENT["inputs"])
    assert DOCUMENT["runs"]["using"] == "composite"


def test_passing_run_sets_outputs_and_appends_a_summary(runner: dict[str, str], tmp_path: Path) -> None:
    """The step ends with 0; mean, status and report are outputs, annotations are in the log, the summary grows."""
    found = score(runner, tmp_path, files=predictions(tmp_path), max_loss="0.6")
    assert found.status == 0, found.log
    report = json.loads(Path(found.outputs["json"]).read_text(encoding="utf-8"))
    assert found.outputs == {"mean": repr(report["loss"]["mean"]), "status": "pass", "json": found.outputs["json"]}
    assert "::notice title=xent max-loss::max-loss passed: " in found.log
    assert found.summary.startswith("before\n## xent: pass\n")


def test_failing_gate_fails_the_step_after_everything_is_written(runner: dict[str, str], tmp_path: Path) -> None:
    """A failed gate ends the step with 1, with outputs and summary in place."""
    found = score(runner, tmp_path, files=predictions(tmp_path), max_loss="0.1", by="side", max_group_loss="0.5")
    assert found.status == 1
    assert found.outputs["status"] == "fail"
    assert found.log.startswith("::error title=xent max-loss::max-loss failed: ")
    assert "::error title=xent max-group-loss::max-group-loss, right failed: 0.693147, limit 0.5" in found.log
    assert "## xent: fail" in found.summary


def test_no_score_is_an_error_and_no_gate(runner: dict[str, str], tmp_path: Path) -> None:
    """Bad data, a missing baseline and wrong flags keep their status; there is neither mean nor summary."""
    (tmp_path / "bad.csv").write_text("label,prob\n1,oops\n", encoding="utf-8")
    good = predictions(tmp_path)
    for inputs, status in (
        ({"files": "bad.csv", "max_loss": "9"}, 3),
        ({"files": good, "baseline": "nowhere.json"}, 3),
        ({"files": good, "max_loss": "nan"}, 2),
    ):
        found = score(runner, tmp_path, **inputs)
        assert (found.status, found.outputs, found.summary) == (status, {"status": "error"}, "before\n")
        assert f"::error title=xent::there is no score (exit status {status})" in found.log
        assert "error[" in found.log


def test_baseline_from_an_earlier_run(runner: dict[str, str], tmp_path: Path) -> None:
    """The report of one run is the baseline of the next; strict wants it shown."""
    files = predictions(tmp_path)
    first = score(runner, tmp_path, files=files)
    assert first.outputs["status"] == "none"
    again = {"files": files, "baseline": first.outputs["json"], "max_regression": "1%"}
    assert score(runner, tmp_path, **again).outputs["status"] == "pass"
    assert score(runner, tmp_path, **again, strict="true").status == 1


@pytest.mark.parametrize("value", ["True", "yes", "1", ""])
def test_a_switch_is_true_or_false(value: str, runner: dict[str, str], tmp_path: Path) -> None:
    """Another spelling of true is an error: a gate that is meant to be strict is never silently another one."""
    for inputs in ({"strict": value}, {"summary": value}):
        found = score(runner, tmp_path, files=predictions(tmp_path), **inputs)
        assert (found.status, found.outputs) == (2, {"status": "error"})
        assert f"::error title=xent::{next(iter(inputs))} is true or false" in found.log


def test_files_and_words_one_a_line(runner: dict[str, str], tmp_path: Path) -> None:
    """Names with blanks, quotes and dollars are one file each; further words are passed on as they are."""
    odd = "it's $(touch hacked) `x`; p.csv"
    files = f"{predictions(tmp_path)}\n\n{predictions(tmp_path, odd, 0.25)}\n"
    args = "--unit\nbits\n--losses\nlosses file.csv"
    found = score(runner, tmp_path, files=files, args=args, format="json", summary="false")
    assert found.status == 0, found.log
    report = json.loads(found.log)
    assert [entry["path"] for entry in report["inputs"]] == ["p.csv", odd]
    assert (report["loss"]["unit"], report["rows"]["scored"]) == ("bits", 6)
    assert (tmp_path / "losses file.csv").exists()
    assert not (tmp_path / "hacked").exists()
    assert found.summary == "before\n"


def test_infinite_mean_is_an_output(runner: dict[str, str], tmp_path: Path) -> None:
    """An infinite mean is the word Infinity, not nothing."""
    assert score(runner, tmp_path, files=predictions(tmp_path, p=0.0)).outputs["mean"] == "Infinity"


@pytest.mark.parametrize(("version", "asked"), [("", str(ACTION.parent)), ("1.2.3", "xent-cli==1.2.3")])
def test_install_step_takes_the_action_or_a_version(
    version: str, asked: str, runner: dict[str, str], tmp_path: Path
) -> None:
    """Without a version the action installs itself, with one that release; what is installed is not installed again."""
    programs, log = tmp_path / "programs", tmp_path / "pip.log"
    env = runner | {"RUNNER_TEMP": str(tmp_path / "fresh"), "PATH": f"{programs}:{os.environ['PATH']}"}
    programs.mkdir()
    pip = f"""#!/bin/sh
printf '%s\\n' "$@" >> {shlex.quote(str(log))}
touch "$(dirname "$0")/xent"
chmod +x "$(dirname "$0")/xent"
"""
    python = f"""#!/bin/sh
[ "$1 $2" = "-m venv" ] || exit 9
mkdir -p "$3/bin"
printf '%s' {shlex.quote(pip)} > "$3/bin/pip"
chmod +x "$3/bin/pip"
"""
    (programs / "python3").write_text(python, encoding="utf-8")
    (programs / "python3").chmod(0o755)
    for _ in range(2):
        found = run(STEPS[0], env, tmp_path, version=version)
        assert found.status == 0, found.log
    words = log.read_text(encoding="utf-8").split("\n")[:-1]
    assert words == ["install", "--quiet", "--disable-pip-version-check", asked]


README = (ACTION.parent / "README.md").read_text(encoding="utf-8")
PAGE = next(page.text for page in explain.pages() if page.name == "ci")
RECIPES = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", README + PAGE, re.DOTALL)]


@pytest.fixture
def checkout(runner: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """A folder with predictions, the report of an earlier model, `xent` and a `pip` that does nothing."""
    table = [(row % 2, 0.3 + 0.4 * (row % 2), "ab"[row % 3 == 0]) for row in range(60)]
    write_csv(tmp_path / "preds.csv", ["label", "prob", "site"], table)
    programs = Path(runner["RUNNER_TEMP"]) / "xent" / "venv" / "bin"
    (programs / "pip").write_text("#!/bin/sh\n", encoding="utf-8")
    (programs / "pip").chmod(0o755)
    env = runner | {"PATH": f"{programs}:{os.environ['PATH']}"}
    first = ["bash", "-c", "xent score preds.csv --output json=baseline.json -qq"]
    assert subprocess.run(first, cwd=tmp_path, env=env, check=False).returncode == 0
    return env


def script(lines: list[str], env: dict[str, str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    """Lines of a job, as a runner runs them."""
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", "\n".join(lines)]
    return subprocess.run(words, cwd=folder, env=env, capture_output=True, check=False)


def test_readme_recipe_for_github(checkout: dict[str, str], tmp_path: Path) -> None:
    """The workflow of the README runs the action with inputs that it has, and passes on the model of main."""
    (workflow,) = [recipe for recipe in RECIPES if "jobs" in recipe]
    step = workflow["jobs"]["gate"]["steps"][1]
    assert set(step["with"]) <= set(DOCUMENT["inputs"])
    inputs = {name.replace("-", "_"): str(value) for name, value in step["with"].items()}
    found = score(checkout, tmp_path, **inputs)
    assert (found.status, found.outputs["status"]) == (0, "pass")
    assert score(checkout, tmp_path, **inputs | {"max_group_loss": "0.1"}).status == 1


def test_recipe_for_github_by_hand(checkout: dict[str, str], tmp_path: Path) -> None:
    """The three steps without the action leave the report in the summary."""
    (recipe,) = [recipe for recipe in RECIPES if "steps" in recipe]
    for step in recipe["steps"]:
        done = script([step["run"]], checkout, tmp_path)
        assert (done.returncode, done.stderr) == (0, b"")
    summary = Path(checkout["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
    assert summary.startswith("before\n## xent: pass\n")


def test_recipe_for_gitlab(checkout: dict[str, str], tmp_path: Path) -> None:
    """The script writes the reports that the job hands in, also where the gate fails."""
    (recipe,) = [recipe for recipe in RECIPES if "model" in recipe]
    job = recipe["model"]
    reports = job["artifacts"]["reports"]
    assert script(job["script"], checkout, tmp_path).returncode == 0
    assert all((tmp_path / name).exists() for name in [*reports.values(), *job["artifacts"]["paths"]])
    worse = [(row % 2, 0.6 - 0.2 * (row % 2), "a") for row in range(60)]
    write_csv(tmp_path / "preds.csv", ["label", "prob", "site"], worse)
    assert script(job["script"], checkout, tmp_path).returncode == 1
    assert 'failures="1"' in (tmp_path / reports["junit"]).read_text(encoding="utf-8")


def test_recipe_before_a_merge(checkout: dict[str, str], tmp_path: Path) -> None:
    """The hook lets a model be merged that is no worse than the one on main, and stops one that is."""
    if shutil.which("git") is None:
        pytest.skip("needs git")
    (hook,) = [block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "pre-merge-commit" in block]
    folder = tmp_path / "repository"
    folder.mkdir()
    env = {name: value for name, value in checkout.items() if not name.startswith("GIT_")} | {
        "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    }  # fmt: skip

    def bash(*lines: str) -> subprocess.CompletedProcess[bytes]:
        return script(list(lines), env, folder)

    def model(right: float) -> None:
        rows = [(row % 2, right if row % 2 else 1 - right) for row in range(60)]
        write_csv(folder / "preds.csv", ["label", "prob"], [(y, p + 0.001 * row) for row, (y, p) in enumerate(rows)])

    model(0.7)
    first = ("git init -q -b main", "xent score preds.csv --output json=baseline.json -qq")
    assert bash(*first, "git add .", "git commit -q -m main").returncode == 0
    path = folder / ".git" / "hooks" / "pre-merge-commit"
    path.parent.mkdir(exist_ok=True)
    path.write_text(hook, encoding="utf-8")
    path.chmod(0o755)
    for branch, right, status in (("better", 0.8, 0), ("worse", 0.3, 1)):
        assert bash(f"git checkout -q -b {branch} main").returncode == 0
        model(right)
        assert bash("git commit -q -a -m model", "git checkout -q main").returncode == 0
        merged = bash(f"git merge --no-ff -q -m merge {branch}")
        assert merged.returncode == status
        assert f" {branch}: ".encode() in merged.stdout + merged.stderr  # the reason of the gate
