"""Whether the examples of a model folder fit its signature, judged from their JSON alone, as MLflow would."""

from __future__ import annotations

from mlcheck.fit.examples import fit_example
from mlcheck.fit.params import fit_params
from mlcheck.fit.serving import fit_serving
from mlcheck.fit.trouble import CAST, EXTRA, LOST, REFUSED, Misfit

__all__ = ["CAST", "EXTRA", "LOST", "REFUSED", "Misfit", "fit_example", "fit_params", "fit_serving"]
