"""What the callables are that a pickle may call while it is loaded: common ones, unusual ones, those that run code.

The standard library is judged by a list of what picklers do call, so that nothing is fine because nobody thought of
it; other libraries by a list of what runs code or reaches files, as their classes and functions cannot be counted.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from mlcheck.facts.imports import is_stdlib

Kind = Literal["usual", "unusual", "reaches", "runs"]
"""usual: picklers write such calls. unusual: they do not. reaches: reads or writes files, or uses a network.
runs: runs commands or code, imports, or changes the program."""

FUNCTION_MAKERS = frozenset({"_make_function", "_fill_function", "_make_skel_func", "FunctionType", "LambdaType"})
TYPE_MAKERS = frozenset(
    {"_make_skeleton_class", "_make_skeleton_enum", "_rehydrate_skeleton_class", "_lookup_class_or_track", "type"}
)
CODE_MAKERS = frozenset({"types.CodeType", "builtins.code"})
MODULE_IMPORTERS = frozenset({"importlib.import_module", "importlib.__import__", "builtins.__import__"})
LOADERS = frozenset(
    {
        *("pickle.loads", "_pickle.loads", "dill.loads", "dill._dill.loads", "torch.storage._load_from_bytes"),
        *("cloudpickle.loads", "cloudpickle.cloudpickle.loads", "cloudpickle.cloudpickle_fast.loads"),
        *("joblib.externals.cloudpickle.loads", "joblib.externals.cloudpickle.cloudpickle.loads"),
        *("ray.cloudpickle.loads", "pyspark.cloudpickle.loads", "srsly.cloudpickle.loads"),
    }
)
"""Functions that load a pickle from bytes: those bytes are read as well."""


def is_cloudpickle(module: str) -> bool:
    """Return whether a module is a part of cloudpickle, or of a copy of it in another package."""
    return any(part in ("cloudpickle", "cloudpickle_fast") for part in module.split("."))


# Standard modules whose classes and functions only make values, but for those in `_NOT_OF_THOSE`.
_MAKES_VALUES = """
_abc _codecs _collections _collections_abc _datetime _decimal _functools _io _operator _pydatetime _random _struct
_weakrefset abc array ast bisect calendar cmath collections contextvars copy copyreg dataclasses datetime decimal
difflib email enum fractions functools graphlib hashlib heapq html http.cookiejar http.cookies inspect io ipaddress
itertools json keyword locale logging math ntpath numbers operator pathlib posixpath pprint queue random re reprlib
sched secrets statistics string struct textwrap time token tokenize traceback types typing unicodedata urllib.parse
uuid warnings weakref xml.dom xml.etree zoneinfo
"""
_NOT_OF_THOSE = frozenset(
    {
        *("_io.open", "_io.FileIO", "_io.open_code", "_io.TextIOWrapper", "_io.BufferedWriter", "_io.BufferedReader"),
        *("io.open", "io.FileIO", "io.open_code", "io.TextIOWrapper", "_codecs.lookup", "_codecs.register"),
        *("_operator.call", "operator.call", "_operator.setitem", "operator.setitem", "operator.delitem"),
        *("_operator.delitem", "functools.reduce", "_functools.reduce", "weakref.finalize", "inspect.getmodule"),
        *("copyreg.add_extension", "copyreg.pickle", "copyreg.constructor", "random.seed", "warnings.warn"),
        *("itertools.starmap", "itertools.takewhile", "itertools.dropwhile", "itertools.filterfalse"),
        *("itertools.accumulate", "itertools.groupby", "functools.singledispatch", "functools.update_wrapper"),
        *("types.coroutine", "types.new_class", "types.resolve_bases"),
        *("inspect.getattr_static", "inspect.getsource", "inspect.currentframe", "inspect.stack"),
        *("logging.FileHandler", "logging.basicConfig", "logging.shutdown", "logging.setLoggerClass"),
        *("typing.get_type_hints", "typing.ForwardRef._evaluate", "time.sleep"),
    }
)
_BUILTIN_VALUES = frozenset(
    {
        *("bool", "bytearray", "bytes", "classmethod", "complex", "dict", "enumerate", "filter", "float", "frozenset"),
        *("getattr", "int", "iter", "list", "map", "memoryview", "object", "property", "range", "reversed", "set"),
        *("slice", "staticmethod", "str", "super", "tuple", "type", "zip", "code"),
    }
)
_RUNS_BUILTIN = frozenset(
    {
        *("__import__", "apply", "breakpoint", "compile", "delattr", "eval", "exec", "execfile", "exit", "globals"),
        *("help", "input", "locals", "quit", "reload", "setattr", "vars"),
    }
)
_RUNNING = """
_asyncio _bootstrap_subprocess _ctypes _frozen_importlib _frozen_importlib_external _imp _osx_support _posixsubprocess
_pyrepl _sitebuiltins _testcapi _thread _winapi _xxsubinterpreters antigravity asyncio atexit bdb cProfile cgitb cmd
code codeop commands concurrent ctypes curses distutils doctest ensurepip faulthandler gc idlelib imp importlib lib2to3
marshal mmap modulefinder msvcrt multiprocessing nt os pdb pip pipes pkg_resources pkgutil popen2 posix profile
pty pydoc readline rlcompleter runpy setuptools shelve signal site subprocess sys sysconfig tempfile test this
threading timeit tkinter trace tracemalloc turtle turtledemo unittest venv webbrowser winreg wsgiref xmlrpc zipapp
zipimport pickle _pickle IPython sh plumbum pexpect invoke fabric paramiko cffi dill torch.hub torch.utils.cpp_extension
torch.utils.bottleneck torch.utils.collect_env torch.distributed torch.multiprocessing torch._dynamo torch._inductor
torch.jit.unsupported_tensor_ops torch.testing torch.utils.data.datapipes.utils.decoder torch.package
numpy.testing numpy.f2py numpy.distutils numpy.ctypeslib pandas.core.computation pandas.testing
sympy.parsing numexpr jinja2 mako yaml nltk.app psutil docker git jupyter_client ipykernel pytest _pytest nose
tensorflow.python.platform tensorflow.python.ops.script_ops
"""
_REACHING = """
_socket _sqlite3 _ssl dbm fileinput filecmp ftplib glob gzip bz2 lzma zipfile tarfile http imaplib linecache
mailbox nntplib poplib shutil smtplib socket socketserver sqlite3 ssl telnetlib urllib netrc requests httpx urllib3
aiohttp boto3 botocore fsspec smart_open wget pandas.io numpy.lib.npyio numpy.lib._npyio_impl
numpy.lib._datasource tensorflow.io tensorflow.python.lib.io scipy.io scipy.datasets mlflow
"""
_VALUE_MODULES = frozenset(_MAKES_VALUES.split())
_RUNS_MODULES = frozenset(_RUNNING.split())
_REACHES_MODULES = frozenset(_REACHING.split())
_RUNS_NAMES = frozenset(
    {
        *("pandas.eval", "pandas.DataFrame.eval", "pandas.DataFrame.query", "pandas.read_pickle", "joblib.load"),
        *("joblib.numpy_pickle.load", "numpy.load", "torch.load", "torch.serialization.load", "torch.jit.load"),
        *("torch.package.PackageImporter", "keras.models.load_model", "cloudpickle.load", "cloudpickle.loads"),
        *("sympy.sympify", "sympy.core.sympify.sympify", "joblib.parallel.Parallel", "types.coroutine"),
        *("operator.call", "_operator.call", "functools.reduce", "_functools.reduce", "weakref.finalize"),
        *("inspect.currentframe", "inspect.stack", "inspect.getmodule", "logging.config.dictConfig"),
        *("logging.config.fileConfig", "logging.config.listen"),
    }
)
_REACHES_NAME = (
    r"pandas\.read_\w+|numpy\.(?:loadtxt|genfromtxt|fromfile|savetxt|save|savez|memmap|DataSource)"
    r"|sklearn\.datasets\.(?:\w+\.)?(?:fetch|load_svmlight)\w*|pathlib\.(?:\w+\.){1,2}[a-z]\w*"
)
_OF_THE_SYSTEM = frozenset({"os", "posix", "nt", "sys", "subprocess", "builtins", "importlib", "runpy", "ctypes"})
"""Modules that are often an attribute of another one: `logging.os.system` is `os.system`."""
_DATA = frozenset(
    {
        *("os._Environ", "os.stat_result", "os.terminal_size", "os.PathLike", "posix.stat_result", "nt.stat_result"),
        *("sys.version_info", "sys.float_info", "sys.hash_info", "sys.flags", "signal.Signals", "signal.Handlers"),
        *("multiprocessing.context.DefaultContext", "ssl.TLSVersion", "socket.AddressFamily", "socket.SocketKind"),
        *("yaml.loader.SafeLoader", "jinja2.environment.Template", "importlib.metadata.PathDistribution"),
    }
)
_SPECIAL = frozenset(
    {
        *("__new__", "__call__", "__newobj__", "__newobj_ex__", "__main__", "__mp_main__"),
        # what cloudpickle names of a base class, such as pydantic.main.BaseModel.__init__
        *("__init__", "__post_init__", "__repr__", "__str__", "__hash__", "__len__", "__iter__", "__contains__"),
        *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__bool__", "__enter__", "__exit__"),
    }
)
_RISKY_FUNCTION = (
    r"_?(?:unsafe_|safe_|full_)?(?:load|loads|open|urlopen|urlretrieve|download|eval|evaluate|exec|execute|system"
    r"|popen|spawn\w*|shell|check_output|import_module|run|runstring|get_file|read|unpickle)"
    r"|(?:read|fetch|download|exec|open|import|load|urlopen|run)_\w+|\w+_(?:exec|eval|popen|import|download)"
)
_HARMLESS_FUNCTION = r"_load_from_bytes|load_(?:state|from)\w*|loads?_args|read_only|_?run_fn|open_interval"


@lru_cache(maxsize=4096)
def kind_of(module: str, name: str) -> Kind:
    """Return what is known of a callable that a pickle names; names may be dotted."""
    module, name = _without_detour(module, name)
    full = f"{module}.{name}"
    last = name.rpartition(".")[2]
    if _is_special(name) or full in _RUNS_NAMES:
        return "runs"
    if full in _DATA or last.endswith(("Error", "Exception", "Warning")):
        return "usual"
    if module == "builtins":
        return _builtin(name)
    if _within(module, name, _RUNS_MODULES):
        return "runs" if _is_function(last) or is_stdlib(module) else "usual"
    if re.match(_REACHES_NAME, full) or (_within(module, name, _REACHES_MODULES) and _reaches(module, last)):
        return "reaches"
    if is_stdlib(module):
        return "usual" if module_makes_values(module) and full not in _NOT_OF_THOSE else "unusual"
    return "unusual" if _is_function(last) and _is_risky(full, last) else "usual"


def is_torch_weight(module: str, name: str) -> bool:
    """Return whether a class or function is one of those that `torch.load(weights_only=True)` allows."""
    if module in ("collections", "_codecs", "builtins", "torch._utils", "torch._tensor", "torch.nn.parameter"):
        return kind_of(module, name) == "usual"
    if module == "torch" or module.startswith("torch.storage"):
        return name.endswith("Storage") or not name[:1].isupper() or name in ("Size", "Tensor")
    return module.startswith("numpy") and name in ("_reconstruct", "ndarray", "dtype", "scalar", "_frombuffer")


def module_makes_values(module: str) -> bool:
    """Return whether a standard module only makes values."""
    parts = module.split(".")
    return any(".".join(parts[:length]) in _VALUE_MODULES for length in range(1, len(parts) + 1))


def _builtin(name: str) -> Kind:
    if name in _RUNS_BUILTIN:
        return "runs"
    if name in ("open", "file"):
        return "reaches"
    return "usual" if name.partition(".")[0] in _BUILTIN_VALUES else "unusual"


def _reaches(module: str, last: str) -> bool:
    value_like = module_makes_values(module) or module == "urllib.parse"
    return not value_like and (_is_function(last) or module.partition(".")[0] in ("socket", "_socket"))


def _is_risky(full: str, last: str) -> bool:
    return (
        bool(re.fullmatch(_RISKY_FUNCTION, last)) and not re.fullmatch(_HARMLESS_FUNCTION, last) and full not in LOADERS
    )


def _without_detour(module: str, name: str) -> tuple[str, str]:
    """Return the module that a name leads to through another one: `os`, `system` for `logging`, `os.system`."""
    parts = f"{module}.{name}".split(".")
    for index in range(len(parts) - 2, 0, -1):
        if parts[index] in _OF_THE_SYSTEM:
            return parts[index], ".".join(parts[index + 1 :])
    return module, name


def _is_special(name: str) -> bool:
    """Return whether a name reaches into the machinery of objects: `__globals__`, `__builtins__`, `__subclasses__`."""
    return any(
        part.startswith("__") and part.endswith("__") and len(part) > 4 and part not in _SPECIAL
        for part in name.split(".")
    )


def _is_function(last: str) -> bool:
    return not last.lstrip("_")[:1].isupper()


def _within(module: str, name: str, modules: frozenset[str]) -> bool:
    parts = f"{module}.{name}".split(".")
    return any(".".join(parts[:length]) in modules for length in range(1, len(parts) + 1))
