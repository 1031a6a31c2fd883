"""The ways in which a proven plan is written as files, one module for each."""
