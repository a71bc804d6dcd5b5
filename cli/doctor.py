"""`r1 doctor`: what this machine can run, and how to get what is missing."""

from dataclasses import asdict
from itertools import groupby

from . import blocks, console
from .options import JsonOption

MARKS = {"ok": "✓", "missing": "–", "broken": "✗"}


def command(json: JsonOption = False) -> None:
    """Show what this machine can run: versions, GPUs, engines, the sandbox.

    r1 doctor
    """
    from r1data.recipe.doctor import examine

    findings = examine()
    if json:
        console.show(
            {"findings": [asdict(finding) for finding in findings]}, as_json=True, data_command=False
        )
        return
    for part, findings_of_part in groupby(findings, key=lambda finding: finding.part):
        blocks.title(part)
        for one in findings_of_part:
            remedy = f"  → {one.remedy}" if one.remedy else ""
            blocks.wrapped(f"{one.detail}{remedy}", f"{MARKS[one.state]} {one.name}")
