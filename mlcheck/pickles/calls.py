"""What calls in a pickle come to: references, modules that are imported, code objects, pickles within."""

from __future__ import annotations

import _compat_pickle

from mlcheck.facts.pickle_callables import (
    CODE_MAKERS,
    FUNCTION_MAKERS,
    LOADERS,
    MODULE_IMPORTERS,
    TYPE_MAKERS,
    is_cloudpickle,
)
from mlcheck.pickles.values import UNKNOWN, Blob, CarriedCode, Imported, Made, PickleFacts, Ref

_MOST = 10_000  # references, calls and the like that are kept
_LARGEST_CODE = 1 << 16
_CODE_FIELDS = {15: (7, 10, 9), 16: (8, 11, 10), 18: (8, 11, 10)}
"""How many arguments code objects take → where among them are the global names, the name and the file name.

15 up to Python 3.7, 16 from 3.8, 18 from 3.11.
"""


def reference(facts: PickleFacts, module: object, name: object, offset: int) -> object:
    """Return what a module and a name refer to, and note it."""
    if not isinstance(module, str) or not isinstance(name, str):
        if facts.hidden is None:
            facts.hidden = offset
        return UNKNOWN
    if facts.protocol < 3:
        module, name = _compat_pickle.NAME_MAPPING.get((module, name), (module, name))
        module = _compat_pickle.IMPORT_MAPPING.get(module, module)
    return _noted(facts, Ref(module, name), offset)


def _noted(facts: PickleFacts, ref: Ref, offset: int) -> Ref:
    if len(facts.references) < _MOST:
        facts.references.setdefault(ref, offset)
    return ref


def make(facts: PickleFacts, function: object, arguments: object, offset: int) -> object:
    """Return a plain instance of a class: its `__new__` is called, which does not run code of its own as a rule."""
    del facts, offset
    return Made(function, arguments if isinstance(arguments, tuple) else None)


def call(facts: PickleFacts, function: object, arguments: object, offset: int) -> object:
    """Return what a call gives, and note it."""
    known = arguments if isinstance(arguments, tuple) else None
    if isinstance(function, Ref):
        if str(function) in LOADERS and known and isinstance(known[0], bytes | Blob) and len(facts.nested) < _MOST:
            facts.nested.append(known[0])  # what it does is told by what it loads
            return Made(function, known)
        facts.calls.setdefault(function, offset)
        for argument in known or ():
            if isinstance(argument, Ref):
                facts.handed.setdefault((function, argument), offset)
        return _evaluate(facts, function, known, offset)
    return _call_made(facts, function, known, offset)


def _evaluate(facts: PickleFacts, function: Ref, arguments: tuple[object, ...] | None, offset: int) -> object:
    full = str(function)
    first = arguments[0] if arguments else None
    if full == "builtins.getattr" and arguments is not None and len(arguments) > 1:
        return _attribute(facts, first, arguments[1], offset) or Made(function, arguments)
    if full in MODULE_IMPORTERS or (is_cloudpickle(function.module) and function.name == "subimport"):
        return _import(facts, first, offset)
    if is_cloudpickle(function.module) and function.name == "_builtin_type" and isinstance(first, str):
        return Ref("types", first)
    if full == "_codecs.encode" and isinstance(first, str) and len(first) <= _LARGEST_CODE:
        return first.encode("latin-1", "replace")
    if full in CODE_MAKERS and arguments is not None:
        _note_code(facts, arguments)
    return Made(function, arguments)


def _attribute(facts: PickleFacts, owner: object, name: object, offset: int) -> object:
    if not isinstance(name, str):
        if facts.hidden is None:
            facts.hidden = offset
        return None
    if isinstance(owner, Imported):
        return _noted(facts, Ref(owner.name, name), offset)
    if isinstance(owner, Ref):
        return _noted(facts, Ref(owner.module, f"{owner.name}.{name}"), offset)
    return None


def _import(facts: PickleFacts, name: object, offset: int) -> object:
    if not isinstance(name, str):
        if facts.hidden is None:
            facts.hidden = offset
        return UNKNOWN
    if len(facts.imports) < _MOST:
        facts.imports.setdefault(name, offset)
    return Imported(name)


def _note_code(facts: PickleFacts, arguments: tuple[object, ...]) -> None:
    fields = _CODE_FIELDS.get(len(arguments))
    if fields is None or len(facts.code) >= _MOST:
        return
    names, name, filename = (arguments[index] for index in fields)
    bytecode = next((part for part in arguments if isinstance(part, bytes)), b"")
    facts.code.append(
        CarriedCode(
            arguments=len(arguments),
            name=name if isinstance(name, str) else "",
            filename=filename if isinstance(filename, str) else "",
            names=tuple(part for part in names if isinstance(part, str)) if isinstance(names, tuple) else (),
            bytecode=bytecode if len(bytecode) <= _LARGEST_CODE else b"",
        )
    )


def _call_made(facts: PickleFacts, made: object, arguments: tuple[object, ...] | None, offset: int) -> object:
    """Call what an earlier call gave: what that comes to, or a note that it is not known."""
    maker = made.function if isinstance(made, Made) else None
    given = made.arguments if isinstance(made, Made) else None
    first = given[0] if given else None
    if str(maker) in _WRAPPERS and isinstance(first, Ref | Made):
        return call(facts, first, arguments, offset)
    if str(maker) in ("operator.attrgetter", "operator.methodcaller") and arguments:
        got = _attribute(facts, arguments[0], first, offset)
        return got if got is None or str(maker) == "operator.attrgetter" else call(facts, got, (), offset)
    kind = _carried(made)
    if kind == "function" and facts.own_code is None:
        facts.own_code = offset
    if not kind and not (made is UNKNOWN and facts.hidden is not None):
        facts.computed.setdefault(_describe(made), offset)
    return Made(made, arguments)


_WRAPPERS = ("functools.partial", "types.MethodType", "builtins.staticmethod", "builtins.classmethod")


def _carried(value: object) -> str:
    """Return whether a value is a "function" or a "class" that the pickle carries by value, "" if neither."""
    depth = 0
    while isinstance(value, Made) and not isinstance(value.function, Ref):
        value, depth = value.function, depth + 1
    maker = value.function if isinstance(value, Made) else None
    if not isinstance(value, Made) or not isinstance(maker, Ref):
        return ""
    if _is_class_statement(value.arguments):
        return "function" if depth else "class"
    if maker.name in TYPE_MAKERS and (is_cloudpickle(maker.module) or maker.module == "builtins"):
        return "function" if depth else "class"
    own = maker.name in FUNCTION_MAKERS and (is_cloudpickle(maker.module) or maker.module == "types")
    return "function" if own else ""


def _is_class_statement(arguments: tuple[object, ...] | None) -> bool:
    """Return whether a metaclass is called: with a name, base classes and attributes."""
    return arguments is not None and [type(argument) for argument in arguments[:3]] == [str, tuple, dict]


def _describe(value: object) -> str:
    """Return the name of what made a value, "" if it is not known."""
    while isinstance(value, Made):
        value = value.function
    return str(value) if isinstance(value, Ref) else ""
