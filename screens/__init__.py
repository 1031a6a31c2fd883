"""Textual screens, panes, modals and widgets; no Kubernetes logic."""
