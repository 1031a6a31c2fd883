"""Tests of what outlives a sitting."""
