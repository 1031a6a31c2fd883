"""Namespaces: checks."""
