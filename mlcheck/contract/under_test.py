"""One model under test: its process, its signature and domain, what was asked and what came of it."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.errors import Flaky
from hypothesis.strategies import SearchStrategy

from mlcheck.config import ConfigError, ModelSettings
from mlcheck.contract.cases import Case, Cases, edge_cases, typical, typical_cases, violation_cases
from mlcheck.contract.checks.registry import CheckSkipped
from mlcheck.contract.data import to_wire
from mlcheck.contract.domain import Domain, DomainError, Example, read_example
from mlcheck.contract.interpreters import (
    CURRENT,
    DECLARED,
    DeclarationError,
    Interpreter,
    NoInterpreterError,
    diagnose,
    find_interpreter,
    read_declaration,
)
from mlcheck.contract.outcome import Answered, Habits, Outcome, TimedOut
from mlcheck.contract.process import Limits, ModelProcess, Room, StartError
from mlcheck.contract.verdict import Verdict, judge
from mlcheck.folder import ModelFolder
from mlcheck.signature import Signature

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")

_MEMORY: Final = 5000
"""Answers that are remembered, so that checks which look at the same cases do not ask twice."""

_MOST_LATE: Final = 8
"""Calls that are not answered in time, after which the model is left alone: each of them takes the whole limit."""

_ENUMERATED: Final = 700
_ENUMERATED_CELLS: Final = 20_000
"""Enumerated cases of one kind, at the most: all there are for some thirty columns, and fewer the wider the input is,
so that a model of hundreds of columns takes seconds longer than one of three, and not minutes."""


_CONVERSATIONS: Final = tuple(
    f"mlflow.pyfunc.loaders.{name}" for name in ("chat_model", "chat_agent", "responses_agent")
)


@dataclass(slots=True)
class Tally:
    """What was done with a model: numbers of cases, and seconds in load and in predict.

    environment: what it ran with, where that is not the environment of mlcheck; built: when, and how long that took.
    untestable: why it could not be tested at all, for a reason that is not the model's.
    """

    loaded: bool = False
    cases: int = 0
    edges: int = 0
    violations: int = 0
    load_seconds: float = 0.0
    predict_seconds: float = 0.0
    total_seconds: float = 0.0
    build_seconds: float = 0.0
    environment: str = ""
    built: str = ""
    untestable: str = ""
    notes: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


class ModelUnderTest:
    """A model folder with a process of its own. Use it as a context manager, or call `close`.

    Nothing is started before the first question. `seed` decides the drawn cases; the same seed gives the same ones.
    """

    def __init__(
        self,
        folder: ModelFolder,
        settings: ModelSettings | None = None,
        *,
        seed: int = 0,
    ) -> None:
        self.folder = folder
        self.settings = settings or ModelSettings()
        self.seed = seed
        self.tally = Tally()
        self._answers: dict[str, Outcome] = {}
        self._known: dict[int, tuple[Case, Outcome]] = {}
        self._closely: dict[int, tuple[Case, Outcome]] = {}
        self._verdicts: dict[int, tuple[Case, Verdict]] = {}
        self.unsteady: list[tuple[Case, object]] = []
        self._late = 0
        self._habits: Habits | Outcome | None = None
        self._load_outcome: Outcome | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folders."""
        if "process" in self.__dict__:
            self.process.stop()
        self.tally.total_seconds = time.monotonic() - self._began

    # --- what is known about the model -------------------------------------------------------------------

    @property
    def signature(self) -> Signature | None:
        """The signature, `None` where there is none that can be read, and for conversations.

        A chat model or agent gets MLflow's own signature. It takes one request and no rows, its loader refuses what
        that signature allows (nulls, messages without content), and its answer holds the time and an id.
        """
        return None if self.is_conversation else self.folder.signature

    @property
    def is_conversation(self) -> bool:
        """Whether the model is a `ChatModel`, `ChatAgent` or `ResponsesAgent` (MLflow 2.11 and newer).

        One that was logged from code has the loader of all such models; the task that MLflow adds tells them apart.
        """
        loader, metadata = self.folder.pyfunc.get("loader_module"), self.folder.mlmodel_data.get("metadata")
        task = metadata.get("task") if isinstance(metadata, dict) else None
        from_code = loader == "mlflow.pyfunc.loaders.code_model" and str(task).startswith("agent/")
        return from_code or loader in _CONVERSATIONS

    @cached_property
    def example(self) -> Example | None:
        """The saved input example, read the way MLflow reads it."""
        document = self.folder.input_example
        if document is None or not document.readable:
            return None
        return read_example(self.folder.example_info, document.data, self.signature)

    @cached_property
    def domain(self) -> Domain:
        """The values that are typical for this model."""
        assert self.signature is not None
        settings = dict(self.settings.domain)
        try:
            return Domain.from_sources(
                self.signature, config=settings, sample=self.settings.data or None, example=self.example
            )
        except DomainError as error:
            raise ConfigError(f"{self.folder.name}: {error}") from error

    # --- what it runs with -------------------------------------------------------------------------------

    @cached_property
    def interpreter(self) -> Interpreter:
        """The interpreter that the settings name; raises NoInterpreterError or DeclarationError."""
        found = find_interpreter(self.settings.env, self.folder, self.settings.build_time_limit)
        self.tally.notes += found.notes
        self.tally.build_seconds = found.build_seconds
        if found.declared:
            self.tally.built = f"in {found.build_seconds:.1f} s" if found.build_seconds else "before, and kept"
        return found

    @cached_property
    def fault(self) -> NoInterpreterError | DeclarationError | None:
        """Why nothing can be run with the interpreter, `None` where it starts and imports MLflow."""
        try:
            self.interpreter  # noqa: B018 - it is found, or the error says why not
            self.process.versions  # noqa: B018 - it is started, likewise
        except (NoInterpreterError, DeclarationError) as error:
            return error
        except StartError as error:
            return self._judge_start(error)
        return None

    def _judge_start(self, error: StartError) -> NoInterpreterError | DeclarationError:
        python, version = self.interpreter.python, self.folder.mlflow_version
        if self.settings.env == DECLARED and " cannot import mlflow: " in str(error):
            why = str(error).partition(" cannot import mlflow: ")[2]
            message = f"MLflow cannot be imported in the environment that the folder declares: {why}"
            return DeclarationError(message, read_declaration(self.folder).location, hint=_hint_for(why))
        wanted = f"mlflow=={version}" if version else "mlflow"
        return NoInterpreterError(diagnose(python, error, wanted) if python else str(error))

    def describe_environment(self) -> str:
        """Return what the model runs with, for people; empty for the environment that mlcheck runs in."""
        if self.settings.env == CURRENT or self.fault is not None:
            return ""
        versions = self.process.versions
        where = "as declared" if self.interpreter.declared else self.interpreter.python
        return f"Python {versions['python']}, MLflow {versions['mlflow']} ({where})"

    @cached_property
    def process(self) -> ModelProcess:
        """The model's own process."""
        return self.new_process()

    def new_process(self, *, hash_seed: int = 0, time_zone: str = "") -> ModelProcess:
        """Return another process of the same model, to be stopped by the caller."""
        limits = Limits(
            load=self.settings.load_time_limit,
            call=self.settings.time_limit,
            memory=self.settings.memory_limit * 1024 * 1024 or None,
        )
        room = Room(declared=declared_variables(self.folder), time_zone=time_zone)
        return ModelProcess(
            self.folder.root,
            name=self.folder.name,
            python=self.interpreter.python,
            hash_seed=hash_seed,
            room=room,
            limits=limits,
        )

    @property
    def mlflow_version(self) -> str:
        """The version of MLflow in the model's process."""
        return self.process.versions["mlflow"]

    @property
    def pandas_version(self) -> str:
        """The version of pandas in the model's process; what MLflow without pandas would do is not tested."""
        return self.process.versions.get("pandas") or "2.0.0"

    # --- asking ------------------------------------------------------------------------------------------

    def load(self) -> Outcome:
        """Load the model, once."""
        if self._load_outcome is None:
            self._load_outcome = self.process.load()
            self.tally.load_seconds = self._load_outcome.seen.seconds
        return self._load_outcome

    @property
    def loaded(self) -> bool:
        """Whether the model could be loaded (it is loaded if need be)."""
        return isinstance(self.load(), Answered)

    def ask(self, case: Case) -> Outcome:
        """Return what comes of predicting a case; the same case is asked only once."""
        known = self._known.get(id(case))
        if known is not None:
            return known[1]
        outcome = self._ask_by_content(case)
        if len(self._known) >= _MEMORY:
            self._known.clear()
        self._known[id(case)] = (case, outcome)  # holding the case keeps its id from being used again
        return outcome

    def _ask_by_content(self, case: Case) -> Outcome:
        key = _key(case)
        if key not in self._answers:
            if len(self._answers) >= _MEMORY:
                self._answers.clear()
            self._answers[key] = self.ask_again(case)
        return self._answers[key]

    def ask_closely(self, case: Case) -> Outcome:
        """Predict a case and look closely: was the caller's data changed, can a server write the answer. Asked once."""
        known = self._closely.get(id(case))
        if known is None:
            known = self._closely[id(case)] = (case, self.ask_again(case, closely=True))
        return known[1]

    def ask_again(self, case: Case, *, closely: bool = False) -> Outcome:
        """Predict a case, whether or not it was asked before."""
        self.tally.cases += 1
        self.tally.edges += case.kind == "edge"
        self.tally.violations += case.kind == "violation"
        if self._late >= _MOST_LATE:
            raise CheckSkipped(f"{self._late} calls were not answered in time: nothing more is asked")
        outcome = self.process.predict(case.data, case.params, closely=closely)
        self._late += isinstance(outcome, TimedOut)
        self.tally.predict_seconds += outcome.seen.seconds
        return outcome

    def observe(self, case: Case, other: Case) -> Habits | Outcome:
        """Return what predict does besides answering, seen over some forty calls of one case; watched once."""
        if self._habits is None:
            self._habits = self.process.observe((case.data, case.params), (other.data, other.params))
        return self._habits

    def verdict(self, case: Case) -> Verdict:
        """Return what the contract says must happen to a case."""
        assert self.signature is not None
        known = self._verdicts.get(id(case))
        if known is not None:
            return known[1]
        versions = {"mlflow_version": self.mlflow_version, "pandas_version": self.pandas_version}
        verdict = judge(self.signature, case.data, case.params, **versions)
        if len(self._verdicts) >= _MEMORY:
            self._verdicts.clear()
        self._verdicts[id(case)] = (case, verdict)
        return verdict

    # --- cases -------------------------------------------------------------------------------------------

    @property
    def enumerated(self) -> int:
        """How many enumerated cases of one kind are tried at the most; fewer, the wider the input is."""
        return max(60, min(_ENUMERATED, _ENUMERATED_CELLS // max(1, len(self.domain.inputs))))

    @cached_property
    def edge_cases(self) -> Cases:
        """The edge values of each column, tensor and param, or a fixed spread of them."""
        return edge_cases(self.domain, limit=self.enumerated)

    @cached_property
    def violation_cases(self) -> Cases:
        """What the versions in the process refuse, for each column, tensor and param, or a fixed spread of them."""
        versions = {"mlflow_version": self.mlflow_version, "pandas_version": self.pandas_version}
        return violation_cases(self.domain, **versions, limit=self.enumerated)

    @cached_property
    def enumerated_typical_cases(self) -> list[Case]:
        """Typical input of one row, two rows and many rows."""
        return typical_cases(self.domain)

    @cached_property
    def typical_cases(self) -> list[Case]:
        """The enumerated typical cases and those drawn within the domain: made once, looked at by many checks."""
        drawn: list[Case] = []
        self._draw(typical(self.domain), drawn.append)
        return [*self.enumerated_typical_cases, *drawn]

    def find_typical(self, find: Callable[[Case], T | None]) -> tuple[Case, T] | None:
        """Return the smallest typical case for which `find` returns something, with what it returned."""
        for case in self.typical_cases:
            found = find(case)
            if found is not None:
                # What hangs is shown as it is: each attempt at a smaller one would take as long again
                smaller = None if isinstance(found, TimedOut) else self.shrink(typical(self.domain), find)
                return smaller or (case, found)
        return None

    def shrink(self, cases: SearchStrategy[Case], find: Callable[[Case], T | None]) -> tuple[Case, T] | None:
        """Draw cases until `find` returns something, and return the smallest such case with what it returned."""
        best: list[tuple[Case, T]] = []

        def look(case: Case) -> None:
            found = find(case)
            if found is not None:
                best[:] = [(case, found)]
                raise _Found

        with suppress(_Found, Flaky):
            self._draw(cases, look)
        return best[0] if best else None

    def _draw(self, cases: SearchStrategy[Case], look: Callable[[Case], object]) -> None:
        # Never the ambient Hypothesis profile: our seed, no database, no deadline.
        profile = settings(
            max_examples=self.settings.max_examples,
            database=None,
            deadline=None,
            derandomize=False,
            report_multiple_bugs=False,
            print_blob=False,
            verbosity=Verbosity.quiet,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )

        @seed(self.seed)
        @profile
        @given(cases)
        def draw(case: Case) -> None:
            look(case)

        draw()


class _Found(Exception):  # noqa: N818 - it tells Hypothesis to shrink, and is no error
    """A case in which something was found."""


def _hint_for(why: str) -> str:
    if "pkg_resources" in why:
        return "declare setuptools<81, in which pkg_resources still is, or a newer MLflow"
    return "declare versions that this MLflow works with"


def _key(case: Case) -> str:
    text = json.dumps([to_wire(case.data), to_wire(case.params)], default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def declared_variables(folder: ModelFolder) -> tuple[str, ...]:
    """Return the environment variables that the folder says its model needs."""
    listed = folder.mlmodel_data.get("env_vars")
    names = [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else []
    lines = (folder.read_text("environment_variables.txt") or "").splitlines()
    names += [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return tuple(dict.fromkeys(names))
