"""Configuration through the command: what is found where, what it does, and what it refuses in which words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlcheck import config
from mlcheck.cli import main
from mlcheck.config import ModelSettings, read_config
from mlcheck.facts.contract_codes import CONTRACT_CODES
from mlcheck.lint import known_codes, lint_codes


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two models; both lack the python_function flavor (MLC102)."""
    root = tmp_path / "project"
    for name in ("models/churn", "models/legacy/fraud"):
        (root / name).mkdir(parents=True)
        (root / name / "MLmodel").write_text("flavors: {}\n")
    (root / ".git").mkdir()
    config._find_from.cache_clear()
    monkeypatch.chdir(root)
    return root


def configure(folder: Path, text: str) -> None:
    (folder / "mlcheck.toml").write_text(text, encoding="utf-8")


def lint(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, list[str]], dict[str, list[str]]]:
    """Run lint; return the exit code and, by model, the codes found and the codes suppressed."""
    code = main(["lint", *(arguments or ["models"]), "--format", "json"])
    document = json.loads(capsys.readouterr().out)
    found: dict[str, list[str]] = {}
    held: dict[str, list[str]] = {}
    for target, items in ((found, document["findings"]), (held, document["suppressed"])):
        for item in items:
            target.setdefault(item["model"], []).append(item["code"])
    return code, found, held


def refused(capsys: pytest.CaptureFixture[str], text: str) -> str:
    configure(Path.cwd(), text)
    assert main(["lint", "models"]) == 2
    printed = capsys.readouterr()
    assert not printed.out
    assert printed.err.startswith("mlcheck: ")
    assert "mlcheck.toml: " in printed.err
    assert "Traceback" not in printed.err
    return printed.err.partition("mlcheck.toml: ")[2].strip()


# --- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ignroe = {}", "ignroe: unknown key, did you mean 'ignore'"),
        ("fail_on = 'error'", "fail_on: unknown key, did you mean 'fail-on'"),
        ("[contract]\nmax-exmples = 3", "contract.max-exmples: unknown key, did you mean 'max-examples'"),
        ("[domain.age]\nmaximum = 3", "domain.age.maximum: unknown key"),
        ('[models."a/*"]\nignore = {}', 'models."a/*".ignore: unknown key'),
        ("ignore = { MLC12 = 'x' }", "ignore: unknown code 'MLC12', did you mean"),
        ("ignore = { MLC999 = 'x' }", "ignore: unknown code 'MLC999'"),
        (
            "ignore = { MLC002 = 'x' }",
            "ignore: MLC002 speaks about mlcheck's own work: it cannot be ignored or changed",
        ),
        ("severity = { MLC1O2 = 'note' }", "severity: unknown code 'MLC1O2', did you mean 'MLC"),
        ("select = ['MLX']", "select: 'MLX' is no code and no start of one"),
        ("ignore = { MLC102 = '' }", "ignore.MLC102: say why it is ignored"),
        ("ignore = { MLC102 = true }", "ignore.MLC102: must be a string, not True"),
        ("ignore = ['MLC102']", 'ignore: must be a table such as { MLC305 = "the serving image brings it" }'),
        ('per-model-ignore = { "a/*" = ["MLC102"] }', 'per-model-ignore."a/*": must be a table such as'),
        ('per-model-ignore = { "a/*" = { MLC102 = " " } }', 'per-model-ignore."a/*".MLC102: say why it is ignored'),
        ("select = 'MLC1'", "select: must be a list of strings, not 'MLC1'"),
        ("severity = { MLC102 = 'eror' }", "severity.MLC102: must be one of error, warning, note, not 'eror', did you"),
        ("fail-on = 1", "fail-on: must be one of error, warning, note, not 1"),
        ("strict = 'yes'", "strict: must be true or false, not 'yes'"),
        ("contract = 3", "contract: must be a table, not 3"),
        ("[contract]\nmax-examples = 2.5", "contract.max-examples: must be a whole number, not 2.5"),
        ("[contract]\nmax-examples = 0", "contract.max-examples: must be more than 0"),
        ("[contract]\ntime-limit = -1", "contract.time-limit: must be a number that is not negative, not -1"),
        ("[contract]\ntime-limit = nan", "contract.time-limit: must be a number that is not negative, not nan"),
        ("[contract]\ntime-limit = true", "contract.time-limit: must be a number that is not negative, not True"),
        ("[contract]\ndata = 3", "contract.data: must be a string, not 3"),
        ("[domain]\nage = 3", "domain.age: must be a table, not 3"),
        ("[domain.age]\nchoices = []", "domain.age.choices: must be a list that is not empty, not []"),
        ("a = ", "not TOML: "),
    ],
)
def test_mistakes_name_the_key_and_the_remedy(
    text: str, message: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert refused(capsys, text).startswith(message)


def test_messages_for_pyproject_name_the_table(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text("[tool.mlcheck]\nstrct = true\n")
    assert main(["lint", "models"]) == 2
    assert "pyproject.toml: [tool.mlcheck]: strct: unknown key, did you mean 'strict'" in capsys.readouterr().err


def test_a_configuration_that_is_named_must_be_there(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "models", "--config", "gone.toml"]) == 2
    assert "gone.toml: cannot be read: No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_codes_on_the_command_line_are_known_ones(
    option: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", "models", option, "MLC102,MLX102"]) == 2
    assert f"{option}: " in (message := capsys.readouterr().err)
    assert "did you mean 'MLC102'" in message


# --- where it is found -----------------------------------------------------------------------------------

IGNORE = 'ignore = { MLC102 = "known" }\n'


def test_the_nearest_configuration_above_the_model_holds(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(project, IGNORE)
    configure(project / "models/legacy", "fail-on = 'error'\n")
    code, found, held = lint(capsys)
    assert code == 1
    assert "MLC102" in found["models/legacy/fraud"]
    assert held == {"models/churn": ["MLC102"]}


def test_mlcheck_toml_comes_before_pyproject(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "pyproject.toml").write_text(f"[tool.mlcheck]\n{IGNORE}")
    assert set(lint(capsys)[2]) == {"models/churn", "models/legacy/fraud"}
    configure(project, "")
    config._find_from.cache_clear()
    assert not lint(capsys)[2]


@pytest.mark.parametrize("other", ["[project]\nname = 'x'\n", "not toml at all [", "[tool.other]\nmlcheck = 1\n"])
def test_a_pyproject_without_our_table_is_passed_over(
    other: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(project, IGNORE)
    (project / "models/pyproject.toml").write_text(other)
    assert set(lint(capsys)[2]) == {"models/churn", "models/legacy/fraud"}


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_the_search_ends_at_the_repository(kind: str, project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(project, IGNORE)
    inner = project / "models/.git"
    inner.mkdir() if kind == "folder" else inner.write_text("gitdir: ../.git/modules/models\n")
    assert not lint(capsys)[2]


def test_a_model_does_not_bring_its_own_configuration(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(project / "models/churn", 'select = ["MLC9"]\n')
    (project / "models/churn/pyproject.toml").write_text(f"[tool.mlcheck]\n{IGNORE}")
    code, found, held = lint(capsys, "models/churn")
    assert (code, held) == (1, {})
    assert "MLC102" in found["models/churn"]


def test_config_and_no_config(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(project, IGNORE)
    other = project / "other.toml"
    other.write_text('select = ["MLC4"]\n')
    assert lint(capsys, "models", "--config", "other.toml")[0] == 0
    assert not lint(capsys, "models", "--no-config")[2]
    with pytest.raises(SystemExit) as stopped:
        main(["lint", "models", "--no-config", "--config", "other.toml"])
    assert stopped.value.code == 2


def test_verbose_names_the_configuration(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(project, IGNORE)
    main(["lint", "models/churn", "-v"])
    text = capsys.readouterr().out
    assert "configuration: mlcheck.toml (models/churn)" in text
    assert "(configuration: known)" in text


# --- what it does ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glob", "held"),
    [
        ("models/legacy/*", {"models/legacy/fraud"}),
        ("models/legacy", {"models/legacy/fraud"}),
        ("models/legacy/", {"models/legacy/fraud"}),
        ("models/*", {"models/churn", "models/legacy/fraud"}),
        ("*/fraud", {"models/legacy/fraud"}),
        ("models/chur?", {"models/churn"}),
    ],
)
def test_per_model_ignores_match_folders_and_their_parents(
    glob: str, held: set[str], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(project, f'per-model-ignore = {{ "{glob}" = {{ MLC102 = "known" }} }}\n')
    assert set(lint(capsys)[2]) == held


def test_globs_start_at_the_configuration_wherever_the_command_runs(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(project, 'per-model-ignore = { "models/legacy/*" = { MLC102 = "known" } }\n')
    monkeypatch.chdir(project / "models")
    assert set(lint(capsys, "legacy", "churn")[2]) == {"legacy/fraud"}


def test_severity_strict_and_fail_on(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    only = 'select = ["MLC102"]\n'
    configure(project, f'{only}severity = {{ MLC102 = "warning" }}\n')
    assert lint(capsys)[0] == 0
    assert lint(capsys, "models", "--fail-on", "warning")[0] == 1
    assert lint(capsys, "models", "--strict")[0] == 1
    configure(project, f'{only}severity = {{ MLC102 = "note" }}\nstrict = true\nfail-on = "warning"\n')
    assert lint(capsys)[0] == 0
    assert lint(capsys, "models", "--fail-on", "note")[0] == 1


def test_select_on_the_command_line_wins(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(project, 'select = ["MLC4"]\n')
    assert lint(capsys)[0] == 0
    code, found, _ = lint(capsys, "models", "--select", "MLC102")
    assert code == 1
    assert {one for codes in found.values() for one in codes} == {"MLC102"}


def test_settings_of_models_are_laid_over_the_general_ones(project: Path) -> None:
    configure(
        project,
        "[contract]\nmax-examples = 7\ntime-limit = 5\n[domain.age]\nmin = 0\n"
        '[models."models/legacy/*"]\ncontract = { deterministic = false, time-limit = 60 }\n'
        '[models."models/legacy/*".domain.income]\nmin = 1\n',
    )
    settings = read_config(project / "mlcheck.toml", known_codes())
    churn = settings.settings_for(project / "models/churn")
    fraud = settings.settings_for(project / "models/legacy/fraud")
    assert (churn.max_examples, churn.time_limit, churn.deterministic) == (7, 5.0, True)
    assert (fraud.max_examples, fraud.time_limit, fraud.deterministic) == (7, 60.0, False)
    assert (sorted(churn.domain), sorted(fraud.domain)) == (["age"], ["age", "income"])
    assert ModelSettings().max_examples == 100


# --- ignores that serve no more --------------------------------------------------------------------------


def unused(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    main(["lint", *arguments, "--format", "concise"])
    return [line for line in capsys.readouterr().out.splitlines() if "MLC002" in line]


def test_an_ignore_that_matches_nothing_is_reported_with_its_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(project, '[ignore]\nMLC102 = "known"\nMLC305 = "never"\n')
    (line,) = unused(capsys, ".")
    assert line.startswith("mlcheck.toml:3:1: error MLC002 [unused-ignore] the ignore of MLC305 matches no finding")


def test_an_ignore_is_judged_only_where_it_could_have_matched(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(project, '[ignore]\nMLC305 = "never"\n[per-model-ignore."models/legacy/*"]\nMLC306 = "never"\n')
    assert not unused(capsys, "models/churn"), "other models of the configuration were not looked at"
    assert not unused(capsys, "models/churn/MLmodel"), "as pre-commit calls"
    (line,) = unused(capsys, "models/legacy/fraud")
    assert "the ignore of MLC306 for 'models/legacy/*' matches no finding" in line
    assert len(unused(capsys, ".")) == 2


def test_lint_says_nothing_about_ignores_of_contract_checks(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(project, 'ignore = { MLC602 = "random" }\n')
    assert not unused(capsys, ".")


def test_an_ignore_on_the_command_line_needs_no_finding(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not unused(capsys, ".", "--ignore", "MLC305")
    assert lint(capsys, ".", "--ignore", "MLC102")[2]


# --- the manual ------------------------------------------------------------------------------------------

MANUAL = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_example_of_the_manual_is_read(project: Path) -> None:
    text = MANUAL.read_text(encoding="utf-8").partition("```toml\n")[2].partition("```")[0]
    (project / "pyproject.toml").write_text(text, encoding="utf-8")
    settings = read_config(project / "pyproject.toml", known_codes())
    assert settings.settings_for(project / "models/generators/a").time_limit == 60
    assert settings.settings_for(project / "models/churn").domain["age"] == {"min": 0, "max": 120}
    assert settings.ignore_for("MLC102", project / "models/legacy/fraud") is not None


def test_codes_are_sets_that_can_be_joined_and_hashed() -> None:
    codes = known_codes()
    assert isinstance(codes, frozenset)
    assert hash(codes) == hash(lint_codes() | frozenset(CONTRACT_CODES))
    assert codes | {"X"} == {*codes, "X"}


def test_the_manual_names_every_key() -> None:
    text = MANUAL.read_text(encoding="utf-8")
    table = text[text.index("| `select`") :].partition("\n\n")[0]
    rows = {line.split("`")[1] for line in table.splitlines()}
    contract = {f"contract.{name.replace('_', '-')}" for name in config._SETTINGS if name != "domain"}
    top = {key for key in config._KEYS if key not in {"contract", "domain", "models"}}
    assert rows == top | contract | {"domain.NAME", 'models."GLOB"'}
