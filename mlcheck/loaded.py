"""A model for hand-written tests: it runs in a process of its own, and each call is held to the contract."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlcheck.contract.cases import Case, Intent
from mlcheck.contract.checks.answering import failure
from mlcheck.contract.checks.steady import input_rows
from mlcheck.contract.data import describe, to_pandas
from mlcheck.contract.failure import case_problem, explain, load_problem
from mlcheck.contract.outcome import Answered, ModelError, Outcome, Raised, Refused
from mlcheck.contract.outputs import output_mismatches
from mlcheck.contract.runner import RunOptions, contract_codes, open_model
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem
from mlcheck.folder import MLMODEL, ModelFolder
from mlcheck.lint import known_codes
from mlcheck.policy import Overrides, Policy
from mlcheck.roots import display_name
from mlcheck.signature import Signature

if TYPE_CHECKING:
    from typing_extensions import Self


class ContractError(AssertionError):
    """A promise that the model did not keep; the text shows the case, what was expected and what happened.

    `sections` has these by title, `reproduce` among them: a script that shows the same without mlcheck.
    """

    def __init__(self, problem: Problem) -> None:
        sections = [*problem.details, ("reproduce", problem.reproduce)]
        self.sections = dict(sections)
        lines = [problem.message, *([f"help: {problem.hint}"] if problem.hint else [])]
        for title, text in sections:
            lines += [f"{title}:", *(f"  {line}" for line in text.splitlines())]
        super().__init__("\n".join(lines))


def load(
    path: str | Path, *, time_limit: float | None = None, memory_limit: int | None = None, env: str | None = None
) -> LoadedModel:
    """Load the model folder at a path, in a process of its own, with the settings of the project's configuration.

    `time_limit` is in seconds for each call, `memory_limit` in MiB, `env` what `mlcheck test --env` takes. The
    process ends with `close`, at the end of a `with` block, or with this interpreter.

    Raises ValueError where there is no model folder, `ConfigError` for a configuration that cannot be used, and
    ContractError when the model does not load.
    """
    if not (Path(path) / MLMODEL).is_file():
        raise ValueError(f"{str(path)!r} is no model folder: it has no file {MLMODEL}")
    folder = ModelFolder(Path(path).resolve(), display_name(Path(path)))
    policy = Policy(known_codes(), contract_codes(), Overrides())
    options = RunOptions(time_limit=time_limit, memory_limit=memory_limit, env=env)
    loaded = LoadedModel(open_model(folder, policy, options))
    try:
        loaded.load()
    except BaseException:
        loaded.close()
        raise
    return loaded


class LoadedModel:
    """A model that was loaded; see `load`."""

    def __init__(self, model: ModelUnderTest) -> None:
        self._model = model

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<model {self._model.folder.name}>"

    def close(self) -> None:
        """End the process; a later call starts another one."""
        self._model.close()

    def load(self) -> None:
        """Load the model now; raises ContractError when that does not work."""
        __tracebackhide__ = True
        if self._model.host.fault is not None:
            raise self._model.host.fault
        outcome = self._model.load()
        if not isinstance(outcome, Answered):
            raise ContractError(load_problem(self._model, f"the model does not load: {explain(outcome)}", outcome))

    @property
    def signature(self) -> Signature | None:
        """The model's signature, None where there is none that can be read."""
        return self._model.signature

    def predict(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Return the prediction, whatever the signature says of it; raises ContractError where there is none.

        Data and prediction are ordinary objects: DataFrames, arrays, lists. Neither is shared with the model. What
        pandas, numpy and Python's own types cannot express comes back as its text.
        """
        __tracebackhide__ = True
        case = _case(data, params)
        outcome = self._ask(case)
        if isinstance(outcome, Answered):
            return to_pandas(outcome.output)
        raise self._error(case, outcome, f"predict does not answer: {explain(outcome)}", "an answer")

    def check(self, data: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Return the prediction for input that the signature allows, having held it to what the signature promises.

        Raises ContractError when the signature does not allow the input, when it is not answered, and when the
        output is not of the declared kind, columns, types and shape, or has not one row for each row of the input.
        """
        __tracebackhide__ = True
        case = _case(data, params)
        outcome = self._ask(case)
        verdict = self._model.verdict(case) if self.signature is not None else None
        if verdict is not None and verdict.kind == "refuse":
            message = f"the signature does not allow this input: {verdict.reason}"
            raise self._error(case, outcome, message, "input that the signature allows; `refuses` is for any other")
        if not isinstance(outcome, Answered):
            raise ContractError(failure(self._model, case, outcome, "this input"))
        self._hold_output(case, outcome)
        return to_pandas(outcome.output)

    def refuses(self, data: Any, params: Mapping[str, Any] | None = None) -> ModelError:
        """Return the error with which MLflow refuses the input before the model's own predict runs.

        Raises ContractError where it does not.
        """
        __tracebackhide__ = True
        case = _case(data, params)
        outcome = self._ask(case)
        if isinstance(outcome, Refused):
            return outcome.error
        did = "reaches the model, which raises" if isinstance(outcome, Raised) else "is not refused"
        reason = self._model.verdict(case).reason if self.signature is not None else "it has no signature to enforce"
        raise self._error(case, outcome, f"this input {did}: {explain(outcome)}", f"a refusal; the contract: {reason}")

    def _ask(self, case: Case) -> Outcome:
        return self._model.process.predict(case.data, case.params)

    def _hold_output(self, case: Case, outcome: Answered) -> None:
        __tracebackhide__ = True
        declared = self.signature.outputs if self.signature is not None else None
        if declared is None:
            return
        for mismatch in output_mismatches(declared, outcome.output, input_rows(self._model, case)):
            if not mismatch.mild:
                message = f"the output has {mismatch.found}, not {mismatch.expected}"
                raise self._error(case, outcome, message, mismatch.expected)

    def _error(self, case: Case, outcome: Outcome, message: str, expected: str) -> ContractError:
        happened = explain(outcome)
        return ContractError(
            case_problem(self._model, case, message, expected=expected, happened=happened, outcome=outcome)
        )


def _case(data: Any, params: Mapping[str, Any] | None) -> Case:
    intent = Intent("given", "it is the input of a test")
    return Case(describe(data), dict(params) if params is not None else None, "typical", intent)
