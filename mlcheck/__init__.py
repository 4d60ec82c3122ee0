"""Linter and contract-test harness for MLflow model folders."""

from __future__ import annotations

__version__ = "0.1.0"
