"""Pure engines: facts derived from a Snapshot."""
