"""Workloads: checks."""
