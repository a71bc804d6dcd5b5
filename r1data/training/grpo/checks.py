"""What is known of a run's settings without its machine and its model: a dry run and a run refuse the same.

Not here: whether numbers are in range and options fit together (`settings`), and what asks for GPUs, packages or a
served engine's address (`run.check`), which the machine of a dry run need not have.
"""

from __future__ import annotations

from r1data.engines.openai import root_of
from r1data.engines.templates import TEMPLATES
from r1data.errors import UserError
from r1data.training.evaluation import prompts as eval_prompts
from r1data.training.loop import alarms
from r1data.training.rewards import demands
from r1data.training.settings import GrpoSettings


def check(settings: GrpoSettings) -> None:
    """Raise UserError where rewards, alarms or a template are not known, or prompts to evaluate on are not there."""
    if settings.template not in TEMPLATES:
        raise UserError(f"--template {settings.template}: not known; choose one of {', '.join(TEMPLATES)}")
    demands.check_settings(settings)
    alarms.check_names(settings.stop_on)
    eval_prompts.check(settings, judge=settings.judge is not None)
    if (settings.judge is None) != (settings.judge_url is None):
        raise UserError(
            "--judge NAME and --judge-url URL go together, as rewards ask a judge that is served; give both"
        )
    if settings.judge_url:
        root_of(settings.judge_url, "--judge-url")
