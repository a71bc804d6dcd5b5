"""What is known of a run's settings without its machine and its model: a dry run and a run refuse the same.

Not here: whether numbers are in range and options fit together (`settings`), and what asks for GPUs, packages or a
served engine's address (`run.check`), which the machine of a dry run need not have.
"""

from __future__ import annotations

from collections.abc import Iterator

from r1data.data.records import Record
from r1data.data.rows import Rows
from r1data.data.source import open_source
from r1data.engines.openai import root_of
from r1data.engines.templates import TEMPLATES
from r1data.errors import UserError
from r1data.training.loop import alarms
from r1data.training.rewards import demands
from r1data.training.settings import GrpoSettings


def check(settings: GrpoSettings) -> None:
    """Raise UserError where rewards, alarms or a template are not known, or held-out prompts are not there."""
    if settings.template not in TEMPLATES:
        raise UserError(f"--template {settings.template}: not known; choose one of {', '.join(TEMPLATES)}")
    demands.check_settings(settings)
    alarms.check_names(settings.stop_on)
    if settings.held_out is not None:
        next(verifiable(settings.held_out))
    if (settings.judge is None) != (settings.judge_url is None):
        raise UserError(
            "--judge NAME and --judge-url URL go together, as rewards ask a judge that is served; give both"
        )
    if settings.judge_url:
        root_of(settings.judge_url, "--judge-url")


def verifiable(uri: str) -> Iterator[Record]:
    """The held-out rows that have a verifier. Raises UserError where none has."""
    count = 0
    for row in Rows(open_source(uri, "prompt")):
        if row.get("verifier") is not None:
            count += 1
            yield row
    if not count:
        raise UserError(
            f"--held-out {uri}: no prompt has a verifier, so that nothing could be measured; give prompts with a truth"
        )
