"""The inputs of a signature against the features that a model learned from."""

from __future__ import annotations

from mlcheck.fit.trouble import listing
from mlcheck.rules.entries import Entry, plural
from mlcheck.rules.learned import Learned

Difference = tuple[str, str]  # the message and its subject


def explain_difference(learned: Learned, inputs: list[Entry]) -> Difference | None:
    """Return why the model cannot answer for what the signature lets through, None if it can or may.

    Optional columns count where they help: they may be there.
    """
    if all(entry.is_tensor for entry in inputs):
        return _explain_tensor(learned, inputs)
    if any(entry.is_tensor or not isinstance(entry.name, str | None) for entry in inputs):
        return None
    if all(entry.name is None for entry in inputs):
        return _explain_count(learned, len(inputs), len(inputs))
    if any(entry.name is None for entry in inputs):
        return None  # MLC206: some columns have names, others have none
    return _explain_columns(learned, inputs)


def explain_surplus(learned: Learned, inputs: list[Entry]) -> Difference | None:
    """Return which columns callers have to send although the model has never seen them, None for none."""
    if any(entry.is_tensor for entry in inputs):
        return None
    required = [entry.name for entry in inputs if not entry.is_optional]
    extra = [name for name in required if isinstance(name, str) and name not in learned.seen] if learned.seen else []
    if not extra:
        return None
    message = f"the signature requires {plural('column', extra)}, which {learned.path} was not trained on"
    return f"{message}: callers have to send it for nothing", extra[0]


def _explain_tensor(learned: Learned, inputs: list[Entry]) -> Difference | None:
    spec = inputs[0].data.get("tensor-spec")
    shape = spec.get("shape") if isinstance(spec, dict) else None
    if len(inputs) != 1 or inputs[0].name is not None or not isinstance(shape, list):
        return None
    if not learned.takes_arrays:
        return (
            f"the signature has a tensor, but {learned.path} wants columns with names: {listing(learned.names)}",
            "tensor",
        )
    width = shape[1] if len(shape) == 2 else None
    return _explain_count(learned, width, width) if type(width) is int and width > 0 else None


def _explain_count(learned: Learned, least: int, most: int) -> Difference | None:
    """Judge a signature by the number of its features alone."""
    if not learned.count or least <= learned.count <= most:
        return None
    if most < learned.count and not learned.exact:
        return None
    given = least if least > learned.count else most
    return f"the signature has {given} features, {learned.path} was trained on {learned.count}", "count"


def _explain_columns(learned: Learned, inputs: list[Entry]) -> Difference | None:
    names = [str(entry.name) for entry in inputs]
    required = [str(entry.name) for entry in inputs if not entry.is_optional]
    missing = [name for name in learned.needed or learned.names if name not in names]
    if learned.by_name and missing:
        extra = [name for name in required if name not in learned.names] if learned.names else []
        instead = f" (it has {listing(extra)} instead)" if extra else ""
        message = f"{learned.path} was trained on {plural('column', missing)}, which the signature lacks{instead}"
        return f"{message}: MLflow drops what the signature does not know", missing[0]
    if learned.by_name and learned.names:
        return _explain_extra_or_order(learned, names, required)
    if learned.names and _is_permutation(learned, names):
        return _explain_order(learned, names)
    return _explain_count(learned, len(required), len(names))


def _explain_extra_or_order(learned: Learned, names: list[str], required: list[str]) -> Difference | None:
    extra = [name for name in required if name not in learned.names]
    if extra:
        message = f"the signature requires {plural('column', extra)}, which {learned.path} was not trained on"
        return f"{message}: {learned.library} refuses it", extra[0]
    return _explain_order(learned, [name for name in names if name in learned.names])


def _explain_order(learned: Learned, names: list[str]) -> Difference | None:
    wanted = list(learned.names)
    given = [_write(learned, name) for name in names]
    odd = next((i for i, (one, other) in enumerate(zip(given, wanted, strict=False)) if one != other), None)
    if odd is None:
        return None
    effect = "refuses it" if learned.by_name else "goes by the position and answers wrongly"
    message = f"column {odd} of the signature is {names[odd]!r}, in {learned.path} it is {learned.names[odd]!r}"
    return f"{message}: MLflow brings data into the signature's order, {learned.library} {effect}", "order"


def _is_permutation(learned: Learned, names: list[str]) -> bool:
    return sorted(_write(learned, name) for name in names) == sorted(learned.names)


def _write(learned: Learned, name: str) -> str:
    # LightGBM writes blanks in names as underscores.
    return name.replace(" ", "_") if learned.library == "LightGBM" else name
