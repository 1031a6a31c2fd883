"""Tests of the Pod Security Standards."""
