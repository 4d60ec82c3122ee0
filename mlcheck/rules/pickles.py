"""Rules about what pickles do when they are loaded: run code, reach files, hide what they call."""

from __future__ import annotations

from collections.abc import Iterator

from mlcheck.facts.pickle_callables import is_cloudpickle, kind_of
from mlcheck.finding import Problem, Severity
from mlcheck.folder import ModelFolder
from mlcheck.pickles.values import PickleFacts, Ref
from mlcheck.rules.pickled import is_surely_pickle, pickles
from mlcheck.rules.registry import rule

_STORES = ("functools.partial", "types.MethodType", "builtins.staticmethod", "builtins.classmethod")
_HINT = "do not load it; find out who wrote it, and have the model logged again from its source"


@rule("MLC460", Severity.ERROR, since="0.1.0")
def unsafe_pickle(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles that run commands or code, or reach files or the network, while they are loaded.

    ## Why is this bad?
    A pickle is a program. Whoever loads the model, or opens its page in some tools, runs what the author of the file
    put in, with all rights of the process, before any line of the model is reached.

    What the opcodes import and call is followed without loading anything: through the memo, `getattr`, `partial`,
    pickles within pickles, gzip, bzip2, xz, zlib and PyTorch's archives. The standard library is judged by a list
    of what picklers call. A name that is only computed while loading, and a global object that is changed, are
    errors too: no pickler writes either.

    What this cannot say is that a pickle is safe. cloudpickle carries functions and classes as bytecode, and a
    `PythonModel` of a notebook is nothing else: its `load_context` and `predict` may do anything once they are
    called. Load models of people you do not trust in a sandbox only.

    ## Bad
        python_model.pkl calls posix.system

    ## Good
        python_model.pkl calls cloudpickle's functions and plain constructors

    ## What to do
    Do not load the file. If it is your own and harmless, find the object with a `__reduce__` that calls this, and
    leave it out by `__getstate__`.

    ## Based on
    The pickle machine (`Lib/pickle.py`). Own reading of opcodes rather than a scanner: those tried call every
    cloudpickled PythonModel infected (for `getattr` and `types.CodeType`), or do not follow the memo.
    https://github.com/mlflow/mlflow/issues/12256, https://github.com/protectai/modelscan/issues/338
    """
    for found in pickles(folder):
        for what in sorted(set(_dangers(found.facts))):
            yield Problem(f"{found.label} {what}", found.location, _HINT, subject=f"{found.member} {what}")


def _dangers(facts: PickleFacts) -> Iterator[str]:
    for ref in facts.calls:
        kind = kind_of(ref.module, ref.name)
        if kind == "runs":
            yield f"calls {ref} when it is loaded"
        elif kind == "reaches":
            yield f"calls {ref}, which reaches files or the network, when it is loaded"
    for callee, ref in facts.handed:
        if kind_of(ref.module, ref.name) == "runs" and not _only_stores(callee):
            yield f"hands {ref} to {callee} when it is loaded"
    for name in facts.patched:
        yield f"changes {name} when it is loaded, which no pickler does"
    for name in facts.computed:
        yield f"calls what {name or 'a computed value'} gives when it is loaded, which no pickler does"
    if facts.hidden is not None:
        yield "computes the name of something that it imports when it is loaded, which no pickler does"


def _only_stores(callee: Ref) -> bool:
    return is_cloudpickle(callee.module) or str(callee) in _STORES


@rule("MLC461", Severity.WARNING, since="0.1.0")
def suspicious_pickle(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles that do what picklers rarely write: call unusual functions, hold dangerous ones, run own code.

    ## Why is this bad?
    It need not be an attack: a class may have an odd `__reduce__`, a notebook function may use `os.system`. But it
    is worth a look before anybody loads the file. A function that the pickle carries and runs while it is loaded
    could do anything, and which one it is cannot be told from its opcodes.

    ## Bad
        model.pkl holds subprocess.run

    ## Good
        model.pkl holds classes of scikit-learn and NumPy alone

    ## What to do
    Find the object that is pickled so. Where a function of a notebook uses `os.system` or `subprocess`, think about
    whether a model should.

    ## Based on
    What Python, cloudpickle, joblib, scikit-learn, XGBoost, LightGBM, statsmodels, pandas and PyTorch write
    """
    hint = "look at what is pickled here before you load it"
    for found in pickles(folder):
        for what in sorted(set(_doubts(found.facts))):
            yield Problem(f"{found.label} {what}", found.location, hint, subject=f"{found.member} {what}")


def _doubts(facts: PickleFacts) -> Iterator[str]:
    handed = {ref for callee, ref in facts.handed if not _only_stores(callee)}
    for ref in facts.calls:
        if kind_of(ref.module, ref.name) == "unusual":
            yield f"calls {ref} when it is loaded, which is unusual"
    for ref in facts.references:
        if kind_of(ref.module, ref.name) == "runs" and ref not in facts.calls and ref not in handed:
            yield f"holds {ref}"
    for ref in facts.glimpsed:
        if kind_of(ref.module, ref.name) in ("runs", "reaches"):
            yield f"seems to name {ref}, behind more opcodes than are followed"
    if facts.own_code is not None:
        yield "runs a function that it carries itself when it is loaded"


@rule("MLC462", Severity.WARNING, since="0.1.0")
def pickle_not_read(folder: ModelFolder) -> Iterator[Problem]:
    """Finds pickles that cannot be followed to their end, as they are broken, endlessly long or packed with LZ4.

    ## Why is this bad?
    If it is broken, loading fails at the place where the pickle stops making sense; what stands before it has been
    run by then. If it has millions of opcodes, mlcheck follows the first two million of a folder and only
    glances at the rest. What is compressed with LZ4 or Zstandard (`joblib.dump(…, compress="lz4")`) is not looked
    into at all, a note: loading it takes another package, and runs whatever it holds.

    ## Bad
        model.pkl       bytes of another file from 4,096 on

    ## Good
        model.pkl       loads with `pickle.load`

    ## What to do
    Log the model again if it is broken. If it is huge, store data as arrays rather than as objects one by one.

    ## Based on
    The pickle machine (`Lib/pickle.py`)
    """
    for found in pickles(folder):
        if found.facts.end == "broken" and found.use != "other" and is_surely_pickle(found):
            message = f"{found.label} is broken: what follows after a part of it is no pickle"
            yield Problem(message, found.location, "log the model again", subject=found.member)
        elif found.facts.end == "limit":
            message = f"{found.label} has more opcodes than are followed: what the rest of it does is not known"
            hint = "store data as arrays rather than as objects one by one"
            yield Problem(message, found.location, hint, subject=found.member, severity=Severity.NOTE)
        elif found.facts.end == "packed":
            message = f"{found.label} is compressed with LZ4 or Zstandard: what it does when it is loaded is not known"
            hint = "compress it with gzip, bz2, lzma or zlib"
            yield Problem(message, found.location, hint, subject=found.member, severity=Severity.NOTE)
