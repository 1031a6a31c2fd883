"""Kubelet: checks."""
