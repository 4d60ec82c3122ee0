"""The contract that a model promises, and the harness that holds it to that."""
