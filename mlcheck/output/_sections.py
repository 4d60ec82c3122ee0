"""What belongs to a finding beyond its message, as plain text for formats that have one place for it."""

from __future__ import annotations

from mlcheck.finding import Finding


def sections(finding: Finding) -> tuple[tuple[str, str], ...]:
    """Return the titled sections of a finding, the snippet that reproduces it among them."""
    own = (("reproduce", finding.reproduce),) if finding.reproduce else ()
    return (*finding.details, *own)


def full_text(finding: Finding) -> str:
    """Return message, pointer, hint and all sections, a paragraph each."""
    parts = [finding.message]
    if finding.location.pointer:
        parts.append(f"at {finding.location.pointer}")
    if finding.hint:
        parts.append(f"help: {finding.hint}")
    parts += [f"{title}:\n{text}" for title, text in sections(finding)]
    return "\n".join(parts)


def place(finding: Finding, path: str) -> str:
    """Return `path:line:column`, as far as there are any."""
    line = finding.location.line
    return f"{path}:{line}:{finding.location.column or 1}" if line else path
