"""Manual pages on the command line: one page by code or name, and the list of all."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from collections.abc import Iterable, Sequence

from mlcheck.extras import contract_extra_missing
from mlcheck.facts.contract_codes import CONTRACT_CODES
from mlcheck.manual import Kind, Page, check_pages, rule_pages, url_of
from mlcheck.report import EXIT_CLEAN, EXIT_COULD_NOT_CHECK


def show_page(kind: Kind, arguments: Sequence[str]) -> int:
    """Print the page of a code or name, be it a rule or a check, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog=f"mlcheck {kind}", description=f"Print the manual page of a {kind}; any code of mlcheck will do."
    )
    example = "MLC330 or wrong-distribution-name" if kind == "rule" else "MLC501 or loads"
    parser.add_argument("code", metavar="CODE", help=f"the code or the name, such as {example}")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    options = parser.parse_args(arguments)
    code = _find_code(options.code)
    if code is None:
        return _refuse(f"mlcheck: no rule or check {options.code!r}{_suggest(options.code)}")
    missing = contract_extra_missing() if code in CONTRACT_CODES else None
    if missing:
        named = f"{code} ({CONTRACT_CODES[code]})"
        return _refuse(f"{missing}\n{named} is a contract check; its manual page is also at {url_of(code)}")
    page = (check_pages() if code in CONTRACT_CODES else rule_pages())[code]
    print(_as_json(page) if options.format == "json" else f"{page.title}\n\n{page.text}")
    return EXIT_CLEAN


def list_pages(kind: Kind, arguments: Sequence[str]) -> int:
    """Print a line for each rule or each check and return the exit code."""
    parser = argparse.ArgumentParser(prog=f"mlcheck {kind}s", description=f"List all {kind}s.")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")
    options = parser.parse_args(arguments)
    missing = contract_extra_missing() if kind == "check" else None
    if missing:
        return _refuse(missing)
    pages = (check_pages() if kind == "check" else rule_pages()).values()
    if options.format == "json":
        print(json.dumps([_as_data(page) for page in pages], indent=2, ensure_ascii=False))
        return EXIT_CLEAN
    for line in _lines(pages):
        print(line)
    return EXIT_CLEAN


def _lines(pages: Iterable[Page]) -> Iterable[str]:
    width = max(len(page.name) for page in pages)
    return (f"{page.code}  {page.severity.value:<7}  {page.name:<{width}}  {page.summary}" for page in pages)


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return EXIT_COULD_NOT_CHECK


def _names() -> dict[str, str]:
    """Name → code of everything, whether or not the contract extra is installed."""
    names = {page.name: page.code for page in rule_pages().values()}
    return {**names, **{name: code for code, name in CONTRACT_CODES.items()}}


def _find_code(wanted: str) -> str | None:
    names = _names()
    if wanted.upper() in names.values():
        return wanted.upper()
    return names.get(wanted.lower().replace("_", "-"))


def _suggest(wanted: str) -> str:
    names = _names()
    close = difflib.get_close_matches(wanted, [*names.values(), *names], n=1, cutoff=0.5)
    return f", did you mean {close[0]!r}" if close else "; `mlcheck rules` and `mlcheck checks` list all"


def _as_json(page: Page) -> str:
    return json.dumps(_as_data(page), indent=2, ensure_ascii=False)


def _as_data(page: Page) -> dict[str, str]:
    return {
        "code": page.code,
        "name": page.name,
        "kind": page.kind,
        "severity": page.severity.value,
        "since": page.since,
        "summary": page.summary,
        "url": page.url,
        "text": page.text,
    }
