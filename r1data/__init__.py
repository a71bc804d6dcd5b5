"""r1data: questions in, a reasoning model out, the way DeepSeek-R1 was made.

The functions here do what the commands of the same names do, with the same defaults, and call the same library
functions. A function that writes rows returns them as `Rows`: counted by `len()`, iterated as dicts, or taken as one
`pyarrow.Table` by `.table()`; it may be the input of the next function. Called again with the same arguments it
finishes what is missing or does nothing; with other arguments into the same place it raises `UserError`.

Everything heavy is imported when a function is called. Not here: recipes, hub transfers, reviews, `why` and the other
commands that print; call `r1` for these. Nothing inside the package imports this module's functions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from r1data.data.resources import PACKAGE_VERSION

if TYPE_CHECKING:
    from r1data.data.rows import Rows
    from r1data.engines.base import EngineOptions, Sampling
    from r1data.evaluation.scores import Scores
    from r1data.sampling.plan import SamplingPlan
    from r1data.training.launch import Trained
    from r1data.training.settings import (
        GrpoSettings,
        OnPolicySettings,
        RewardModelSettings,
        Settings,
        SftSettings,
    )
    from r1data.verifiers.judge.asking import JudgeSettings
    from r1data.verifiers.judge.review import Judging

    DS = str | Path | Rows
    """A dataset's or a plain file's place, or rows that another function returned."""

__version__ = PACKAGE_VERSION
__all__ = [
    "build",
    "distill",
    "evaluate",
    "filter",
    "ingest",
    "make_pairs",
    "read",
    "sample",
    "train_grpo",
    "train_rm",
    "train_sft",
    "verify",
]


def read(source: DS) -> Rows:
    """Open the rows of a dataset or a plain file. Reads no more than the file's or the commits' description.

    Args:
        source: a dataset's path or URL, a JSONL, JSON, CSV or Parquet file, or `hf:org/name`.

    Returns:
        The rows. `len(rows)` counts them; `for row in rows` gives one dict a row, a shard in memory at a time;
        `rows.table(columns, limit)` is one `pyarrow.Table` of all rows; `rows.tables()` gives one table a shard;
        `rows.schema` and `rows.summary` say what they are and what the command that wrote them reported.

    Raises:
        UserError: nothing is there, or it is neither a dataset nor a file that can be read.

    Examples:
        >>> rows = read("responses.jsonl")
        >>> rows.schema, len(rows)
        ('sample', 2)
        >>> [row["truth"] for row in rows]
        ['12', '12']
        >>> rows.table(["prompt", "truth"]).to_pandas().shape
        (2, 2)
    """
    from r1data.data.rows import Rows
    from r1data.data.source import open_source

    return source if isinstance(source, Rows) else Rows(open_source(str(source)))


def ingest(
    source: DS,
    out: str | Path,
    *,
    map: Mapping[str, str] | None = None,
    set: Mapping[str, str] | None = None,
    rows: int | None = None,
    seed: int = 0,
    config: Mapping[str, Any] | None = None,
    shard_rows: int = 2_000,
    quarantine_bad: bool = False,
    think_opened: bool = False,
    workers: int | None = None,
    executor: str = "local",
) -> Rows:
    """Read a plain file, a hub dataset or a task into a dataset (`r1 ingest`).

    Args:
        source: a JSONL, JSON, CSV or Parquet file, a dataset, `hf:org/name`, `reasoning-gym:TASK` or `pack:NAME`.
        out: the dataset to write.
        map: name in the schema → column of the file, `{"prompt": "question", "truth": "answer"}` say.
        set: column → the value that every row gets.
        rows: rows to generate, for `reasoning-gym:TASK` and packs only.
        seed: seed of what is generated; a file's rows do not depend on it.
        config: settings of a reasoning-gym task.
        shard_rows: rows in a shard.
        quarantine_bad: quarantine the rows of a file that cannot be taken, instead of refusing the file for them.
        think_opened: whether the prompts of all responses ended in `<think>`: the tag is put back.
        workers: processes; by default the cores. The result does not depend on it.
        executor: `local`, `ray` or `ray://HOST:PORT`. The result does not depend on it.

    Returns:
        The rows of `out`, of the widest schema that the columns fill: prompts, or samples where there is a `response`.

    Raises:
        UserError: the file is unreadable, empty, or lacks a column of `map`; `out` holds something else.
        RowsLost: rows were quarantined, with `quarantine_bad`; all others are committed.

    Examples:
        >>> prompts = ingest("questions.jsonl", "prompts", map={"prompt": "question", "truth": "answer"})
        >>> prompts.schema, len(prompts)
        ('prompt', 2)
    """
    from r1data.data.references import silent
    from r1data.exchange import ingest as library

    generated = library.GeneratedRows(rows, seed, config or {})
    with silent():
        library.ingest(
            _uri(source),
            str(out),
            rename=map,
            constant=set,
            shard_rows=shard_rows,
            quarantine_bad=quarantine_bad,
            think_opened=think_opened,
            generated=generated,
            workers=workers,
            executor=executor,
        )
    return read(out)


def sample(
    source: DS,
    out: str | Path,
    *,
    model: str | Path,
    n: int = 16,
    temperature: float = 1.0,
    top_p: float = 1.0,
    top_k: int = 0,
    max_tokens: int | None = None,
    seed: int = 0,
    template: str = "auto",
    system: str | None = None,
    thinking: Literal["on", "off"] | None = None,
    engine: str = "auto",
    until: int | None = None,
    options: EngineOptions | None = None,
) -> Rows:
    """Sample responses to prompts (`r1 sample`).

    Args:
        source: prompts.
        out: the dataset to write.
        model: a model's folder, a hub id, or `miniature:base`; with the engine `openai` the name that is served.
        n: responses a prompt.
        temperature: 0 is greedy; 1.0 is the paper's.
        top_p: draw from the likeliest tokens that hold this share of the probability.
        top_k: draw from this many of the likeliest tokens; 0 is all.
        max_tokens: tokens of a response at most, thoughts included; by default 32,768, or what a prompt leaves of the
            model's positions.
        seed: each response's own seed follows from it, the prompt's id and the response's number.
        template: `auto` (the model's chat template, else `r1-zero`), `r1-zero`, `chat`, `plain` or `server`.
        system: system prompt for rows that have none.
        thinking: turns the thoughts of a model that thinks on request on or off, by its chat template's switch.
        engine: `auto`, `transformers`, `vllm`, `openai` or the engine of another package.
        until: verify while sampling, and stop for a prompt that has this many correct responses.
        options: what of the machine may be used, and the endpoints of servers.

    Returns:
        The rows of `out`: samples, or verified samples with `until`.

    Raises:
        UserError: the model, the template or the source cannot be used; `out` holds something else.
        RowsLost: rows have no response; what came is committed, and a second call asks for the others again.

    Examples:
        >>> prompts = ingest("questions.jsonl", "prompts", map={"prompt": "question", "truth": "answer"})
        >>> samples = sample(prompts, "samples", model="miniature:base", n=2, max_tokens=16, template="plain")
        >>> len(samples), next(iter(samples))["model"]
        (4, 'miniature:base')
    """
    from r1data.data.references import silent
    from r1data.data.source import open_source
    from r1data.engines.base import MAX_TOKENS, Sampling
    from r1data.sampling.sample import refuse_failed
    from r1data.sampling.sample import sample as library
    from r1data.sampling.until import StoppingRule

    rule = None if until is None else StoppingRule.of(until, n)
    sampling = Sampling(temperature, top_p, top_k, max_tokens or MAX_TOKENS)
    length_given = max_tokens is not None
    plan = _plan(
        model,
        n,
        sampling,
        options,
        engine,
        seed=seed,
        template=template,
        system=system,
        thinking=thinking,
        until=rule,
        length_given=length_given,
    )
    with silent():
        refuse_failed(library(open_source(_uri(source)), str(out), plan, options))
    return read(out)


def verify(
    source: DS,
    out: str | Path,
    *,
    verifier: str | None = None,
    time_limit: float = 5.0,
    replay: bool = False,
    scores: bool = False,
    lenient: bool = False,
    judging: Judging | None = None,
    workers: int | None = None,
    executor: str = "local",
) -> Rows:
    """Give every response a verdict (`r1 verify`).

    Args:
        source: samples: rows with a `response`, and a `truth` for most verifiers.
        out: the dataset to write.
        verifier: for rows that name none; `math` by default.
        time_limit: seconds for one answer; what takes longer gets the verdict `timeout`.
        replay: grade rows again that have a verdict, and keep the old one in `verdict_before`.
        scores: add the column `scores`, JSON with what a verifier measured on the way.
        lenient: take the one number of a sentence ("Tom has 12 apples.") for an answer.
        judging: a model that decides rows whose verifier is `judge`.
        workers: processes; by default the cores. The result does not depend on it.
        executor: `local`, `ray` or `ray://HOST:PORT`. The result does not depend on it.

    Returns:
        The rows of `out`: those of `source` with `verdict`, `score`, `extracted` and the other columns of the schema
        `verified`; `rows.summary` counts the verdicts.

    Raises:
        UserError: the rows have no responses, the verifier is unknown, or `out` holds something else.
        RowsLost: rows could not be processed and were quarantined; all others are committed.

    Examples:
        >>> verified = verify("responses.jsonl", "verified")
        >>> [(row["verdict"], row["extracted"]) for row in verified]
        [('correct', '12'), ('incorrect', '14')]
    """
    from r1data.data.references import silent
    from r1data.data.source import open_source
    from r1data.verifiers import table

    plan = table.VerifyPlan(
        time_limit, verifier, replay=replay, scores=scores, judging=judging, lenient=lenient
    )
    opened = open_source(_uri(source), "sample", verifier=verifier)
    with silent():
        table.run(opened, str(out), plan, workers=workers, executor=executor)
    return read(out)


def filter(
    source: DS,
    out: str | Path,
    *,
    verdict: Literal["correct", "checkable", "any"] = "correct",
    format: Literal["r1", "r1-zero", "any"] = "r1",
    think_opened: bool = False,
    dropped: str | Path | None = None,
    skip: Sequence[str] = (),
    limits: Mapping[str, float] | None = None,
    workers: int | None = None,
    executor: str = "local",
) -> Rows:
    """Keep the samples worth training on; verify first what has no verdict (`r1 filter`).

    Args:
        source: samples, verified or not.
        out: the dataset of the rows that are kept.
        verdict: keep `correct` responses; `checkable`: also rows that have neither a verifier nor a truth; `any`.
        format: the tags that a response must have: `r1` (think), `r1-zero` (think and answer) or `any`.
        think_opened: whether the prompts wrote the `<think>` of their responses.
        dropped: a dataset for the other rows, each with its `drop_reasons`.
        skip: filters to leave out.
        limits: other thresholds by name, `{"paragraph": 3000}` say.
        workers: processes; by default the cores. The result does not depend on it.
        executor: `local`, `ray` or `ray://HOST:PORT`. The result does not depend on it.

    Returns:
        The rows of `out`; `rows.summary` counts the dropped rows by reason.

    Raises:
        UserError: an unknown filter or limit; the rows have no responses; `out` holds something else.
        RowsLost: rows could not be processed and were quarantined; all others are committed.

    Examples:
        >>> kept = filter("responses.jsonl", "kept", dropped="dropped")
        >>> [row["answer"] for row in kept]
        ['The answer is 12.']
        >>> [row["drop_reasons"] for row in read("dropped")]
        [['incorrect']]
    """
    from r1data.data.references import silent
    from r1data.data.source import open_source
    from r1data.filters.registry import parse_limits
    from r1data.selection import filtering

    settings = [f"{name}={value}" for name, value in (limits or {}).items()]
    thresholds = parse_limits(settings, format, think_opened=think_opened)
    with silent():
        filtering.run(
            open_source(_uri(source), "sample"),
            str(out),
            keep=verdict,
            dropped=None if dropped is None else str(dropped),
            limits=thresholds,
            skip=tuple(skip),
            workers=workers,
            executor=executor,
        )
    return read(out)


def build(
    sources: DS | Sequence[DS],
    out: str | Path,
    *,
    max_per_prompt: int | None = None,
    policy: Literal["shortest", "random", "diverse", "all"] = "random",
    quotas: Mapping[str, int] | None = None,
    near: float = 0.7,
    decontaminate: Sequence[str | Path] = (),
    ngram: int = 10,
    boilerplate: Sequence[str | Path] = (),
    licenses: Sequence[str] = (),
    validation: float = 0.02,
    test: float = 0.0,
    seed: int = 0,
    dropped: str | Path | None = None,
    workers: int | None = None,
    executor: str = "local",
    scratch: str | Path | None = None,
) -> Rows:
    """Build the SFT set: deduplicated, decontaminated, within quotas, split by prompt (`r1 build`).

    Args:
        sources: kept samples and other conversations, one or several.
        out: the set to write; a dataset card comes with it.
        max_per_prompt: samples of one prompt at most; all by default.
        policy: which samples of a prompt go in.
        quotas: rows at most by `domain` or `domain:language`; what has none keeps all.
        near: share of common word runs from which two responses are copies; above 1 for exact copies only.
        decontaminate: evaluation files, datasets or benchmarks' names; what shares `ngram` words in a row with one is
            left out.
        ngram: words in a row that count as shared with an evaluation.
        boilerplate: text files of instructions, one a line, whose words do not count as shared.
        licenses: take rows with these licences only; any by default.
        validation: share of the prompts in the validation split, 0 to 1.
        test: share of the prompts in the test split, 0 to 1.
        seed: seed of the draws and of the split.
        dropped: a dataset for what is left out, each row with its reasons.
        workers: processes; by default the cores. The result does not depend on it.
        executor: `local`, `ray` or `ray://HOST:PORT`. The result does not depend on it.
        scratch: folder for intermediate files, about as large as the inputs; by default inside `out`.

    Returns:
        The rows of `out`, of schema `sft`.

    Raises:
        UserError: no example is left, an option is out of its range, or `out` holds something else.
        RowsLost: rows could not be processed and were quarantined; all others are committed.

    Examples:
        >>> kept = filter("responses.jsonl", "kept")
        >>> sft = build(kept, "sft", validation=0)
        >>> [message["role"] for message in next(iter(sft))["messages"]]
        ['user', 'assistant']
    """
    from r1data.data.dataset import Dataset
    from r1data.data.references import silent
    from r1data.data.rows import Rows
    from r1data.data.source import open_source
    from r1data.evaluation.benchmarks import compared_questions
    from r1data.exchange.card import keep_card
    from r1data.selection import build as library
    from r1data.selection.mixture import Mixture

    several: Sequence[DS] = [sources] if isinstance(sources, str | Path | Rows) else sources
    mixture = Mixture(
        max_per_prompt, policy, quotas or {}, validation, test, near, tuple(licenses), ngram, seed
    )
    with silent():
        library.run(
            [open_source(_uri(source), "sample", "sft") for source in several],
            str(out),
            mixture=mixture,
            decontaminate=[compared_questions(str(file)) for file in decontaminate],
            boilerplate=list(map(str, boilerplate)),
            dropped=None if dropped is None else str(dropped),
            workers=workers,
            executor=executor,
            scratch=None if scratch is None else str(scratch),
        )
        keep_card(Dataset(str(out)))
    return read(out)


def train_sft(
    source: DS, out: str | Path, *, model: str | Path, settings: SftSettings | None = None
) -> Trained:
    """Fine-tune a model on the rows of an SFT set whose split is train (`r1 train-sft`).

    Args:
        source: rows of schema `sft`.
        out: the checkpoint folder to write.
        model: a model's folder, a hub id or `miniature:base`.
        settings: learning rate, epochs and the rest; by default the paper's.

    Returns:
        The run: `out`, its folder; `was_finished`, whether it was finished before; `manifest`, what it did.

    Raises:
        UserError: settings that do not fit together, a model or rows that cannot be used, other settings into the
            same folder.

    Examples:
        >>> from r1data.training.settings import SftSettings
        >>> sft = build(filter("responses.jsonl", "kept"), "sft", validation=0)
        >>> trained = train_sft(
        ...     sft, "actor", model="miniature:base",
        ...     settings=SftSettings(epochs=1, batch_size=1, max_tokens=256, threads=1),
        ... )
        >>> trained.manifest["finished"], (trained.out / "model.safetensors").exists()
        (True, True)
    """
    from r1data.training.settings import SftSettings

    return _train("train-sft", source, ("sft",), out, model, settings or SftSettings())


def make_pairs(
    source: DS,
    out: str | Path,
    *,
    judge: JudgeSettings,
    aspect: Literal["helpfulness", "harmlessness"] = "helpfulness",
    pointwise: bool = False,
    gap: float = 1.0,
    dropped: str | Path | None = None,
    workers: int | None = None,
    executor: str = "local",
) -> Rows:
    """Make preference pairs of samples, or mark each safe or unsafe (`r1 make-pairs`).

    Args:
        source: samples, several a prompt.
        out: the dataset to write.
        judge: who compares; `votes` is an even number, 4 in the paper.
        aspect: what is compared.
        pointwise: mark single responses in a column `label`, for harmlessness.
        gap: the mean scores, from 1 to 10, must differ by more.
        dropped: a dataset for the responses that are in no pair, each with `pair_reason`.
        workers: processes; one where the judge is loaded here.
        executor: `local`, `ray` or `ray://HOST:PORT`.

    Returns:
        The pairs, rows of schema `preference`; with `pointwise` the samples with `label`.

    Raises:
        UserError: arguments that do not fit together, a judge that cannot be loaded or reached.

    Examples:
        The judge of this example knows the miniature world alone.

        >>> import json, threading
        >>> from pathlib import Path
        >>> from r1data.engines.base import EngineOptions
        >>> from r1data.training.miniature import judge
        >>> from r1data.verifiers.judge.asking import JudgeSettings
        >>> server = judge.open_server()
        >>> threading.Thread(target=server.serve_forever, daemon=True).start()
        >>> options = EngineOptions(endpoints=(f"http://127.0.0.1:{server.server_address[1]}",))
        >>> texts = ("first 4, then 9. ", "first 4, then 8. ")
        >>> rows = [json.dumps({"prompt": "Compute 4, 9.", "response": text}) for text in texts]
        >>> _ = Path("answers.jsonl").write_text("\\n".join(rows))
        >>> settings = JudgeSettings(judge.NAME, "openai", votes=4, cache=False, options=options)
        >>> [(row["chosen"], row["chosen_score"]) for row in make_pairs("answers.jsonl", "pairs", judge=settings)]
        [('first 4, then 9.', 10.0)]
        >>> server.shutdown()
    """
    from r1data.data.references import silent
    from r1data.data.source import open_source
    from r1data.sampling.preferences import run
    from r1data.sampling.preferences.pairs import PairSettings

    guidelines = run.read_guidelines(None) if aspect == "harmlessness" else ""
    with silent():
        run.run(
            open_source(_uri(source), "sample"),
            str(out),
            PairSettings(aspect, gap, guidelines=guidelines),
            judge,
            pointwise=pointwise,
            dropped=None if dropped is None else str(dropped),
            workers=workers,
            executor=executor,
        )
    return read(out)


def train_rm(
    source: DS, out: str | Path, *, model: str | Path, settings: RewardModelSettings | None = None
) -> Trained:
    """Train a reward model on pairs, or on responses labelled safe or unsafe (`r1 train-rm`).

    Args:
        source: rows of schema `preference`, or samples with a column `label`.
        out: the checkpoint folder to write.
        model: a model's folder, a hub id or `miniature:base`.
        settings: `reads` ("helpful" or "safety"), learning rate and the rest; by default the paper's.

    Returns:
        The run: `out`, its folder; `was_finished`, whether it was finished before; `manifest`, what it did, with
        `held_out_figures` in its summary.

    Raises:
        UserError: settings that do not fit together, a model or rows that cannot be used, other settings into the
            same folder.

    Examples:
        >>> import json
        >>> from pathlib import Path
        >>> from r1data.training.settings import RewardModelSettings
        >>> rows = [{"prompt": f"{n}+1=", "chosen": f"\\\\boxed{{{n + 1}}}", "rejected": str(n)} for n in range(8)]
        >>> _ = Path("preferences.jsonl").write_text("\\n".join(map(json.dumps, rows)))
        >>> small = RewardModelSettings(batch_size=4, held_out=0.25, max_tokens=64, threads=1)
        >>> trained = train_rm("preferences.jsonl", "helpful", model="miniature:base", settings=small)
        >>> trained.manifest["summary"]["form"], trained.manifest["finished"]
        ('pairs', True)
    """
    from r1data.training.settings import RewardModelSettings

    return _train("train-rm", source, ("preference", "sample"), out, model, settings or RewardModelSettings())


def train_grpo(
    source: DS, out: str | Path, *, model: str | Path, settings: GrpoSettings | None = None
) -> Trained:
    """Train a model by GRPO on prompts with a verifiable answer (`r1 train-grpo`).

    Args:
        source: prompts with `truth` and `verifier`.
        out: the checkpoint folder to write.
        model: a model's folder, a hub id or `miniature:base`.
        settings: steps, rewards, learning rate and the rest; by default the paper's, which are for a cluster.

    Returns:
        The run: `out`, its folder; `was_finished`, whether it was finished before; `manifest`, what it did.

    Raises:
        UserError: settings that do not fit together, a model or rows that cannot be used, other settings into the
            same folder.

    Examples:
        >>> from r1data.training.settings import GrpoSettings
        >>> prompts = ingest("questions.jsonl", "prompts", map={"prompt": "question", "truth": "answer"})
        >>> small = GrpoSettings(steps=1, generations=2, prompts_per_step=2, steps_per_rollout=1, beta=0,
        ...                      max_tokens=8, template="plain", threads=1)
        >>> train_grpo(prompts, "zero", model="miniature:base", settings=small).manifest["finished"]
        True
    """
    from r1data.training.settings import GrpoSettings

    return _train("train-grpo", source, ("prompt",), out, model, settings or GrpoSettings())


def distill(
    source: DS, out: str | Path, *, student: str, settings: SftSettings | OnPolicySettings | None = None
) -> Trained:
    """Distil an SFT set into a student, or let teachers score its own responses (`r1 distill`).

    Args:
        source: rows of schema `sft`; with `OnPolicySettings` also prompts.
        out: the checkpoint folder to write.
        student: `qwen2.5-1.5b` or another of the paper's students, a folder, a hub id or `miniature:student`.
        settings: used as they are, the learning rate too; by default the paper's for this student. `OnPolicySettings`
            for on-policy distillation, with its `teachers` by domain (`{"": "teacher"}` is one for all).

    Returns:
        The run: `out`, its folder; `was_finished`, whether it was finished before; `manifest`, what it did.

    Raises:
        UserError: an unknown student, settings that do not fit together, rows that cannot be used, other settings into
            the same folder.

    Examples:
        >>> from r1data.training.settings import SftSettings
        >>> sft = build(filter("responses.jsonl", "kept"), "sft", validation=0)
        >>> small = SftSettings(epochs=1, batch_size=1, max_tokens=256, lr=1e-3, threads=1)
        >>> distill(sft, "student", student="miniature:student", settings=small).manifest["finished"]
        True
    """
    from r1data.training import students
    from r1data.training.settings import OnPolicySettings

    student_model = students.find(student)
    chosen = settings or students.settings_of(student_model)
    schemas = ("prompt", "sft") if isinstance(chosen, OnPolicySettings) else ("sft",)
    return _train("distill", source, schemas, out, student_model.base, chosen)


def evaluate(
    source: DS,
    out: str | Path,
    *,
    model: str | Path,
    k: int | None = None,
    temperature: float | None = None,
    top_p: float | None = None,
    top_k: int = 0,
    max_tokens: int | None = None,
    seed: int = 0,
    template: str | None = None,
    system: str | None = None,
    thinking: Literal["on", "off"] | None = None,
    engine: str = "auto",
    options: EngineOptions | None = None,
) -> Scores:
    """Evaluate a model: pass@1, pass@k and cons@k with standard errors (`r1 eval`).

    What is None is the benchmark's; without a benchmark it is the paper's.

    Args:
        source: prompts with `truth` and `verifier`, or a benchmark: `aime24`, or `aime24=FILE` with its questions in
            a file.
        out: the dataset of verified samples to write.
        model: a model's folder, a hub id or `miniature:base`; with the engine `openai` the name that is served.
        k: responses a prompt; the paper takes 4 to 64, and 16 is the default.
        temperature: 0.6 is the paper's; 0 is greedy.
        top_p: draw from the likeliest tokens that hold this share of the probability; 0.95 is the paper's.
        top_k: draw from this many of the likeliest tokens; 0 is all.
        max_tokens: tokens of a response at most, thoughts included; 32,768 is the paper's.
        seed: each response's own seed follows from it, the prompt's id and the response's number.
        template: as for `sample`.
        system: system prompt for rows that have none.
        thinking: turns the thoughts of a model that thinks on request on or off, by its chat template's switch.
        engine: as for `sample`.
        options: what of the machine may be used, and the endpoints of servers.

    Returns:
        `scores.measures["pass@1"]` holds `value` (0 to 1), `error` (standard error over prompts) and `prompts`;
        `scores.verdicts` counts the samples, `scores.unknown` those that nobody could judge.

    Raises:
        UserError: the model, the template or the source cannot be used, or there is no such benchmark; `out` holds
            something else.
        RowsLost: rows have no response; what came is committed, and a second call asks for the others again.

    Examples:
        >>> prompts = ingest("questions.jsonl", "prompts", map={"prompt": "question", "truth": "answer"})
        >>> scores = evaluate(prompts, "scores", model="miniature:base", k=2, max_tokens=16, template="plain")
        >>> scores.prompts, scores.samples, 0 <= scores.measures["pass@1"].value <= 1
        (2, 4, True)
    """
    from r1data.data.references import silent
    from r1data.engines.base import Sampling
    from r1data.evaluation import benchmarks
    from r1data.evaluation.evaluate import Evaluation
    from r1data.evaluation.evaluate import evaluate as measure
    from r1data.sampling.sample import refuse_failed

    opened, benchmark = benchmarks.open_evaluation(_uri(source))
    open_settings = {
        "temperature": temperature,
        "top_p": top_p,
        "max_tokens": max_tokens,
        "template": template,
    }
    protocol = benchmarks.settings_of(benchmark, open_settings)
    sampling = Sampling(protocol["temperature"], protocol["top_p"], top_k, protocol["max_tokens"])
    k = k or benchmarks.responses_of(benchmark)
    plan = _plan(
        model,
        k,
        sampling,
        options,
        engine,
        seed=seed,
        template=protocol["template"],
        system=system,
        length_given=max_tokens is not None,
        thinking=thinking,
    )
    one = Evaluation(_uri(source), opened, str(out), plan, benchmark)
    with silent():
        (measured,) = measure([one], options)
    refuse_failed(measured.summary)
    return measured.scores


def _uri(source: DS) -> str:
    """The place that a `DS` argument names."""
    return str(source) if isinstance(source, str | Path) else source.uri


def _plan(
    model: str | Path, n: int, sampling: Sampling, options: EngineOptions | None, engine: str, **others: Any
) -> SamplingPlan:
    """What decides the rows of `sample` and `evaluate`; endpoints mean an engine whose models are served."""
    from r1data.engines.base import EngineOptions, at_endpoints
    from r1data.sampling.plan import SamplingPlan

    engine_options = options or EngineOptions()
    return SamplingPlan(
        str(model),
        n,
        sampling,
        engine=at_endpoints(engine, engine_options.endpoints),
        dtype=engine_options.dtype,
        max_model_len=engine_options.max_model_len,
        tokenizer=engine_options.tokenizer,
        **others,
    )


def _train(
    command: str,
    source: DS,
    schemas: tuple[str, ...],
    out: str | Path,
    model: str | Path,
    settings: Settings,
) -> Trained:
    """A training run, as its command begins or resumes it."""
    from r1data.training import launch

    rows = launch.read_rows(_uri(source), *schemas)
    return launch.run(
        rows, model=model, out=Path(out), settings=settings, command=command, parents=rows.parents()
    )
