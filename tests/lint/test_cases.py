"""Every rule against folders that it must judge: `cases/<CODE>/<name>/` laid over a sound folder of `base/`.

`expected.txt` of a case holds header lines (`# base: NAME`, `# remove: PATH`, `# link: PATH -> TARGET`,
`# grow: PATH -> BYTES`, `# beside: DIRECTORY` for a second model), then exactly what the rule finds, one line each:
`path:line:column severity message`. Nothing after the header means that the rule must stay silent; such cases have
names that start with `ok`.

`MLCHECK_UPDATE_CASES=1 pytest tests/lint/test_cases.py` writes what is found now; read the difference before you
commit it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mlcheck.finding import Finding
from mlcheck.folder import ModelFolder
from mlcheck.lint import lint_folder, lint_folders
from mlcheck.rules import load_rules

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.glob("cases/*/*/expected.txt"))
UPDATE = bool(os.environ.get("MLCHECK_UPDATE_CASES"))


def build(case: Path, target: Path) -> tuple[Path, list[str]]:
    lines = (case / "expected.txt").read_text(encoding="utf-8").splitlines()
    header = dict.fromkeys(line for line in lines if line.startswith("# "))
    base = next((line.split(": ", 1)[1] for line in header if line.startswith("# base: ")), "pyfunc")
    if base != "none":
        shutil.copytree(HERE / "base" / base, target)
    shutil.copytree(case, target, dirs_exist_ok=True)
    (target / "expected.txt").unlink()
    for line in header:
        change(target, line)
    return target, [line for line in lines if line and line not in header]


def change(target: Path, line: str) -> None:
    action, _, rest = line[2:].partition(": ")
    if action == "remove":
        path = target / rest
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    elif action == "link":
        name, _, goal = rest.partition(" -> ")
        if (target / name).exists():
            pytest.skip(f"this file system does not tell {name!r} from another name")
        (target / name).symlink_to(goal)
    elif action == "grow":
        name, _, size = rest.partition(" -> ")
        with (target / name).open("ab") as stream:
            stream.truncate(int(size))
    elif action == "beside":
        (target / rest).rename(target.parent / rest)
    elif action not in {"base", "why"}:
        raise ValueError(f"unknown header {line!r}")


def show(finding: Finding) -> str:
    place = finding.location
    return f"{place.path}:{place.line}:{place.column} {finding.severity.value} {finding.message}"


@pytest.mark.parametrize("case", CASES, ids=[f"{case.parent.name}-{case.name}" for case in CASES])
def test_case(case: Path, tmp_path: Path) -> None:
    root, expected = build(case, tmp_path / "model")
    rules = load_rules()
    rule = rules[case.parent.name]
    folder = ModelFolder(root, "model")
    others = [ModelFolder(path, path.name) for path in sorted(tmp_path.iterdir()) if path != root]
    whole = rule.scope == "tree"
    findings = lint_folders([folder, *others])["model"] if whole else list(lint_folder(folder, [rule]))
    found = [show(finding) for finding in findings if finding.code in {rule.code, "MLC001"}]
    if UPDATE:
        update(case, sorted(found))
    elif case.name.startswith("ok"):
        assert not expected, "a case named ok… expects nothing"
    else:
        assert expected, "a case that expects nothing has a name that starts with ok"
    assert sorted(found) == sorted(expected) or UPDATE


def update(case: Path, found: list[str]) -> None:
    path = case / "expected.txt"
    header = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# ")]
    path.write_text("".join(f"{line}\n" for line in [*header, *found]), encoding="utf-8")


def test_every_rule_has_a_bad_and_a_good_case() -> None:
    names: dict[str, set[bool]] = {}
    for case in CASES:
        names.setdefault(case.parent.name, set()).add(case.name.startswith("ok"))
    wanting = [code for code in load_rules() if code >= "MLC010" and names.get(code) != {True, False}]
    assert not wanting


@pytest.mark.parametrize("base", sorted(path.name for path in (HERE / "base").iterdir()))
def test_sound_base_has_no_finding(base: str) -> None:
    folder = ModelFolder(HERE / "base" / base, base)
    assert [show(finding) for finding in lint_folders([folder])[base]] == []


def test_metadata_that_were_not_fetched_are_all_that_is_told(tmp_path: Path) -> None:
    build(HERE / "cases" / "MLC420" / "metadata-not-fetched", tmp_path / "model")
    found = lint_folder(ModelFolder(tmp_path / "model", "model"), load_rules().values())
    assert [(finding.code, finding.location.path) for finding in found] == [
        ("MLC420", path) for path in ("MLmodel", "conda.yaml", "python_env.yaml", "requirements.txt")
    ]
