"""Tests of what RBAC grants."""
