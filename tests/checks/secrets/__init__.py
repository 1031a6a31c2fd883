"""Checks on Secrets and what is kept like one."""
