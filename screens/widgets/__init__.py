"""Widgets that know nothing of Kubernetes: the virtual table, the line viewer and what fills it."""
