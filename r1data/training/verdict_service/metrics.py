"""What the service counts, in Prometheus' text format (0.0.4).

Labels are the service's own words: nothing that a client sends becomes one.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

BOUNDS = (0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0, 300.0)
"""Upper bounds of the histograms' buckets, in seconds. Ours."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Histogram:
    """How many observations are up to each of `BOUNDS`, and their sum."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def lines(self, name: str, labels: str = "") -> Iterable[str]:
        """The samples of a histogram; `labels` as they stand within braces."""
        comma = "," if labels else ""
        so_far = 0
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], self.counts, strict=True):
            so_far += count
            yield f'{name}_bucket{{{labels}{comma}le="{bound}"}} {so_far}'
        braces = f"{{{labels}}}" if labels else ""
        yield f"{name}_sum{braces} {self.total:.6f}"
        yield f"{name}_count{braces} {so_far}"


@dataclass
class Metrics:
    """Counts since the service started."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    """By path and status."""
    verdicts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By word and cause."""
    rewards: Counter[str] = field(default_factory=Counter)
    """`known` and `unknown` (null)."""
    check_seconds: Histogram = field(default_factory=Histogram)
    request_seconds: dict[str, Histogram] = field(default_factory=dict)
    """By path."""

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """All of it, with `gauges`: name → (help, value); a name that ends in `_total` is a counter."""
        lines = []
        for name, (help, value) in gauges.items():
            kind = "counter" if name.endswith("_total") else "gauge"
            lines += [*_head(name, kind, help), f"{name} {value:g}"]
        lines += _head("r1_requests_total", "counter", "Requests by path and status.")
        for (path, status), count in sorted(self.requests.items()):
            lines.append(f'r1_requests_total{{path="{path}",status="{status}"}} {count}')
        lines += _head("r1_verdicts_total", "counter", "Verdicts by word and cause.")
        for (word, cause), count in sorted(self.verdicts.items()):
            lines.append(f'r1_verdicts_total{{verdict="{word}",cause="{cause}"}} {count}')
        lines += _head("r1_rewards_total", "counter", "Rewards that are known, and that are null.")
        for known, count in sorted(self.rewards.items()):
            lines.append(f'r1_rewards_total{{reward="{known}"}} {count}')
        lines += _head("r1_check_seconds", "histogram", "Seconds that a job took a checker.")
        lines += self.check_seconds.lines("r1_check_seconds")
        lines += _head("r1_request_seconds", "histogram", "Seconds from a request to its reply.")
        for path, histogram in sorted(self.request_seconds.items()):
            lines += histogram.lines("r1_request_seconds", f'path="{path}"')
        return "\n".join(lines) + "\n"


def _head(name: str, kind: str, help: str) -> list[str]:
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]
