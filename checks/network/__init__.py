"""Network exposure and policies: checks."""
