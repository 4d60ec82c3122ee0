"""Generated documents: docs/rules.md, docs/checks.md, the tables of README.md and the list of contract codes.

`python -m mlcheck.docs` in the root of the repository writes them; a test fails when they are stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from mlcheck.manual import Page, check_pages, rule_pages

_RULES_INTRO = """# Rules

What `mlcheck lint` looks for. `mlcheck rule CODE` prints one of these pages. Generated from the rules' docstrings by
`python -m mlcheck.docs`."""

_CHECKS_INTRO = """# Contract checks

What `mlcheck test`, `mlcheck gate` and `pytest --mlcheck` hold a model to. `mlcheck check CODE` prints one of these
pages. Generated from the checks' docstrings by `python -m mlcheck.docs`."""

_CODES_HEAD = '''"""The codes of contract checks, for where the contract extra is not installed.

Written by `python -m mlcheck.docs`.
"""

from __future__ import annotations

CONTRACT_CODES: dict[str, str] = {'''


def generated(root: Path) -> dict[Path, str]:
    """Return every generated file below a repository and the text that it should have."""
    rules, checks = rule_pages(), check_pages()
    readme = root / "README.md"
    tables = {"rules": _table(rules.values(), "docs/rules.md"), "checks": _table(checks.values(), "docs/checks.md")}
    return {
        root / "docs" / "rules.md": _manual(_RULES_INTRO, rules.values()),
        root / "docs" / "checks.md": _manual(_CHECKS_INTRO, checks.values()),
        root / "mlcheck" / "facts" / "contract_codes.py": _codes(checks),
        readme: _fill(readme.read_text(encoding="utf-8") if readme.is_file() else "", tables),
    }


def _manual(intro: str, pages: Iterable[Page]) -> str:
    return "\n\n".join([intro, *map(_chapter, pages)]) + "\n"


def _chapter(page: Page) -> str:
    # The heading is the code alone, so that its anchor stays when a rule gets a better name.
    text = re.sub(r"^## ", "### ", page.text, flags=re.MULTILINE)
    return f"## {page.code}\n\n**{page.name}** · {page.severity.value} · since {page.since}\n\n{text}"


def _table(pages: Iterable[Page], document: str) -> str:
    rows = [
        f"| [{page.code}]({document}#{page.code.lower()}) | {page.name} | {page.severity.value} "
        f"| {page.summary.replace('|', chr(92) + '|')} |"
        for page in pages
    ]
    return "\n".join(["| code | name | severity | |", "|---|---|---|---|", *rows])


def _fill(text: str, tables: Mapping[str, str]) -> str:
    for name, table in tables.items():
        between = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        text = between.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)  # type: ignore[misc]
    return text


def _codes(checks: Mapping[str, Page]) -> str:
    lines = [f'    "{page.code}": "{page.name}",' for page in checks.values()]
    return "\n".join([_CODES_HEAD, *lines, "}", '"""Code → name."""']) + "\n"


def main() -> int:
    """Write the generated files that are stale, below the current folder; return 0."""
    for path, text in generated(Path.cwd()).items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path.relative_to(Path.cwd())}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
