"""Draws signatures and data for them: fitting, nearly fitting and unrelated, of every kind that MLflow knows."""
