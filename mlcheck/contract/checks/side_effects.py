"""Family 9xx: what predict does to its process, and leaves behind there, besides answering."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.contract.cases import Case, base_case
from mlcheck.contract.checks.behaviour import answered_cases
from mlcheck.contract.checks.registry import CheckSkipped, check
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.outcome import Habits
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity

_DOUBTFUL = frozenset(
    {"pandas options", "numpy error handling", "recursion limit", "socket timeout", "garbage collector"}
)
"""Settings that few would notice when another one changes them."""

_STORES = ("mlruns", "mlflow.db")
"""What MLflow makes in the working directory for its tracing: 2.15 to 3.10 for every model, 3.17 for a span."""

_MANY_BYTES = 128 * 1024


def observed(model: ModelUnderTest) -> tuple[Case, Habits]:
    """Return what predict was seen to do besides answering, with the case it was asked; seen once for all checks."""
    case = answered_cases(model)[0][0]
    found = model.observe(case, base_case(model.domain, offset=1))
    if not isinstance(found, Habits):
        raise CheckSkipped(f"calling again and again failed: {explain(found)}")
    return case, found


def _surprise(
    model: ModelUnderTest, case: Case, message: str, *, hint: str, subject: str, severity: Severity | None = None
) -> Problem:
    return case_problem(
        model,
        case,
        message[:400],
        expected="an answer and nothing else",
        happened=message,
        hint=hint,
        subject=subject,
        severity=severity,
    )


@check("MLC911", Severity.WARNING, since="0.1.0")
def process_settings_are_left_alone(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict leaves alone what belongs to the whole process.

    ## What is done
    After a call, working directory, environment variables, locale, signal handlers, umask, the standard streams,
    what logging lets through, whether HTTPS looks at certificates and the like are compared with what they were
    before it. What an import changes once, at the first call, does not count.

    ## Why does it matter?
    A server, a Spark worker or a notebook runs other code in the same process: after `os.chdir` its relative
    paths lead elsewhere, and the next model sees other variables.

    ## What to do
    Pass paths and options to the functions that need them, or put the old value back in a `finally`.

    ## Based on
    measured: MLflow's own code changes none of these while predicting, 2.9 to 3.17
    """
    case, habits = observed(model)
    for name, before, after in habits.settings:
        yield _surprise(
            model,
            case,
            f"predict changes the {name} of the whole process: {before} before, {after} after",
            hint="pass what is needed to the function that needs it, or put the old value back in a finally",
            subject=name,
            severity=Severity.NOTE if name in _DOUBTFUL else None,
        )


@check("MLC912", Severity.WARNING, since="0.1.0")
def nothing_is_left_behind(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when calls leave no threads, processes, open files or temporary files behind.

    ## What is done
    After three calls it is counted what there is more than before: threads, child processes, open files and
    sockets, files in the temp and home folders, log handlers, entries of `sys.path`. What is made once and
    kept, such as a pool of threads, does not count. Files in the working directory, which was empty, do.

    ## Why does it matter?
    What every call leaves behind ends a server after hours or days, far from any test.

    ## What to do
    Use `with` for files, pools and temporary folders, `wait` for processes, and write nothing to the working
    directory, which may be read-only.

    ## Based on
    https://github.com/mlflow/mlflow/issues/3683; measured with MLflow 2.9 to 3.17, whose own code leaves
    nothing but the `mlruns` and `mlflow.db` of its tracing, which do not count
    """
    case, habits = observed(model)
    for what, count in habits.left.items():
        hint = "close, join or remove in the call what the call has made; what is shared, make once at load"
        yield _surprise(
            model, case, f"every call leaves {what} behind: {count} more after three calls", hint=hint, subject=what
        )
    files = [path for path in habits.files if not path.startswith(_STORES)]
    if files:
        listed = ", ".join(files[:3]) + (f" and {len(files) - 3} more" if len(files) > 3 else "")
        hint = "write to a temporary folder and remove it, or not at all"
        message = f"the model writes into the working directory: {listed}"
        yield _surprise(model, case, message, hint=hint, subject="working directory")


@check("MLC913", Severity.NOTE, since="0.1.0")
def random_numbers_of_others_are_left_alone(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when predict does not put the process's random generators into a state of its own.

    ## What is done
    A call is made from two different states of `random` and `numpy.random`; both must not end in the same one.

    ## Why does it matter?
    After `np.random.seed(0)` in predict everything else in the process draws the same numbers again after each
    call: tokens, samples and retries that were meant to differ.

    ## What to do
    Draw from a generator of your own: `rng = np.random.default_rng(0)`.

    ## Based on
    numpy's own advice: https://numpy.org/doc/stable/reference/random/generated/numpy.random.seed.html
    """
    case, habits = observed(model)
    for name in habits.seeds:
        hint = "draw from a generator of your own: np.random.default_rng(0), random.Random(0)"
        yield _surprise(model, case, f"every call seeds {name} for the whole process", hint=hint, subject=name)


@check("MLC914", Severity.ERROR, since="0.1.0")
def earlier_answers_stay_as_they_were(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when an answer that a caller keeps is not changed by the next call.

    ## What is done
    An answer is kept while another row is predicted, and compared with what it was.

    ## Why does it matter?
    A model that answers out of one buffer overwrites the predictions that a caller has not used yet.

    ## What to do
    Return a copy: `return self.buffer[:n].copy()`.

    ## Based on
    measured: enforcement copies the input and nothing copies the output
    """
    case, habits = observed(model)
    if habits.earlier_changes:
        message = "an answer that the caller has kept becomes another one by the next call"
        yield case_problem(
            model,
            case,
            message,
            expected="an answer that stays as it was",
            happened=message,
            hint="return a copy of what the model keeps",
            subject="answer",
            field="outputs",
        )


@check("MLC915", Severity.NOTE, since="0.1.0")
def memory_does_not_grow(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when calls with the same input keep no memory.

    ## What is done
    The same row is predicted again and again; of three rounds each must keep objects, or memory, for every call.

    ## Why does it matter?
    A list of past requests, or a cache that nothing limits, ends a server when its memory is used up.

    ## What to do
    Keep nothing of a call, or use a cache with a limit (`functools.lru_cache(maxsize=…)`).

    ## Based on
    measured: scikit-learn, xgboost, lightgbm and MLflow 2.9 to 3.17 keep nothing
    """
    case, habits = observed(model)
    if habits.kept_blocks or habits.kept_bytes:
        if any(path.startswith(_STORES) for path in habits.files):
            raise CheckSkipped("MLflow's tracing keeps what it has not written yet")
        much = f" and {habits.kept_bytes / 1024:.0f} KiB of memory" if habits.kept_bytes >= _MANY_BYTES else ""
        hint = "keep nothing of a call on the model, or limit what is kept"
        message = f"every call keeps about {habits.kept_blocks} objects{much}"
        yield _surprise(model, case, message, hint=hint, subject="memory")
