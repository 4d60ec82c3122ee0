"""What was done with a model, counted."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Numbers of cases, seconds in load and in predict, and what was not tried and why.

    `environment` is what it ran with, where that is not the environment of mlcheck, `built` when that was built and how
    long it took. `untestable` says why it could not be tested at all, for a reason that is not the model's.
    `untried` counts the checks that the time limit for the model kept from being tried to their end, `replayed`
    those that failed on what was saved of an earlier run.
    """

    loaded: bool = False
    cases: int = 0
    edges: int = 0
    violations: int = 0
    replayed: int = 0
    untried: int = 0
    load_seconds: float = 0.0
    predict_seconds: float = 0.0
    total_seconds: float = 0.0
    build_seconds: float = 0.0
    environment: str = ""
    built: str = ""
    untestable: str = ""
    notes: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """The tally for a report, as pairs of texts."""
        ours = max(0.0, self.total_seconds - self.load_seconds - self.predict_seconds - self.build_seconds)
        facts = [
            ("loaded", "yes" if self.loaded else "no"),
            ("cases", str(self.cases)),
            ("edges", str(self.edges)),
            ("violations", str(self.violations)),
            ("seconds in load", f"{self.load_seconds:.2f}"),
            ("seconds in predict", f"{self.predict_seconds:.2f}"),
            ("seconds in mlcheck", f"{ours:.2f}"),
        ]
        told = {"environment": self.environment, "built": self.built}
        facts = [*((name, text) for name, text in told.items() if text), *facts]
        if self.build_seconds:
            facts.append(("seconds in build", f"{self.build_seconds:.2f}"))
        facts += [(name, str(count)) for name, count in self._rare.items() if count]
        facts += [("skipped", f"{name}: {reason}") for name, reason in self.skipped.items()]
        return (*facts, *(("note", note) for note in self.notes))

    @property
    def _rare(self) -> dict[str, int]:
        return {"failures replayed": self.replayed, "checks not tried": self.untried}
