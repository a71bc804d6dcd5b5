"""Looking at a dataset: what it holds, where it came from, whether it is whole."""

from r1data.look.checking import check
from r1data.look.describe import describe, lineage
from r1data.look.findings import Finding, Report
from r1data.look.garbage import Collected, gc
from r1data.look.mending import repair

__all__ = ["Collected", "Finding", "Report", "check", "describe", "gc", "lineage", "repair"]
