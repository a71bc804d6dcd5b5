"""`r1 make-pairs`: runs one of the two stages over a source of samples."""

from __future__ import annotations

import functools
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.errors import UserError
from r1data.sampling.preferences.pairs import PairSettings, count, make_table
from r1data.verifiers.judge.asking import JudgeSettings
from r1data.verifiers.judge.prompt import MOST_CHARS, TEXTS

if TYPE_CHECKING:
    from r1data.data.source import Source
    from r1data.data.writer import Summary

GUIDELINES = "guidelines.en.txt"


def read_guidelines(path: str | None) -> str:
    """What is unsafe, from a file, or the text that ships. Raises UserError where it cannot be read."""
    place = TEXTS / GUIDELINES if path is None else Path(path)
    try:
        text = place.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"--guidelines {path}: cannot be read ({error}); give a text file in UTF-8"
        ) from error
    if not text or len(text) > MOST_CHARS:
        raise UserError(
            f"--guidelines {path}: {len(text):,} characters; give from 1 to {MOST_CHARS:,}, which the judge sees whole"
        )
    return text


def run(
    source: Source,
    out: str,
    settings: PairSettings,
    judge: JudgeSettings,
    *,
    pointwise: bool = False,
    dropped: str | None = None,
    workers: int | None = None,
    executor: str = "local",
) -> Summary:
    """Makes pairs, or with `pointwise` labelled rows, of every shard of a source of samples.

    Raises UserError where settings do not fit together, or the judge cannot be loaded or reached.
    """
    from r1data.data.commits import Command
    from r1data.runtime.stages import Output, run_stage
    from r1data.sampling.preferences.labels import label_table

    check(settings, judge, pointwise=pointwise, workers=workers)
    stage = functools.partial(label_table if pointwise else make_table, settings=settings, judge=judge)
    outputs = {"pairs": Output(out, "sample" if pointwise else "preference", count)}
    if dropped is not None:
        outputs["dropped"] = Output(dropped, "sample")
    command = Command("make-pairs", recorded(settings, judge, pointwise=pointwise))
    workers = workers if judge.remote else 1  # each would load the judge
    summaries = run_stage(source, outputs, stage, command=command, workers=workers, executor=executor)
    return summaries["pairs"]


def check(settings: PairSettings, judge: JudgeSettings, *, pointwise: bool, workers: int | None) -> None:
    """Raise UserError where settings do not fit together."""
    if pointwise and settings.aspect != "harmlessness":
        raise UserError("--pointwise marks responses safe or unsafe; add --aspect harmlessness")
    if not pointwise and judge.votes % 2:
        raise UserError(
            f"--votes {judge.votes}: a pair is judged in both orders as often; give an even number, 4 in the paper"
        )
    if not judge.remote and workers not in (None, 1):
        raise UserError(
            f"--workers {workers} would load the judge {workers} times; use one worker, or serve it (--endpoint)"
        )
    if settings.ratio < 1:
        raise UserError(f"--max-length-ratio {settings.ratio:g}: give 1 or more")


def recorded(settings: PairSettings, judge: JudgeSettings, *, pointwise: bool) -> dict[str, Any]:
    """What decides the rows, for the command's record."""
    own = asdict(settings)
    if pointwise:
        own = {name: own[name] for name in ("aspect", "guidelines")}
    elif settings.aspect == "helpfulness":
        del own["guidelines"]
    judged = {name: value for name, value in judge.recorded().items() if name != "threshold"}
    return {**own, **({"pointwise": True} if pointwise else {}), **judged}


def preview(
    source: Source, out: str, settings: PairSettings, judge: JudgeSettings, *, pointwise: bool
) -> dict[str, Any]:
    """What `run` would do, for `--dry-run`."""
    own = recorded(settings, judge, pointwise=pointwise)
    del own["judge_weights"]
    return {"source": source.uri, "rows": source.rows, "out": out, **own}
