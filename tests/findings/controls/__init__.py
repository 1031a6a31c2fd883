"""Tests of the native controls."""
