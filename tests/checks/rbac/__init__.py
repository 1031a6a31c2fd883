"""Tests of the RBAC checks."""
