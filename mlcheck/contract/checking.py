"""One check of one model → findings."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from mlcheck.config import ConfigError
from mlcheck.contract.checks.load import ENVIRONMENT
from mlcheck.contract.checks.registry import Check, CheckSkipped
from mlcheck.contract.clock import OutOfTimeError
from mlcheck.contract.interpreters import NoInterpreterError
from mlcheck.contract.under_test import ModelUnderTest
from mlcheck.finding import Finding, Location, Problem, Severity, attach
from mlcheck.folder import MLMODEL


def collect_findings(check: Check, model: ModelUnderTest) -> tuple[list[Finding], str]:
    """Return what one check finds, and why it was skipped (empty: it was not).

    Raises `NoInterpreterError`, for the first check of a model, where there is nothing to run the model with.
    """
    try:
        return list(run_check(check, model)), ""
    except CheckSkipped as reason:
        return [], str(reason)


def run_check(check: Check, model: ModelUnderTest) -> Iterator[Finding]:
    """Yield what one check finds.

    Raises `CheckSkipped` where it cannot be done, and `NoInterpreterError`, for the first check of a model, where
    there is nothing that the model could be run with.
    """
    if not check.applies(model.signature):
        raise CheckSkipped("the signature has nothing of the kind")
    _require_room(check, model)
    found = False
    try:
        with model.during(check.code):
            if not check.code.startswith("MLC50") and not model.loaded:
                raise CheckSkipped("the model could not be loaded")
            if not check.code.startswith("MLC50") and model.misfit:
                raise CheckSkipped("the model cannot be tested in this environment")
            for problem in check.function(model):
                found = True
                yield attach(
                    problem, code=check.code, name=check.name, severity=check.severity, model=model.folder.name
                )
    except (CheckSkipped, OutOfTimeError) as reason:
        model.tally.untried += isinstance(reason, OutOfTimeError)
        if not found:  # else what was found counts, and the rest of the check is given up
            raise CheckSkipped(str(reason)) from reason
        model.tally.notes.append(f"{check.name} was not finished: {reason}")
    except ConfigError:
        raise
    except Exception as error:  # a check that fails must not hide what the others find
        what = f"{type(error).__name__}: {error}"
        if model.defects.setdefault(what, check.code) != check.code:
            raise CheckSkipped(f"mlcheck failed as in {model.defects[what]}") from error
        yield _internal_error(check, model, what)


def _require_room(check: Check, model: ModelUnderTest) -> None:
    if model.clock.is_over:
        model.tally.untried += 1
        raise CheckSkipped(f"not tried: the {model.clock.limit:g} s for this model are over")
    if isinstance(model.host.fault, NoInterpreterError) and not model.tally.untestable:
        model.tally.untestable = str(model.host.fault)
        raise model.host.fault
    if model.host.fault is not None and check.code != ENVIRONMENT:
        raise CheckSkipped("there is no environment to run the model in")


def _internal_error(check: Check, model: ModelUnderTest, what: str) -> Finding:
    problem = Problem(
        message=f"check {check.code} ({check.name}) failed on this model: {what[:300]}",
        location=Location(MLMODEL, 1, 1),
        hint="this is a defect of mlcheck: please report it with the traceback; the other checks did run",
        subject=check.code,
        details=(("traceback", traceback.format_exc(limit=-6)),),
    )
    return attach(problem, code="MLC001", name="internal-error", severity=Severity.ERROR, model=model.folder.name)
