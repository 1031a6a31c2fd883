"""Tests of decisions about findings, their file, and what earlier sessions saw."""
