"""The tabs of the detail view: one module each, discovered."""
