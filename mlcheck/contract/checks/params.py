"""Params: the declared ones are taken, mean the same when they are left out, and reach the model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlcheck.contract import cases as make
from mlcheck.contract.cases import Case
from mlcheck.contract.checks.answering import answered_alike, sentence
from mlcheck.contract.checks.registry import CheckSkipped, check
from mlcheck.contract.checks.steady import needs_typical_row
from mlcheck.contract.compare import difference
from mlcheck.contract.failure import case_problem
from mlcheck.contract.outcome import Answered, ParamsSeen
from mlcheck.contract.own_code import has_in_code
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Problem, Severity
from mlcheck.records import replace
from mlcheck.signature import Signature


def has_params(signature: Signature | None) -> bool:
    """Tell whether the signature declares params."""
    return signature is not None and bool(signature.params)


@check("MLC607", Severity.ERROR, since="0.1.0", applies=has_params)
def accepts_declared_params(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when params may be left out, given with their default, or given with typical values.

    ## What is done
    Each param is left out, given with its default, and given with values that the configuration names. Left out
    and default must give the same prediction; an unknown param changes nothing.

    ## Why does it matter?
    MLflow fills in the declared defaults: a caller who spells one out means the same.

    ## What to do
    Read params with the declared defaults, and only declared ones.

    ## Based on
    https://github.com/mlflow/mlflow/issues/18522, https://github.com/mlflow/mlflow/pull/9252
    """
    yield from answered_alike(model, make.params_cases(model.domain, limit=model.enumerated), sentence)


@check("MLC916", Severity.WARNING, since="0.1.0", applies=has_params)
def declared_params_reach_the_model(model: ModelUnderTest) -> Iterator[Problem]:
    """Holds when the model's own predict gets the declared params, and looks at each of them.

    ## What is done
    It is seen whether MLflow hands the params on, which it does only to a predict with an argument named `params`,
    and which of them predict asks for. One that it never asks for, whose name its code does not have, and whose
    values change no answer, is reported.

    ## Why does it matter?
    A caller who sets `threshold` gets the answer for another one, without a word.

    ## What to do
    Take them, `def predict(self, context, model_input, params=None)`, and use them; or remove them from the
    signature.

    ## Based on
    https://github.com/mlflow/mlflow/issues/18522, https://github.com/mlflow/mlflow/pull/22936
    """
    needs_typical_row(model)
    assert model.signature is not None
    assert model.signature.params is not None
    seen = [_watch(model, case) for case in _cases(model)]
    if not all(one.reached for one in seen):
        yield _unused(model, seen, "the declared params do not reach the model: its predict takes no argument `params`")
        return
    asked = frozenset().union(*(one.asked for one in seen))
    for param in model.signature.params:
        if param.name not in asked and not _is_mentioned(model, param.name) and not _changes_answers(model, param.name):
            problem = _unused(model, seen, f"the model never asks for the declared param {param.name!r}", param.name)
            # It may have handed them on to code that asks in ways which cannot be seen, as pydantic does
            unsure = not asked and any(one.named for one in seen)
            yield replace(problem, severity=Severity.NOTE) if unsure else problem


def _cases(model: ModelUnderTest) -> list[Case]:
    """Return the cases that are watched: a typical row with nothing given, and the first values of each param."""
    cases = [case for case in make.params_cases(model.domain) if model.verdict(case).kind == "accept"]
    return [case for case in cases if isinstance(model.ask(case), Answered)][:8]


def _watch(model: ModelUnderTest, case: Case) -> ParamsSeen:
    found = model.process.watch_params((case.data, case.params))
    if not isinstance(found, ParamsSeen):
        raise CheckSkipped(f"no call with params is answered: {found}")
    return found


def _is_mentioned(model: ModelUnderTest, name: str) -> bool:
    """Tell whether the model's own code has the word: it may ask for the param only when another has some value."""
    word = re.escape(name.encode())
    return has_in_code(model.folder, re.compile(rb"(?<!\w)" + word + rb"(?!\w)"), pickled=re.compile(word))


def _changes_answers(model: ModelUnderTest, name: str) -> bool:
    """Tell whether any value of the param gives another answer, or none."""
    for case in model.edge_cases:
        if case.intent.place != "param" or case.intent.name != name or model.verdict(case).kind != "accept":
            continue
        base, outcome = model.ask(make.base_case(model.domain)), model.ask(case)
        if not (isinstance(base, Answered) and isinstance(outcome, Answered)):
            return True
        if difference(base.output, outcome.output) is not None:
            return True
    return False


def _unused(model: ModelUnderTest, seen: list[ParamsSeen], message: str, name: str | None = None) -> Problem:
    asked = sorted(frozenset().union(*(one.asked for one in seen)))
    return case_problem(
        model,
        make.base_case(model.domain),
        message,
        expected="a predict that uses the params that the signature declares",
        happened=f"predict asked for {', '.join(map(repr, asked)) or 'none of them'}",
        hint="take params in predict and use them, or remove them from the signature",
        subject=f"param {name}" if name else "params",
        field="params",
    )
