"""What a look at a dataset found, and how it is told."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: `file` is a name below the dataset, or a parent's place. Only a failure is damage."""

    level: Literal["failure", "warning", "note"]
    file: str
    problem: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a look found: `rows`, `shards` and `commits` are those that are good.

    `digest` is None where a commit is lost. `made_by` is the command that made the dataset, as far as the commits
    tell; `repairs` is what was done.
    """

    dataset: str
    rows: int
    shards: int
    commits: int
    complete: bool
    digest: str | None
    made_by: str
    findings: tuple[Finding, ...]
    repairs: tuple[str, ...] = ()

    @property
    def failures(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.level == "failure"]

    @property
    def lost_commits(self) -> bool:
        return self.digest is None

    def as_json(self) -> dict[str, Any]:
        """Plain data: the counts, then each level's findings as `file` and `problem`."""
        levels = {
            f"{level}s": [{"file": f.file, "problem": f.problem} for f in self.findings if f.level == level]
            for level in ("failure", "warning", "note")
        }
        return {
            "dataset": self.dataset,
            "good": not self.failures,
            "rows": self.rows,
            "shards": self.shards,
            "commits": self.commits,
            "complete": self.complete,
            "digest": self.digest,
            "made_by": self.made_by,
            **levels,
            "repairs": list(self.repairs),
        }
