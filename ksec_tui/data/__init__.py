"""Packaged facts, each with source, licence and date."""
