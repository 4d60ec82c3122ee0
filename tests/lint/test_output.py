"""Every format of a report: what it must say, and that its readers can read it whatever a model folder holds."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from mlcheck.cli import main
from mlcheck.finding import Finding, Location, Severity
from mlcheck.output import FORMATS, PLAIN, View, render
from mlcheck.report import ModelSummary, Report, Suppressed

ROOT = Path(__file__).parents[2]
NASTY = "\x1b[31m%\r\n\x00\ufffe\udc80<&\"'>]]>,:\u202e…"


def finding(message: str = "no good", **changes: object) -> Finding:
    values: dict[str, object] = {
        "code": "MLC330",
        "name": "wrong-distribution-name",
        "severity": Severity.ERROR,
        "message": message,
        "model": "models/churn",
        "location": Location("requirements.txt", 3, 5),
        "hint": "write better",
        **changes,
    }
    return Finding(**values)  # type: ignore[arg-type]


CONTRACT = finding(
    "predict raised on a null",
    code="MLC602",
    name="accepts-typical-input",
    location=Location("MLmodel", 7, 11, "/0"),
    reproduce="import mlflow\nmodel = mlflow.pyfunc.load_model('models/churn')",
    details=(("case", "age\n1"), ("happened", "the model raised ValueError: no")),
)
FACTS = (
    ("cases", "412"),
    ("edges", "80"),
    ("violations", "95"),
    ("seconds in load", "1.50"),
    ("seconds in predict", "2.25"),
    ("skipped", "refuses-null: the signature has nothing of the kind"),
    ("skipped", "same-input: not deterministic"),
    ("note", "the example is empty"),
)
REPORT = Report(
    models=(ModelSummary("models/churn", FACTS, "pyproject.toml"), ModelSummary("models/sound")),
    findings=(
        finding("a note", severity=Severity.NOTE),
        CONTRACT,
        finding(NASTY, model=f"models/{NASTY}", hint=NASTY, details=((NASTY, NASTY),)),
        finding("no line", location=Location("")),
        finding("far", model="models:/churn/1", location=Location("MLmodel", 1, 1)),
    ),
    suppressed=(Suppressed(finding("held"), "the image brings it", "configuration"),),
    errors=("models/gone: no such file or folder", NASTY),
)


@pytest.fixture(params=[REPORT, Report(), Report(models=(ModelSummary("m"),))], ids=["full", "empty", "clean"])
def report(request: pytest.FixtureRequest) -> Report:
    chosen: Report = request.param
    return chosen


def test_formats_are_the_modules_of_the_package() -> None:
    assert FORMATS == ("concise", "github", "gitlab", "json", "junit", "sarif", "text")


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_ends_lines_and_writes_no_control_characters(name: str, report: Report) -> None:
    text = render(name, report)
    assert text.endswith("\n")
    assert not re.search("[\x00-\x09\x0b-\x1f]", text)
    assert render(name, report) == text


# --- text ------------------------------------------------------------------------------------------------


def test_text_groups_by_model_and_shows_sections() -> None:
    lines = render("text", REPORT).splitlines()
    assert lines[0] == "models/churn"
    assert lines[1] == "  requirements.txt:3:5: note MLC330 [wrong-distribution-name] a note"
    assert "      at /0" in lines
    assert "      reproduce:" in lines
    assert "        import mlflow" in lines
    assert "models/churn: 412 cases, 80 edges, 95 violations" in lines
    assert "  the example is empty" in lines
    assert lines[-1] == "2 models checked: 4 errors, 0 warnings, 1 note, 1 suppressed, 2 could not be checked"
    assert not any("skipped" in line or "suppressed:" in line for line in lines)


def test_verbose_text_says_what_was_held_back_skipped_and_configured() -> None:
    text = render("text", REPORT, View(verbose=True))
    held = "models/churn/requirements.txt:3:5: MLC330 [wrong-distribution-name] held"
    assert f"{held} (configuration: the image brings it)" in text
    assert "412 cases, 80 edges, 95 violations in 3.8 s (load 1.5 s, predict 2.2 s)" in text
    assert "  skipped refuses-null: the signature has nothing of the kind" in text
    assert "configuration: pyproject.toml (models/churn)" in text
    assert "configuration: none found, the defaults hold (models/sound)" in text


def test_a_terminal_shows_the_line_with_a_caret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "models/churn").mkdir(parents=True)
    (tmp_path / "models/churn/requirements.txt").write_text("mlflow\n\nab\tsklearn\x1b[2J\n", encoding="utf-8")
    text = render("text", Report(findings=(finding(),)), View(terminal=True))
    assert "      3 | ab sklearn\\x1b[2J\n        |     ^\n" in text
    assert "\x1b" not in text
    coloured = render("text", Report(findings=(finding(),)), View(terminal=True, colour=True))
    assert "\x1b[1;31merror\x1b[0m" in coloured
    assert "docs/rules.md#mlc330\x1b\\MLC330" in coloured


def test_long_lines_are_cut_around_the_column(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m/MLmodel").write_text("x" * 500 + "日本HERE" + "y" * 500, encoding="utf-8")
    found = finding(model="m", location=Location("MLmodel", 1, 503))
    source, caret = render("text", Report(findings=(found,)), View(terminal=True)).splitlines()[2:4]
    assert len(source) < 120
    assert source.count("…") == 2
    assert caret.index("^") == source.index("HERE") + 2, "wide letters take two columns each"


def test_no_line_is_shown_through_a_link_or_behind_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret").write_text("top secret\n")
    (tmp_path / "m").mkdir()
    (tmp_path / "m/MLmodel").symlink_to(tmp_path / "secret")
    found = (finding(model="m", location=Location("MLmodel", 1, 1)), finding(model="m", location=Location("x", 9, 1)))
    assert "secret" not in render("text", Report(findings=found), View(terminal=True))


# --- github ----------------------------------------------------------------------------------------------


def test_github_commands_are_one_line_each_errors_first() -> None:
    lines = render("github", REPORT).splitlines()
    assert all(line.startswith("::") for line in lines[:-1])
    kinds = [line.split()[0] for line in lines[:-1]]
    assert kinds == sorted(kinds, key=["::error", "::warning", "::notice"].index)
    assert kinds.count("::error") == 6
    contract = next(line for line in lines if "MLC602" in line)
    head = "::error file=models/churn/MLmodel,line=7,col=11,title=MLC602 accepts-typical-input::"
    assert contract.startswith(
        head + "models/churn/MLmodel:7:11: predict raised on a null%0Aat /0%0Ahelp: write better"
    )
    assert "%0Areproduce:%0Aimport mlflow%0A" in contract
    nasty = next(line for line in lines if line.startswith(r"::error file=models/\x1b[31m%25%0D%0A"))
    assert "%2C%3A" in nasty.partition("::")[2]


def test_github_paths_are_those_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").write_text("gitdir: elsewhere")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    paths = ("m", str(tmp_path / "sub" / "m"), "../sub/m", "/elsewhere/m", "models:/churn/1")
    lines = render("github", Report(findings=tuple(finding(model=path) for path in paths))).splitlines()
    assert [line.partition(",")[0] for line in lines[:3]] == ["::error file=sub/m/requirements.txt"] * 3
    assert lines[3].startswith("::error file=/elsewhere/m/requirements.txt,")
    assert lines[4].startswith("::error title=MLC330")


# --- formats for machines --------------------------------------------------------------------------------


def test_json_follows_its_schema(report: Report) -> None:
    schema = json.loads((ROOT / "schemas/report.schema.json").read_text())
    document = json.loads(render("json", report))
    jsonschema.Draft202012Validator(schema).validate(document)
    keys = set(schema["$defs"]["finding"]["properties"])
    assert all(set(item) == keys for item in document["findings"])


def test_json_keeps_every_fact() -> None:
    model = json.loads(render("json", REPORT))["models"][0]
    skipped = "refuses-null: the signature has nothing of the kind; same-input: not deterministic"
    assert model["facts"]["skipped"] == skipped
    assert model["configuration"] == "pyproject.toml"


def test_gitlab_entries_have_what_gitlab_needs(report: Report) -> None:
    entries = json.loads(render("gitlab", report))
    for entry in entries:
        assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(entry)
        assert entry["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert entry["location"]["lines"]["begin"] >= 1
        assert not entry["location"]["path"].startswith("./")
    prints = [entry["fingerprint"] for entry in entries]
    assert len(set(prints)) == len(prints)


def test_gitlab_tells_findings_with_one_fingerprint_apart() -> None:
    entries = json.loads(render("gitlab", Report(findings=(finding(), finding(), finding()))))
    first = entries[0]["fingerprint"]
    assert [entry["fingerprint"] for entry in entries] == [first, f"{first}-2", f"{first}-3"]


def test_junit_has_a_suite_for_each_model() -> None:
    root = ET.fromstring(render("junit", REPORT))
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites)[:2] == ["models/churn", "models/sound"]
    assert [case.get("name") for case in suites["models/sound"]] == ["no findings"]
    churn = suites["models/churn"]
    assert (churn.get("tests"), churn.get("failures"), churn.get("skipped")) == ("6", "2", "3")
    failure = next(iter(churn.iter("failure")))
    assert failure.get("message") == "predict raised on a null"
    assert "reproduce:\nimport mlflow" in str(failure.text)
    assert "suppressed (configuration): the image brings it" in {skip.get("message") for skip in churn.iter("skipped")}
    assert root.get("errors") == "2"


def test_junit_counts_failures_by_fail_on() -> None:
    warning = finding(severity=Severity.WARNING)
    for fail_on, failures in ((Severity.ERROR, "0"), (Severity.WARNING, "1"), (Severity.NOTE, "1")):
        root = ET.fromstring(render("junit", Report(findings=(warning,), fail_on=fail_on)))
        assert (root.get("tests"), root.get("failures")) == ("1", failures)


def test_junit_is_xml_for_every_character() -> None:
    characters = "".join(map(chr, [*range(0x300), 0x2028, 0xD800, 0xDFFF, 0xFFFE, 0xFFFF, 0x1F600, 0x10FFFF]))
    root = ET.fromstring(render("junit", Report(findings=(finding(characters, model=characters),))))
    assert "\\x00" in str(next(iter(root.iter("failure"))).get("message"))


def test_sarif_follows_the_official_schema(report: Report) -> None:
    schema = json.loads((ROOT / "tests/sarif/sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    document = json.loads(render("sarif", report))
    checker = jsonschema.FormatChecker()
    jsonschema.Draft4Validator(schema, format_checker=checker).validate(document)


def test_sarif_has_rules_fingerprints_and_suppressions() -> None:
    run = json.loads(render("sarif", REPORT))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["MLC330", "MLC602"]
    assert all(rule["help"]["text"] and rule["helpUri"].endswith(rule["id"].lower()) for rule in rules)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert all(result["partialFingerprints"]["mlcheckFingerprint/v1"] for result in run["results"])
    held = [result for result in run["results"] if "suppressions" in result]
    assert [item["suppressions"][0]["justification"] for item in held] == ["the image brings it"]
    uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"]]
    assert all(re.fullmatch(r"[A-Za-z0-9/._~:%-]+", uri) for uri in uris), uris
    assert run["invocations"][0]["executionSuccessful"] is False


# --- the command -----------------------------------------------------------------------------------------


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "churn"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}\n")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.mark.parametrize("name", FORMATS)
def test_exit_codes_are_the_same_for_every_format(name: str, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "churn", "--format", name]) == 1
    assert "MLC102" in capsys.readouterr().out
    assert main(["lint", "churn", "--format", name, "--select", "MLC4"]) == 0
    assert main(["lint", "gone", "--format", name]) == 2
    assert "no such file" in capsys.readouterr().out


def test_output_writes_a_file_and_prints_one_line(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "churn", "--format", "sarif", "--output", "report.sarif"]) == 1
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert re.match(r"1 model checked: \d+ errors?, .*; the report is in report.sarif$", printed)
    assert json.loads(Path("report.sarif").read_text(encoding="utf-8"))["version"] == "2.1.0"
    assert main(["lint", "churn", "--output", "no/such/folder/report"]) == 2
    assert "cannot write the report" in capsys.readouterr().err


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("environment", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_colours_follow_the_terminal_and_the_environment(
    environment: dict[str, str],
    terminal: bool,
    coloured: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    main(["lint", "churn"])
    text = capsys.readouterr().out
    assert ("\x1b[" in text) is coloured
    assert ("1 | flavors: {}" in text) is terminal


def test_names_that_the_encoding_lacks_are_escaped(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/caf\xe9-\xe6\x97\xa5"
    os.mkdir(folder)
    (Path(os.fsdecode(folder)) / "MLmodel").write_text("flavors: {}\n")
    for name in FORMATS:
        command = [sys.executable, "-m", "mlcheck", "lint", os.fsdecode(folder), "--format", name]
        run = subprocess.run(command, capture_output=True, check=False, env={**os.environ, "PYTHONIOENCODING": "ascii"})
        assert run.returncode == 1, run.stderr.decode()
        assert b"MLC102" in run.stdout
        run.stdout.decode("utf-8")


def test_plain_is_the_default() -> None:
    assert render("text", REPORT) == render("text", REPORT, PLAIN)
