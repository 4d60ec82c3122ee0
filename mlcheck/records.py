"""Frozen, slotted classes of data that cost a start of `mlcheck lint` next to nothing to declare.

`lazy` is `functools.cached_property` without the lock that it takes up to Python 3.11.

`record` means what `dataclasses.dataclass` means, and type checkers are told just that. But dataclasses write and
compile half a dozen methods for each class when it is declared, and import `inspect` to do so: with some seventy
classes that took a quarter of the time of linting one folder. Here only `__init__` is compiled, when the first
instance is made; the other methods are shared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as record
    from dataclasses import field, replace
    from functools import cached_property as lazy
    from typing import Any
else:

    class lazy:  # noqa: N801 - like `property`
        """A property that is computed when it is first asked for, and then kept in the instance."""

        def __init__(self, function: Callable[[Any], Any]) -> None:
            self.function, self.name, self.__doc__ = function, function.__name__, function.__doc__

        def __get__(self, instance: Any, owner: type) -> Any:
            if instance is None:
                return self
            value = instance.__dict__[self.name] = self.function(instance)
            return value

    def record(*, frozen: bool = False, slots: bool = True, eq: bool = True) -> Callable[[type], type]:
        """Make a class of the annotated names of a class body; there are these options of `dataclass` alone."""
        assert slots, "records have slots"
        return lambda declared: _make(declared, frozen=frozen, eq=eq)

    def field(*, default: object = None, default_factory: Callable[[], object] | None = None, repr: bool = True) -> Any:  # noqa: A002, ARG001 - the names of `dataclasses.field`
        """Say what the default of a field is, or how it is made for each instance."""
        return _Factory(default_factory) if default_factory is not None else default

    def replace(instance: Any, /, **changes: object) -> Any:
        """Return a copy of a record with some fields changed."""
        return type(instance)(**{**dict(zip(instance.__match_args__, _values(instance), strict=True)), **changes})


__all__ = ["field", "lazy", "record", "replace"]


class _Factory:
    """Stands for a default that is made anew for each instance."""

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


def _make(declared: type, *, frozen: bool, eq: bool) -> type:
    names = tuple(declared.__annotations__)
    body = {key: value for key, value in vars(declared).items() if key not in {*names, "__dict__", "__weakref__"}}
    defaults = {name: vars(declared)[name] for name in names if name in vars(declared)}
    shared: dict[str, object] = {"__init__": _first_init, "__repr__": _repr, "__reduce__": _reduce}
    if eq:
        shared |= {"__eq__": _eq, "__hash__": _hash if frozen else None}
    if frozen:
        shared |= {"__setattr__": _refuse_to_set, "__delattr__": _refuse_to_delete}
    own = {"__slots__": names, "__match_args__": names, "__qualname__": declared.__qualname__, "_defaults": defaults}
    return type(declared)(declared.__name__, declared.__bases__, {**shared, **body, **own})


def _first_init(self: Any, *arguments: object, **named: object) -> None:
    """Compile the `__init__` of the class, then use it."""
    cls = type(self)
    cls.__init__ = _compile_init(cls)
    cls.__init__(self, *arguments, **named)


def _compile_init(cls: Any) -> Callable[..., None]:
    known: dict[str, object] = {"_set": object.__setattr__}
    parameters, lines = ["self"], []
    for name in cls.__match_args__:
        value, default = name, cls._defaults.get(name, cls)
        parameters.append(name if default is cls else f"{name}=_default_{name}")
        if isinstance(default, _Factory):
            known[f"_make_{name}"] = default.make
            value = f"_make_{name}() if {name} is _default_{name} else {name}"
        known[f"_default_{name}"] = default
        lines.append(f"    _set(self, {name!r}, {value})")
    text = f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or ["    pass"])
    exec(text, known)  # noqa: S102 - names of fields, all from our own class bodies
    made: Any = known["__init__"]
    made.__qualname__ = f"{cls.__qualname__}.__init__"
    return made  # type: ignore[no-any-return]


def _values(instance: Any) -> tuple[object, ...]:
    return tuple([getattr(instance, name) for name in instance.__match_args__])


def _eq(self: Any, other: object) -> bool:
    return _values(self) == _values(other) if type(other) is type(self) else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    fields = (f"{name}={value!r}" for name, value in zip(self.__match_args__, _values(self), strict=True))
    return f"{type(self).__qualname__}({', '.join(fields)})"


def _reduce(self: Any) -> tuple[type, tuple[object, ...]]:
    return type(self), _values(self)


def _refuse_to_set(self: Any, name: str, _: object) -> None:
    raise AttributeError(f"cannot assign to field {name!r} of the frozen {type(self).__name__}")


def _refuse_to_delete(self: Any, name: str) -> None:
    raise AttributeError(f"cannot delete field {name!r} of the frozen {type(self).__name__}")
