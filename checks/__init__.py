"""The checks: one declaration each, discovered, never listed."""
