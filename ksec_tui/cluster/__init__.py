"""Typed Kubernetes objects, the Snapshot and its coverage, the text sanitizer. Imports nothing of ours."""
