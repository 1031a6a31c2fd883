"""Tabs of the detail, without a terminal."""
