"""Looking at a dataset: what it holds, where it came from, whether it is whole."""

from r1data.look.checking import check
from r1data.look.describe import describe, lineage

__all__ = ["check", "describe", "lineage"]
