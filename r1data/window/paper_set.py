"""The paper's table of the 800k set: samples and mean tokens by domain (R1 v2, App. B.3.3)."""

from collections.abc import Mapping
from dataclasses import dataclass

from r1data.selection.mixture import PRESETS


@dataclass(frozen=True, slots=True)
class PaperDomain:
    """One line of the table."""

    samples: int
    tokens: float


_TOKENS = {"math": 6094.2, "code": 7435.7, "stem": 4928.8, "logic": 2739.0, "general": 1419.8}
PAPER_SET: Mapping[str, PaperDomain] = {
    name: PaperDomain(samples, _TOKENS[name]) for name, samples in PRESETS["r1-800k"].items()
}
PAPER_TOTAL = PaperDomain(804_745, 5355.3)
"""The table's own line of sums: its mean is that of all samples."""
