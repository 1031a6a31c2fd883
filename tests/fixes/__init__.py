"""Tests of the fix engine."""
