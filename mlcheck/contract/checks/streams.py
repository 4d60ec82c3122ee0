"""Family 6xx: a model that says that it can stream does so."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.contract.cases import Case
from mlcheck.contract.checks.accepts import saved_example
from mlcheck.contract.checks.registry import CheckSkipped, always, check
from mlcheck.contract.failure import case_problem, explain
from mlcheck.contract.outcome import Answered, Outcome, Raised, Unavailable
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.records import replace


@check("MLC610", Severity.ERROR, since="0.1.0", applies=always)
def streams_what_it_answers(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when a model that is said to stream streams what its predict answers.

    ## What is done
    Where MLmodel has `streamable: true`, one input that predict answers is given to `predict_stream`, and the stream
    is read to its end. A chat model or agent gets its saved example. One that leaves streaming to MLflow's base
    class, which raises NotImplementedError, is left alone.

    ## Why does it matter?
    Nothing calls `predict_stream` when a model is saved, and MLflow gives it another input than predict: one row as
    a dictionary or a single value, not a DataFrame. Chat front ends call nothing else.

    ## What to do
    Run the snippet and read the traceback. Take in predict_stream what MLflow gives it, or do not define it.

    ## Based on
    measured with MLflow 2.16 to 3.17; older than 2.12 had no streams
    """
    case = _streamed_case(model)
    outcome = model.process.stream(case.data, case.params)
    if isinstance(outcome, Unavailable):
        raise CheckSkipped(str(outcome))
    if isinstance(outcome, Answered) or _leaves_it_to_mlflow(outcome):
        return
    problem = case_problem(
        model,
        case,
        f"predict answers an input that predict_stream does not: {explain(outcome)}"[:400],
        expected="a stream that can be read to its end, as MLmodel says `streamable: true`",
        happened=explain(outcome),
        outcome=outcome,
        hint="predict_stream gets one row as a dictionary or a single value, not a DataFrame; or do not define it",
        subject="stream",
    )
    yield replace(problem, reproduce=_stream_instead(problem.reproduce))


def _stream_instead(snippet: str) -> str:
    for arguments in ("data", "data, params=params"):
        snippet = snippet.replace(f"print(model.predict({arguments}))", f"print(*model.predict_stream({arguments}))")
    return snippet


def _streamed_case(model: ModelUnderTest) -> Case:
    """Return an input of one row that predict answers."""
    if model.folder.pyfunc.get("streamable") is not True:
        raise CheckSkipped("the model does not stream")
    if model.signature is None or model.signature.inputs is None:
        case = saved_example(model)
    else:
        typical = [case for case in model.enumerated_typical_cases[:1] if model.verdict(case).kind == "accept"]
        if not typical:
            raise CheckSkipped("nothing is known to call the model with")
        case = typical[0]
    if not isinstance(model.ask(case), Answered):
        raise CheckSkipped("predict does not answer either")
    return case


def _leaves_it_to_mlflow(outcome: Outcome) -> bool:
    return isinstance(outcome, Raised) and outcome.error.is_a("builtins.NotImplementedError")
