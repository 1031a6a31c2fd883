"""Tests of the attack graph."""
