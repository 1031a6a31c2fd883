"""Secrets: checks."""
