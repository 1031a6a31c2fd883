"""Versions: checks."""
