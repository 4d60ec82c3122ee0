"""Family 5xx: the model loads, where it will have to load."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mlcheck.contract.checks.registry import always, check
from mlcheck.contract.environment_drift import Misfit
from mlcheck.contract.failure import case_problem, explain, load_problem
from mlcheck.contract.interpreters import DeclarationError
from mlcheck.contract.outcome import Answered, Outcome, Raised, Refused, TimedOut
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder

ENVIRONMENT: Final = "MLC500"
"""The check without which no other one can be done."""


@check(ENVIRONMENT, Severity.ERROR, since="0.1.0", applies=always)
def environment_works(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the environment to test in starts and imports MLflow; with `--env uv`, when it can be built.

    ## What is done
    With `--env uv` the environment that the folder declares is built as MLflow builds it: the Python, then the build
    tools, then the packages. A version that does not exist, versions that exclude each other, a package that cannot be
    built on this Python: that is a finding. Whatever this machine lacks is none: an index that cannot be reached, a
    Python that uv cannot get, an interpreter without MLflow that `--env` names. The model then counts as not checked,
    and the exit code is 2.

    ## Why does it matter?
    `mlflow models serve` and every platform build the declared environment anew when the model is deployed. One that
    cannot be built is found out on that day, by others.

    ## What to do
    The section "said" has the words of uv. Declare versions that exist and go together on the declared Python;
    `mlflow.models.predict(…, env_manager="uv")` tries the same.

    ## Based on
    https://github.com/mlflow/mlflow/issues/5265, https://github.com/mlflow/mlflow/pull/5380
    """
    fault = model.host.fault
    if isinstance(fault, DeclarationError):
        yield Problem(
            message=str(fault),
            location=fault.location,
            hint=fault.hint,
            subject="environment",
            details=(("said", fault.words),) if fault.words else (),
        )


@check("MLC501", Severity.ERROR, since="0.1.0", applies=always)
def loads(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when `mlflow.pyfunc.load_model` loads a copy of the folder in a clean process.

    ## What is done
    The folder is copied to another place and loaded in a process of its own: another working directory, no
    network, no tracking URI, and of the author's environment variables only those that `env_vars` or
    environment_variables.txt name. That is what a server, a batch job or a colleague has. Nothing but mlflow is
    imported before; in a run over many models that bring no code of their own, the modules of their common library
    (scikit-learn, XGBoost, LightGBM, statsmodels or ONNX) are from the second model on.

    ## Why does it matter?
    A model that loads only on its author's machine fails when it is deployed, hours after the run that made it.

    ## What to do
    Read the traceback: it is the model's own. A missing module belongs into the requirements or into
    `code_paths`; a missing file into `artifacts`; a variable into `env_vars`; a path must be taken from
    `context.artifacts`, not from the author's disk.

    ## Based on
    https://github.com/mlflow/mlflow/issues/3258, https://github.com/mlflow/mlflow/issues/9514,
    https://github.com/mlflow/mlflow/issues/4023
    """
    outcome = model.load()
    if isinstance(outcome, Answered):
        model.host.prepare_others()  # for the checks to come
    elif not model.misfit:
        yield load_problem(model, _say_load(outcome), outcome, hint=_hint(model.folder, outcome), subject="load")


def _say_load(outcome: Outcome) -> str:
    if isinstance(outcome, (Raised, Refused)):
        return f"the model does not load: {_first_line(str(outcome.error))}"
    if isinstance(outcome, TimedOut):
        return f"the model does not load within {outcome.limit:g} s"
    return f"the model does not load: {outcome}"


def _hint(folder: ModelFolder, outcome: Outcome) -> str:
    pointers = [entry.path for entry in folder.files if folder.is_lfs_pointer(entry)]
    if pointers:
        return f"run `git lfs pull`: {pointers[0]!r} is a git-LFS pointer, the file itself was not fetched"
    if isinstance(outcome, TimedOut):
        return "raise load-time-limit under [tool.mlcheck.contract] if it needs longer, or look where it hangs"
    if isinstance(outcome, (Raised, Refused)) and outcome.error.is_a("ModuleNotFoundError"):
        return "add the package to the requirements, or ship the module with code_paths"
    if isinstance(outcome, (Raised, Refused)) and outcome.error.is_a("FileNotFoundError"):
        return "log the file with the model (artifacts=…) and take its path from the context"
    return "the traceback shows the line of the model's own code"


@check("MLC503", Severity.WARNING, since="0.1.0", applies=always)
def loads_in_this_environment(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the model loads and answers here, though this environment is not the one that the folder declares.

    ## What is done
    When the model does not load, the versions that its files declare (Python, MLflow, the flavor's library,
    cloudpickle and every pinned requirement) are compared with those of this environment. Where they differ, the
    model is not called broken: the finding names the differences. So it is when a plain row crashes the bytecode of
    another Python, or meets a library that lacks what the pickle or the code needs.

    ## Why does it matter?
    Pickles need the library version that wrote them, and functions pickled by value the very same Python minor.
    Nothing else about the model was tested.

    ## What to do
    Run mlcheck with `--env uv`, which builds the environment that the folder declares, or with `--env PATH`, the
    interpreter of one that is there already.

    ## Based on
    Of 220 public model folders 66 load with the newest versions and 115 in some environment
    """
    misfit = model.misfit
    if misfit is None:
        return
    verb = "predict" if misfit.case else "load"
    model.tally.notes.append(f"not tested: it does not {verb} in this environment, which is not the declared one")
    message = f"the model does not {verb} in this environment, which is not the one it declares: {_list(misfit)}"
    hint = f"{_remedy(model)}; nothing else about this model was tested"
    if misfit.case:
        yield case_problem(
            model,
            misfit.case,
            message,
            expected="an answer to one plain row",
            happened=explain(misfit.outcome),
            outcome=misfit.outcome,
            hint=hint,
            subject="environment",
        )
    else:
        yield load_problem(model, message, misfit.outcome, hint=hint, subject="environment")


def _remedy(model: ModelUnderTest) -> str:
    if model.host.interpreter.declared:
        return "name an environment that conda has made by --env PATH: uv installs what pip can"
    return "run it again with --env uv (pytest: --mlcheck-env uv), which builds the environment that is declared"


def _list(misfit: Misfit) -> str:
    return ", ".join(f"{item.name} {item.declared} declared, {item.found} here" for item in misfit.drift[:6])


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:300] if lines else text
