"""RBAC: checks."""
