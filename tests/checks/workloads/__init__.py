"""Tests of the checks on workloads."""
