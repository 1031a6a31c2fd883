"""The panes: one module each, found by name. Their titles stand here, for the frame that is painted first."""

TITLES = (
    "Priorities",
    "Findings",
    "Namespaces",
    "RBAC",
    "Network",
    "Workloads",
    "Versions",
    "Coverage",
    "Fixes",
)
"""What the panes 1 to 9 are called."""
