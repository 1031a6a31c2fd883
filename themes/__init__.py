"""Themes, severity glyphs and colours."""
