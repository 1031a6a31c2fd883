"""Tests of the lists of connections."""
