"""What mlcheck says about a model: findings, their severity and their place."""

from __future__ import annotations

import enum

from mlcheck.records import record


class Severity(enum.Enum):
    """How bad a finding is: an error will fail or is unsafe, a warning will bite someone, a note is good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """Order of severities: 2 for an error, 1 for a warning, 0 for a note."""
        return {"error": 2, "warning": 1, "note": 0}[self.value]


@record(frozen=True, slots=True)
class Location:
    """A place in a model folder.

    `path` is relative to the folder, with forward slashes; `line` and `column` count from 1; `pointer` is an
    RFC 6901 JSON pointer into the document (for the JSON text of a signature: into that JSON).
    """

    path: str
    line: int | None = None
    column: int | None = None
    pointer: str = ""


@record(frozen=True, slots=True)
class Edit:
    """A change of text that mends a problem: where `old` stands at a place, `new` is written instead.

    Nothing is changed where something else stands there. An opening quote or blanks before `old` are passed over;
    an empty `old` inserts.
    """

    location: Location
    old: str
    new: str


@record(frozen=True, slots=True)
class Problem:
    """What a rule or a check yields; the engine adds its code, name and severity.

    `severity` may only lower the severity of the rule for this one case. `subject` names what the problem is
    about (a column, a package, a key) in words that stay the same when lines move: it goes into the fingerprint.
    `details` are titled sections for people, such as the case, what was expected and what happened. `fix` are the
    edits that mend it, all or none of which are made, where that can be done without a doubt.
    """

    message: str
    location: Location
    hint: str = ""
    subject: str = ""
    severity: Severity | None = None
    reproduce: str = ""
    details: tuple[tuple[str, str], ...] = ()
    fix: tuple[Edit, ...] = ()


@record(frozen=True, slots=True)
class Finding:
    """One thing wrong with one model, whoever found it. `model` is the folder as the user wrote it."""

    code: str
    name: str
    severity: Severity
    message: str
    model: str
    location: Location
    hint: str = ""
    subject: str = ""
    reproduce: str = ""
    details: tuple[tuple[str, str], ...] = ()
    fix: tuple[Edit, ...] = ()

    @property
    def path(self) -> str:
        """The file as the user would open it: the model folder joined with the path inside."""
        if not self.location.path:
            return self.model
        return self.location.path if self.model in {"", "."} else f"{self.model}/{self.location.path}"

    @property
    def fingerprint(self) -> str:
        """Identity of the finding over time: 16 hex digits that do not depend on line numbers."""
        import hashlib  # noqa: PLC0415 - few reports hold fingerprints, and it loads OpenSSL

        parts = (self.code, self.model, self.location.path, self.location.pointer, self.subject or self.message)
        return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def sort_key(self) -> tuple[str, str, int, int, str, str]:
        """Order of findings in a report: by model, file, line, column, code and message."""
        place = self.location
        return (self.model, place.path, place.line or 0, place.column or 0, self.code, self.message)


def attach(problem: Problem, *, code: str, name: str, severity: Severity, model: str) -> Finding:
    """Make a finding of a problem; the problem's own severity counts only where it is lower."""
    lowered = problem.severity
    if lowered is not None and lowered.rank < severity.rank:
        severity = lowered
    return Finding(
        code=code,
        name=name,
        severity=severity,
        message=problem.message,
        model=model,
        location=problem.location,
        hint=problem.hint,
        subject=problem.subject,
        reproduce=problem.reproduce,
        details=problem.details,
        fix=problem.fix,
    )
