"""ksec-tui: explore the security of a Kubernetes cluster in the terminal."""

__version__ = "0.1.0"
