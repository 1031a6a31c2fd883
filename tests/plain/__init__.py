"""Tests of linear mode: each talks to the program as a user does."""
