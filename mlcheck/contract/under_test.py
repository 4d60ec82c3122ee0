"""One model under test: its process, its signature and domain, what was asked and what came of it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

from mlcheck.config import ConfigError, ModelSettings
from mlcheck.contract.ahead import MOST_WAITING
from mlcheck.contract.cases import Case, Cases, optional_cases, typical, typical_cases, violation_cases
from mlcheck.contract.checks.registry import CheckSkipped
from mlcheck.contract.clock import Clock
from mlcheck.contract.conversation import is_conversation
from mlcheck.contract.domain import Domain, DomainError, Example, read_example
from mlcheck.contract.drawing import draw_cases
from mlcheck.contract.edges import Edges, find_edges
from mlcheck.contract.environment_drift import Misfit, find_misfit
from mlcheck.contract.host import Host
from mlcheck.contract.learned import Learned, learn
from mlcheck.contract.memory import ByContent, ById
from mlcheck.contract.outcome import Answered, Habits, Outcome, TimedOut
from mlcheck.contract.process import ModelProcess
from mlcheck.contract.saved import SavedFailures
from mlcheck.contract.tally import Tally
from mlcheck.contract.verdict import Verdict, judge
from mlcheck.folder import ModelFolder
from mlcheck.signature import Signature

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")

_MOST_LATE: Final = 8
"""Calls that are not answered in time, after which the model is left alone: each of them takes the whole limit."""

_ENUMERATED: Final = 700
_ENUMERATED_CELLS: Final = 12_000
"""Enumerated cases of one kind, at the most: all there are for some thirty columns, and fewer the wider the input is,
so that a model of hundreds of columns takes seconds longer than one of three, and not minutes."""

_BY_TYPE: Final = 100
_BY_TYPE_CELLS: Final = 40_000
"""Likewise of what MLflow does by type, to refuse or to convert: what it does to one column it does to all of its
type. All cases are tried for one column of each type, and one or more for every other column."""


class ModelUnderTest:
    """A model folder with a process of its own. Use it as a context manager, or call `close`.

    Nothing is started before the first question. `seed` decides the drawn cases; the same seed gives the same ones.
    With `one_by_one`, edge values that could share a call do not.
    """

    def __init__(
        self,
        folder: ModelFolder,
        settings: ModelSettings | None = None,
        *,
        seed: int = 0,
        saved: SavedFailures | None = None,
    ) -> None:
        self.folder = folder
        self.settings = settings or ModelSettings()
        self.seed = seed
        self.one_by_one = False
        self.tally = Tally()
        self.clock = Clock(self.settings.model_time_limit)
        self.host = Host(folder, self.settings, self.clock, self.tally)
        self.saved = saved or SavedFailures()
        self.unsteady: list[tuple[Case, object]] = []
        self.defects: dict[str, str] = {}
        """How mlcheck itself failed on this model, and in which check first."""
        self.reached: dict[str, tuple[Case, Outcome]] = {}
        """The first call that asked for the `network`, and the first one with `writes` to the folder."""
        self.fails_in_threads = False
        self.check = ""
        """The code of the check at work."""
        self._late = 0
        self._habits: Habits | Outcome | None = None
        self._answers: ByContent[Outcome] = ByContent()
        self._known: ById[Outcome] = ById()
        self._closely: ById[Outcome] = ById()
        self._verdicts: ById[Verdict] = ById()
        self._load_outcome: Outcome | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folders."""
        self.host.close()
        self.tally.total_seconds = time.monotonic() - self._began

    @contextmanager
    def during(self, check: str) -> Iterator[None]:
        """Count the time as spent on the check, and know the failures that are found as its own."""
        self.check = check
        with self.clock:
            yield

    # --- what is known about the model -------------------------------------------------------------------

    @property
    def signature(self) -> Signature | None:
        """The signature, `None` where there is none that can be read, and for conversations.

        A chat model or agent gets MLflow's own signature. It takes one request and no rows, its loader refuses what
        that signature allows (nulls, messages without content), and its answer holds the time and an id.
        """
        return None if is_conversation(self.folder) else self.folder.signature

    @cached_property
    def example(self) -> Example | None:
        """The saved input example, read the way MLflow reads it."""
        document = self.folder.input_example
        if document is None or not document.readable:
            return None
        return read_example(self.folder.example_info, document.data, self.signature)

    @cached_property
    def domain(self) -> Domain:
        """The values that are typical for this model; where nothing tells them, as far as they were learned from it."""
        return self._make_domain(self.learned.settings if self.learned is not None else {})

    @cached_property
    def learned(self) -> Learned | None:
        """What the model takes, where nothing tells it and it raises on plain values: it is loaded and asked."""
        told = self._make_domain({})
        if told.sources != {"plain"} or not self.loaded:
            return None
        return learn(self, told, self._make_domain)

    def _make_domain(self, learned: Mapping[str, Mapping[str, Any]]) -> Domain:
        assert self.signature is not None
        settings, sample = dict(self.settings.domain), self.settings.data or None
        try:
            return Domain.from_sources(self.signature, settings, sample, self.example, learned)
        except DomainError as error:
            raise ConfigError(f"{self.folder.name}: {error}") from error

    @property
    def process(self) -> ModelProcess:
        """The model's own process."""
        return self.host.process

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

    @cached_property
    def misfit(self) -> Misfit | None:
        """What the model does not do here because this environment is not the one that it declares."""
        return find_misfit(self)

    @property
    def was_loaded(self) -> bool:
        """Whether the model was loaded so far, into an environment in which it can be tested."""
        return isinstance(self._load_outcome, Answered) and not self.__dict__.get("misfit")

    def ask(self, case: Case) -> Outcome:
        """Return what comes of predicting a case; the same case is asked only once."""
        return self._known.get(case, lambda asked: self._answers.get(asked, self.ask_again))

    def ask_closely(self, case: Case) -> Outcome:
        """Predict a case and look closely: was the caller's data changed, can a server write the answer. Asked once."""
        return self._closely.get(case, lambda asked: self.ask_again(asked, closely=True))

    def ask_again(self, case: Case, *, closely: bool = False) -> Outcome:
        """Predict a case, whether or not it was asked before."""
        if self._late >= _MOST_LATE:
            raise CheckSkipped(f"{self._late} calls were not answered in time: nothing more is asked")
        return self._count(case, self.process.predict(case.data, case.params, closely=closely))

    def _count(self, case: Case, outcome: Outcome) -> Outcome:
        self.tally.cases += 1
        self.tally.edges += case.kind == "edge"
        self.tally.violations += case.kind == "violation"
        self.tally.predict_seconds += outcome.seen.seconds
        self._late += isinstance(outcome, TimedOut)
        if outcome.seen.inner_calls:
            self._note_reach(case, outcome)
        return outcome

    def _note_reach(self, case: Case, outcome: Outcome) -> None:
        for what, reached in (("network", outcome.seen.network), ("writes", outcome.seen.writes)):
            if reached:
                self.reached.setdefault(what, (case, outcome))

    def ahead(self, cases: Iterable[Case]) -> Iterator[Case]:
        """Yield the cases, while the model is asked the ones after them; `ask` then knows what came of each."""
        asked: deque[Case] = deque()
        for case in cases:
            self._ask_ahead(case)
            asked.append(case)
            if len(asked) > MOST_WAITING:
                yield asked.popleft()
        self.process.finish_ahead()
        yield from asked

    def _ask_ahead(self, case: Case) -> None:
        if self.was_loaded and self._late < _MOST_LATE and case not in self._known:
            self.process.predict_ahead(case.data, case.params, partial(self._remember, case))

    def _remember(self, case: Case, outcome: Outcome) -> None:
        self._count(case, outcome)
        for memory in (self._known, self._answers):  # a case like one before keeps the outcome of its own
            memory.get(case, lambda _: outcome)

    def observe(self, case: Case, other: Case) -> Habits | Outcome:
        """Return what predict does besides answering, seen over some forty calls of one case; watched once."""
        if self._habits is None:
            self._habits = self.process.observe((case.data, case.params), (other.data, other.params))
        return self._habits

    def verdict(self, case: Case) -> Verdict:
        """Return what the contract says must happen to a case."""
        return self._verdicts.get(case, self._judge)

    def _judge(self, case: Case) -> Verdict:
        assert self.signature is not None
        versions = {"mlflow_version": self.mlflow_version, "pandas_version": self.pandas_version}
        return judge(self.signature, case.data, case.params, **versions)

    # --- cases -------------------------------------------------------------------------------------------

    @property
    def enumerated(self) -> int:
        """How many enumerated cases of one kind are tried at the most; fewer, the wider the input is."""
        return max(40, min(_ENUMERATED, _ENUMERATED_CELLS // max(1, len(self.domain.inputs))))

    @property
    def enumerated_by_type(self) -> int:
        """How many cases are tried at the most of what is done alike to all columns of a type."""
        inputs = max(1, len(self.domain.inputs))
        return max(60, min(inputs + _BY_TYPE, _BY_TYPE_CELLS // inputs))

    @property
    def edge_cases(self) -> Cases:
        """Edge values one by one: of each column, tensor and param, or a fixed spread and those not answered."""
        return self.edges.cases

    @cached_property
    def edges(self) -> Edges:
        """The edge cases, and those of many values at once that take the place of most where there are many columns."""
        return find_edges(self)

    @cached_property
    def optional_cases(self) -> Cases:
        """Each optional column and property left out, and null; and all the columns left out."""
        return optional_cases(self.domain, limit=self.enumerated)

    @cached_property
    def violation_cases(self) -> Cases:
        """What the versions in the process refuse, for each column, tensor and param, or a fixed spread of them."""
        versions = {"mlflow_version": self.mlflow_version, "pandas_version": self.pandas_version}
        return violation_cases(self.domain, **versions, limit=self.enumerated_by_type)

    @cached_property
    def enumerated_typical_cases(self) -> list[Case]:
        """Typical input of one row, two rows and many rows."""
        return typical_cases(self.domain)

    @cached_property
    def typical_cases(self) -> list[Case]:
        """The enumerated typical cases and those drawn within the domain: made once, looked at by many checks.

        Of a model that is loaded, each is predicted while the next are drawn.
        """
        cases: list[Case] = []

        def take(case: Case) -> None:
            cases.append(case)
            self._ask_ahead(case)

        for case in self.enumerated_typical_cases:
            take(case)
        draw_cases(typical(self.domain), take, self.settings.max_examples, self.seed)
        return cases
