"""Facts about versions: releases and their support, node software and its end of life, known flaws, what goes.

Facts only, in our own structure and words; each file names its sources, their licences and the date up to
which it knows the world. NOTICE repeats the attributions.
"""

from ksec_tui.data.versions.shapes import (
    Cycle,
    Deprecation,
    Deprecations,
    Distributions,
    DistributionSigns,
    Feature,
    Features,
    FieldChange,
    Flaw,
    Flaws,
    Products,
    Release,
    Releases,
    Requirement,
)
from ksec_tui.data.versions.store import (
    copies,
    deprecations,
    distributions,
    features,
    flaws,
    oldest_as_of,
    products,
    releases,
    with_flaws,
)

__all__ = [
    "Cycle",
    "Deprecation",
    "Deprecations",
    "DistributionSigns",
    "Distributions",
    "Feature",
    "Features",
    "FieldChange",
    "Flaw",
    "Flaws",
    "Products",
    "Release",
    "Releases",
    "Requirement",
    "copies",
    "deprecations",
    "distributions",
    "features",
    "flaws",
    "oldest_as_of",
    "products",
    "releases",
    "with_flaws",
]
