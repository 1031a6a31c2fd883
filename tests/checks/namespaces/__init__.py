"""Tests of the checks on namespaces and admission."""
