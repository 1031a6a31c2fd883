"""The commands: one module each, found by discovery; each declares COMMAND."""
