"""The Pod Security Standards as the API server's PodSecurity admission applies them, in every version.

`evaluate` judges a pod or template, `barriers` says what stands between it and a level and where, `policies`
reads a namespace's labels, `tighten` finds the level that a namespace could enforce today.
"""

from ksec_tui.analysis.pod_security.allowed import NEWEST
from ksec_tui.analysis.pod_security.evaluate import (
    Barrier,
    Evaluation,
    Failure,
    Run,
    barriers,
    evaluate,
    level_reached,
    merged,
    next_level,
    runs,
)
from ksec_tui.analysis.pod_security.labels import MODES, PREFIX, Mode, Policies, Policy, mode, policies
from ksec_tui.analysis.pod_security.standards import LEVELS
from ksec_tui.analysis.pod_security.tighten import (
    Hindrance,
    Refused,
    Standing,
    Tightening,
    enforced,
    judged,
    refused,
    server_policy,
    standing,
    standings,
    tighten,
)

__all__ = [
    "LEVELS",
    "MODES",
    "NEWEST",
    "PREFIX",
    "Barrier",
    "Evaluation",
    "Failure",
    "Hindrance",
    "Mode",
    "Policies",
    "Policy",
    "Refused",
    "Run",
    "Standing",
    "Tightening",
    "barriers",
    "enforced",
    "evaluate",
    "judged",
    "level_reached",
    "merged",
    "mode",
    "next_level",
    "policies",
    "refused",
    "runs",
    "server_policy",
    "standing",
    "standings",
    "tighten",
]
