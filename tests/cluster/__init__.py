"""Tests of ksec-tui."""
