"""Tests of what versions tell."""
