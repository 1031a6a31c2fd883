"""Tests of the packaged facts."""
