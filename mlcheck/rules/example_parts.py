"""The examples of a model folder, taken out of their files: the data, the params, and where each stands."""

from __future__ import annotations

from functools import lru_cache

from mlcheck.document import Document
from mlcheck.finding import Location
from mlcheck.fit.examples import explain_form
from mlcheck.fit.trouble import REFUSED, Keys, Misfit
from mlcheck.folder import ModelFolder
from mlcheck.records import record


@record(frozen=True, slots=True)
class Example:
    """An input example of a form that MLflow can read. `where` leads to the data in the file."""

    kind: str
    document: Document
    data: object
    where: Keys = ()
    params: object = None

    def locate(self, keys: Keys) -> Location:
        """Return a place in the file."""
        return self.document.locate(*keys)


@lru_cache(maxsize=1)  # many rules ask for it one after the other
def read_example(folder: ModelFolder) -> Example | Misfit | None:
    """Return the input example, or why MLflow cannot read its form; None if there is none or it is no JSON."""
    document, info = folder.input_example, folder.example_info
    kind = info.get("type")
    if document is None or not document.readable or not isinstance(kind, str):
        return None
    data, params = document.data, None
    where: Keys = ()
    if info.get("params"):
        if not isinstance(data, dict) or not {"inputs", "params"} <= data.keys():
            message = "MLmodel says that the example has params, so it must be an object with 'inputs' and 'params'"
            return Misfit(REFUSED, message, (), 'write it as {"inputs": …, "params": {…}}')
        data, where, params = data["inputs"], ("inputs",), data["params"]
    if kind == "ndarray" and info.get("format") == "tf-serving":
        # How MLflow 1.14 to 2.15 wrote arrays; that newer ones read it otherwise is said by MLC122.
        if not isinstance(data, dict) or "inputs" not in data:
            message = "an array in the format tf-serving must be an object with 'inputs'"
            return Misfit(REFUSED, message, where, 'write it as {"inputs": [[1.5, 2.5]]}')
        data, where = data["inputs"], (*where, "inputs")
    problem = explain_form(kind, data, where)
    return problem or Example(kind, document, data, where, params)


def read_serving(folder: ModelFolder) -> Document | None:
    """Return the serving example, None if there is none or it is no JSON."""
    document = folder.serving_example
    return document if document is not None and document.readable else None
