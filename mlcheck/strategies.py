"""Hypothesis strategies for your own tests of a model: real inputs that its signature allows, or refuses.

For a model folder `models/churn`:

    import mlflow
    import pytest
    from hypothesis import given

    from mlcheck import strategies

    model = mlflow.pyfunc.load_model("models/churn")

    @given(strategies.inputs("models/churn", domain={"age": {"min": 18, "max": 99}}))
    def test_every_customer_gets_a_probability(data):
        assert model.predict(data).between(0, 1).all()

    @given(strategies.violations("models/churn"))
    def test_nothing_else_is_taken(data):
        with pytest.raises(mlflow.MlflowException):
            model.predict(data)

What Hypothesis finds shrinks to one plain row in which only the value that matters is different. Instead of a path,
an `mlflow.models.ModelSignature` or a `mlcheck.signature.Signature` does too; then there is no input example.
"""

from __future__ import annotations

import copy
import importlib.metadata
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import pandas as pd
from hypothesis import strategies as st

from mlcheck.contract import cases
from mlcheck.contract.data import to_pandas
from mlcheck.contract.domain import Domain, read_example
from mlcheck.folder import ModelFolder
from mlcheck.signature import Signature

__all__ = ["inputs", "params", "violations"]

# What the configuration has at `domain`: min, max, choices, pattern, nullable by column
Settings: TypeAlias = Mapping[str, Mapping[str, Any]]

# Of `violations`, where this interpreter has no MLflow to ask
_ASSUMED_MLFLOW: Final = "3.17.2"


def inputs(model: object, domain: Settings | Domain | None = None, *, edges: bool = False) -> st.SearchStrategy[Any]:
    """Return the strategy of inputs that the model has to answer.

    They are DataFrames, arrays for tensors (by name where these have names), or lists for signatures from type hints,
    of values typical for the model: as `domain`, its input example or else plain values tell. With `edges` they are
    all values that the signature allows, NaN and 2**63 - 1 included.

    Raises ValueError for a model without inputs to make, SignatureError and DomainError for what cannot be read.
    """
    known = _domain_of(model, domain)
    if not cases.has_data(known):
        raise ValueError(f"no inputs can be made for {model!r}: its signature declares none, or arrays that cannot be")
    drawn = cases.edges(known) if edges else cases.typical(known)
    return drawn.map(_real_data)


def violations(model: object, domain: Settings | Domain | None = None) -> st.SearchStrategy[Any]:
    """Return the strategy of inputs that MLflow must refuse before they reach the model.

    They are what `inputs` gives, with one thing wrong: a column missing or of a wrong type, an array of a wrong
    shape, … What is wrong depends on the versions of MLflow and pandas, which are those of this interpreter.

    Raises ValueError for a model that takes everything, SignatureError and DomainError for what cannot be read.
    """
    known = _domain_of(model, domain)
    drawn = cases.violations(known, mlflow_version=_mlflow_version(), pandas_version=pd.__version__)
    if drawn.is_empty:
        raise ValueError(f"MLflow refuses no input of {model!r}: its signature declares none, or leaves all open")
    return drawn.map(_real_data)


def params(
    model: object, domain: Settings | Domain | None = None, *, edges: bool = False
) -> st.SearchStrategy[dict[str, Any]]:
    """Return the strategy of params that the model has to take, for `model.predict(data, params=…)`.

    They have some of the declared names, with the values that `domain`, the input example and the defaults name;
    with `edges` with all values of the declared types.
    """
    return cases.params(_domain_of(model, domain), edges=edges)


def _domain_of(model: object, domain: Settings | Domain | None) -> Domain:
    if isinstance(domain, Domain):
        return domain
    if isinstance(model, str | os.PathLike):
        return _domain_of_folder(Path(model), domain)
    return Domain.from_sources(_signature_of(model), domain)


def _domain_of_folder(path: Path, settings: Settings | None) -> Domain:
    folder = ModelFolder(path, path.as_posix())
    if not (path / "MLmodel").is_file():
        raise ValueError(f"{folder.name!r} is no model folder: it has no file MLmodel")
    mapping = folder.mlmodel_data.get("signature")
    if not isinstance(mapping, Mapping):
        raise ValueError(f"{folder.name!r} has no signature, log the model with one")  # noqa: TRY004 - of a file
    from_type_hint = bool(folder.mlmodel_data.get("is_signature_from_type_hint"))
    signature = Signature.from_mlmodel(mapping, from_type_hint=from_type_hint)
    document = folder.input_example
    example = read_example(folder.example_info, document.data, signature) if document else None
    return Domain.from_sources(signature, settings, example=example)


def _signature_of(model: object) -> Signature:
    if isinstance(model, Signature):
        return model
    to_dict = getattr(model, "to_dict", None)
    mapping = to_dict() if callable(to_dict) else None
    if not isinstance(mapping, Mapping):
        raise TypeError(f"a path, a Signature or a ModelSignature is needed, not {model!r}")
    # Where MLflow keeps it outside of MLmodel
    from_type_hint = bool(getattr(model, "_is_signature_from_type_hint", False))
    return Signature.from_mlmodel(mapping, from_type_hint=from_type_hint)


def _real_data(case: cases.Case) -> Any:
    # Cases share what they have in common, and a test may do with its data what it likes
    return copy.deepcopy(to_pandas(case.data))


def _mlflow_version() -> str:
    # mlflow-skinny comes with newer releases of mlflow, older ones are all of one piece
    found = [one.version for name in ("mlflow", "mlflow-skinny") for one in importlib.metadata.distributions(name=name)]
    return found[0] if found else _ASSUMED_MLFLOW
