"""Family 9xx: what the model does to its surroundings, and what other callers do to it."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.behaviour import answered_cases, needs_determinism
from mlcheck.contract.checks.registry import CheckSkipped, always, check
from mlcheck.contract.checks.steady import other_answer, stays
from mlcheck.contract.failure import case_problem, explain, load_problem
from mlcheck.contract.outcome import Answered, Outcome
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.records import replace

_THREADS = 4
_REPEATS = 5


@check("MLC906", Severity.WARNING, since="0.1.0", applies=always)
def folder_is_not_written_to(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when neither loading nor predicting writes into the model's own folder.

    ## What is done
    The model runs on a copy of its folder, and what it tries to write there is seen.

    ## Why does it matter?
    In an image or on a shared disk the folder is read-only, and several processes use it at once.

    ## What to do
    Write to a temporary folder, or not at all.

    ## Based on
    model servers mount artifacts read-only
    """
    loaded = model.load()
    if loaded.seen.writes:
        yield _load_surprise(model, f"loading writes into the model folder: {_list(loaded.seen.writes)}", loaded)
    found = _first_reach(model, "writes")
    if found is not None:
        case, outcome = found
        yield case_problem(
            model,
            case,
            f"predict writes into the model folder: {_list(outcome.seen.writes)}",
            expected="a folder that is as it was",
            happened=f"written: {_list(outcome.seen.writes)}",
            hint="write to a temporary folder, or not at all",
            subject="writes",
        )


@check("MLC907", Severity.WARNING, since="0.1.0", applies=always)
def nothing_is_sent_over_the_network(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when neither loading nor predicting asks for the network.

    ## What is done
    The model has no network while it is tested; what it tries to reach is seen.

    ## Why does it matter?
    A model that asks another service fails with it, in air-gapped places always, and may send data that must not
    leave. Many models ask on purpose: ignore the finding for them, with the reason.

    ## What to do
    Ship what the model needs with it; read names from `context.artifacts`.

    ## Based on
    https://github.com/mlflow/mlflow/issues/4023, https://github.com/mlflow/mlflow/issues/22880
    """
    loaded = model.load()
    if loaded.seen.network:
        yield _load_surprise(model, f"loading asks for the network: {_list(loaded.seen.network)}", loaded)
    found = _first_reach(model, "network")
    if found is not None:
        case, outcome = found
        yield case_problem(
            model,
            case,
            f"predict asks for the network: {_list(outcome.seen.network)}",
            expected="nothing is sent",
            happened=f"tried: {_list(outcome.seen.network)}",
            hint="ship what the model needs with it, or ignore this finding with the reason",
            subject="network",
        )


def _load_surprise(model: ModelUnderTest, message: str, outcome: Outcome) -> Problem:
    return load_problem(model, message, outcome, hint="load from the model's own files alone", subject="load")


def _first_reach(model: ModelUnderTest, what: str) -> tuple[Case, Outcome] | None:
    """Return the first of all calls that did so: a model that does it at its first call alone does it on a server too.

    The typical cases are asked, where no other check has done so.
    """
    if what not in model.reached and model.signature is not None and model.signature.inputs is not None:
        for case in model.enumerated_typical_cases:
            model.ask(case)
    return model.reached.get(what)


def _list(items: tuple[str, ...]) -> str:
    more = f" and {len(items) - 3} more" if len(items) > 3 else ""
    return ", ".join(items[:3]) + more


@check("MLC908", Severity.ERROR, since="0.1.0")
def concurrent_calls_give_same_output(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when calls from several threads at once give what the same calls give one after the other.

    ## What is done
    Four threads call predict again and again, each with input of its own, and every answer is compared.

    ## Why does it matter?
    Servers answer in threads. A model that keeps the input on itself gives one caller the answer of another.

    ## What to do
    Use local variables in predict, or a lock around what must be shared.

    ## Based on
    https://github.com/mlflow/mlflow/pull/15745
    """
    needs_determinism(model)
    chosen = answered_cases(model)[:_THREADS]
    pairs = (chosen * _THREADS)[:_THREADS]
    results = model.process.concurrent([(case.data, case.params) for case, _ in pairs], _REPEATS)
    if not isinstance(results, list):
        case = pairs[0][0]
        yield case_problem(
            model,
            case,
            f"calls from several threads at once are not answered: {explain(results)}"[:400],
            expected="the answers that the same calls get one after the other",
            happened=explain(results),
            outcome=results,
            subject="threads",
        )
        return
    for (case, output), outcomes in zip(pairs, results, strict=False):
        for outcome in outcomes:
            changed = other_answer(output, outcome)
            if changed is not None and stays(model, case, output):
                yield _thread_problem(model, case, outcome, changed)
                return


def _thread_problem(model: ModelUnderTest, case: Case, outcome: Outcome, changed: str) -> Problem:
    said = "a call gets another answer while other threads call too"
    hint = "keep nothing on the model while predicting: use local variables, or a lock"
    if not isinstance(outcome, Answered):
        said = "a call fails in another thread than the main one, where others call too"
        hint = f"servers call predict in threads of their own: make there what is bound to a thread, and {hint}"
        model.fails_in_threads = True
    problem = case_problem(
        model,
        case,
        f"{said}: {changed}"[:400],
        expected="the answer that the same call gets alone",
        happened=changed,
        outcome=outcome,
        hint=hint,
        subject="threads",
    )
    return problem if isinstance(outcome, Answered) else replace(problem, reproduce=_in_threads(problem.reproduce))


def _in_threads(snippet: str) -> str:
    """Return the snippet with the call made in other threads, as servers make it."""
    body, call = snippet.rsplit("print(model.predict(", 1)
    arguments, comment = call.split("))", 1)
    lines = ("from concurrent.futures import ThreadPoolExecutor", "", "with ThreadPoolExecutor(4) as pool:")
    call = f"    print(*pool.map(lambda _: model.predict({arguments}), range(20))){comment}"
    return "\n".join((body.rstrip(), *lines, call))


@check("MLC504", Severity.ERROR, since="0.1.0", applies=always)
def native_flavors_load(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when each native flavor that MLmodel names loads too, where its library is installed.

    ## What is done
    `mlflow.<flavor>.load_model` loads the folder in a process of its own, for each flavor besides python_function.

    ## Why does it matter?
    People who retrain, explain or convert a model load the native flavor; the two may name different files.

    ## What to do
    Log the model again, or remove the flavor that nobody can load.

    ## Based on
    https://github.com/mlflow/mlflow/issues/4567
    """
    if not model.loaded:
        raise CheckSkipped("the model could not be loaded")
    native = [name for name in model.folder.flavors if name != "python_function"]
    if not native:
        raise CheckSkipped("there is no flavor besides python_function")
    for flavor in native:
        process = model.host.new_process()
        try:
            outcome = process.load_flavor(flavor)
        finally:
            process.stop()
        if outcome.kind == "unavailable":
            model.tally.notes.append(f"flavor {flavor!r} was not loaded: {outcome}")
        elif not isinstance(outcome, Answered):
            message = f"mlflow.{flavor}.load_model does not load the model: {explain(outcome)}"
            yield load_problem(model, message[:400], outcome, hint="log the model again", subject=flavor)
