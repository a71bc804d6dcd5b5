"""Looking at a dataset: what it holds, where it came from, whether it is whole."""

from r1data.lineage.checking import check
from r1data.lineage.describe import describe, lineage
from r1data.lineage.findings import Finding, Report
from r1data.lineage.orphans import Collected, gc
from r1data.lineage.repair import repair

__all__ = ["Collected", "Finding", "Report", "check", "describe", "gc", "lineage", "repair"]
