"""What the tool says, held against a real API server; see docs/testing.md. Run with ``-m cluster``."""
