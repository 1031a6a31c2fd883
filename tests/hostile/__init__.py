"""Tests with input that means harm, and with harm done to what is being written."""
