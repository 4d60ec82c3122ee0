"""Report formats, one module each with `render(report, view) -> str`: a new file is a new format."""

from __future__ import annotations

import importlib

from mlcheck.records import record
from mlcheck.report import Report
from mlcheck.submodules import submodule_names

FORMATS = tuple(submodule_names(__path__))
"""Names of the formats: those of the modules here."""


@record(frozen=True, slots=True)
class View:
    """How a report is looked at; formats for machines are always the same.

    `verbose` asks for what was suppressed and skipped; `terminal` for source lines; `colour` for colours and links.
    """

    verbose: bool = False
    terminal: bool = False
    colour: bool = False


PLAIN = View()


def render(name: str, report: Report, view: View = PLAIN) -> str:
    """Return a report in one of `FORMATS`, as text that ends with a newline."""
    text: str = importlib.import_module(f"{__name__}.{name}").render(report, view)
    return text
