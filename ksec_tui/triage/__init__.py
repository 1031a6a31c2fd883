"""Triage: what people decided of findings, kept in a reviewable file, honoured until it expires or no longer fits."""
