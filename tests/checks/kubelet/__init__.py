"""Checks on kubelets."""
