"""Kubernetes' own controls and whether they are switched on; built upon what the checks found."""
