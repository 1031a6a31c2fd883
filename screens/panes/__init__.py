"""The panes: one module each, discovered."""
