"""Verdicts, findings, the check registry and its runner."""
