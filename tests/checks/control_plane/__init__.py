"""Checks on the control plane."""
