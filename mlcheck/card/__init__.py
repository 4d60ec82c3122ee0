"""The contract card: what a model's signature says, and what the model was seen to do."""

from __future__ import annotations

from mlcheck.card.making import make_card
from mlcheck.card.types import Card

__all__ = ["Card", "make_card"]
