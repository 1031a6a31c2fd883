"""Control plane: checks."""
