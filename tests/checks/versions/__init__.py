"""Tests of the checks on versions."""
