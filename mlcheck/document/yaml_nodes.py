"""YAML text made into nodes with places, and nodes into data, as `yaml.safe_load` does at half its cost."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

_Base: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TEXT = "tag:yaml.org,2002:str"
_MAPPING = "tag:yaml.org,2002:map"
_SEQUENCE = "tag:yaml.org,2002:seq"
_LONGEST = 100  # characters of a value whose type is remembered


class Loader(_Base):  # type: ignore[misc]
    """PyYAML's safe loader, which tries its expressions for numbers, dates, … on each different text but once."""

    def resolve(self, kind: type[Any], value: Any, implicit: Any) -> Any:
        """Return the tag of a node without one."""
        if kind is not yaml.ScalarNode:
            return super().resolve(kind, value, implicit)
        if not implicit[0] or value[:1] not in self.yaml_implicit_resolvers:
            return _TEXT
        return _tag_of(value) if len(value) < _LONGEST else super().resolve(kind, value, implicit)

    def descend_resolver(self, *_: object) -> None:
        """Do nothing: safe loading has no types by path."""

    def ascend_resolver(self) -> None:
        """Do nothing, as above."""


@lru_cache(maxsize=4096)
def _tag_of(value: str) -> str:
    for tag, expression in _Base.yaml_implicit_resolvers[value[:1]]:
        if expression.match(value):
            return str(tag)
    return _TEXT


class UnusualError(Exception):
    """The nodes hold something that only PyYAML itself should judge: merge keys, keys that are no text, odd tags."""


def construct_plain(loader: Any, node: Any) -> Any:
    """Return the data of nodes without aliases.

    Raises `UnusualError` for what is not plain or has a key twice, and whatever PyYAML raises for a value.
    """
    tag, kind = node.tag, type(node)
    if kind is yaml.ScalarNode:
        if tag == _TEXT:
            return node.value
        if tag in _SCALARS:
            return loader.yaml_constructors[tag](loader, node)
    elif kind is yaml.MappingNode and tag == _MAPPING:
        return _construct_mapping(loader, node)
    elif kind is yaml.SequenceNode and tag == _SEQUENCE:
        return [construct_plain(loader, item) for item in node.value]
    raise UnusualError(tag)


_SCALARS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp", "binary"))


def _construct_mapping(loader: Any, node: Any) -> dict[str, Any]:
    found = {}
    for key, value in node.value:
        if key.tag != _TEXT or type(key) is not yaml.ScalarNode:
            raise UnusualError(key.tag)
        found[key.value] = value.value if _is_text(value) else construct_plain(loader, value)
    if len(found) < len(node.value):
        raise UnusualError(_MAPPING)
    return found


def _is_text(node: Any) -> bool:
    return node.tag == _TEXT and type(node) is yaml.ScalarNode
