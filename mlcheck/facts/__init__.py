"""What is known about MLflow and Python packages, as plain data."""
