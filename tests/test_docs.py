"""Every code has a manual page in the house form, and what is generated from the pages is not stale."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from mlcheck.cli import main
from mlcheck.docs import generated
from mlcheck.facts.contract_codes import CONTRACT_CODES
from mlcheck.manual import check_pages, page_of, rule_pages

ROOT = Path(__file__).parent.parent
PAGES = {**rule_pages(), **check_pages()}
HEADINGS = {
    "rule": ["Why is this bad?", "Bad", "Good", "What to do", "Based on"],
    "check": ["What is done", "Why does it matter?", "What to do", "Based on"],
}


@pytest.mark.parametrize("code", PAGES)
def test_a_page_has_the_headings_and_something_below_each(code: str) -> None:
    page = PAGES[code]
    parts = re.split(r"^## (.*)$", page.text, flags=re.MULTILINE)
    assert parts[1::2] == HEADINGS[page.kind]
    assert all(part.strip() for part in parts)
    assert page.summary.startswith(("Finds ", "Lists ") if page.kind == "rule" else "Holds when ")
    assert page.summary.endswith("."), page.summary


def test_codes_and_names_are_unique_and_well_formed() -> None:
    assert not set(rule_pages()) & set(check_pages())
    assert len({page.name for page in PAGES.values()}) == len(PAGES)
    assert all(re.fullmatch(r"[A-Z]+[0-9]{3}", code) for code in PAGES)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+|loads", page.name) for page in PAGES.values())


def test_contract_codes_are_those_of_the_checks() -> None:
    registered = {code: page.name for code, page in check_pages().items()}
    assert registered == CONTRACT_CODES, "run `python -m mlcheck.docs`"


@pytest.mark.parametrize("path", generated(ROOT), ids=lambda path: path.name)
def test_generated_documents_are_fresh(path: Path) -> None:
    fresh = path.read_text(encoding="utf-8") == generated(ROOT)[path]
    assert fresh, f"{path.name} is stale: run `python -m mlcheck.docs`"


def test_tables_are_filled_between_markers(tmp_path: Path) -> None:
    text = "# Title\n<!-- rules -->\nold\n<!-- /rules -->\nbetween\n<!-- checks -->\n<!-- /checks -->\n"
    (tmp_path / "README.md").write_text(text)
    filled = generated(tmp_path)[tmp_path / "README.md"]
    assert "\nold\n" not in filled
    assert filled.startswith("# Title\n<!-- rules -->\n| code |")
    assert "\n<!-- /rules -->\nbetween\n<!-- checks -->\n| code |" in filled
    assert all(f"| [{code}](docs/" in filled for code in PAGES)


def test_a_page_can_be_printed_by_code_and_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    for command, wanted in (("rule", "mlc330"), ("check", "MLC501"), ("rule", "loads"), ("check", "internal_error")):
        assert main([command, wanted]) == 0
        printed = capsys.readouterr().out
        assert "## What to do" in printed
        assert PAGES[printed.split()[0]].title in printed


def test_an_unknown_code_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "wrong-distributon-name"]) == 2
    assert "did you mean 'wrong-distribution-name'" in capsys.readouterr().err


def test_checks_without_the_contract_extra_say_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mlcheck.extras.find_spec", lambda name: None if name == "hypothesis" else object())
    assert main(["check", "MLC501"]) == 2
    message = capsys.readouterr().err
    assert "pip install 'pytest-mlcheck[contract]'" in message
    assert "docs/checks.md#mlc501" in message
    assert main(["checks"]) == 2
    assert main(["rule", "MLC330"]) == 0


def test_lists_name_everything_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(rule_pages())
    assert main(["checks", "--format", "json"]) == 0
    assert [page["code"] for page in json.loads(capsys.readouterr().out)] == list(check_pages())


def test_every_page_has_its_heading_in_the_document_its_url_names() -> None:
    for code in PAGES:
        page = page_of(code)
        assert page is not None
        document, _, anchor = page.url.rpartition("/")[2].partition("#")
        assert f"\n## {anchor.upper()}\n" in (ROOT / "docs" / document).read_text(encoding="utf-8")
