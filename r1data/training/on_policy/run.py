"""A run of on-policy distillation: checks before it, prompts and teachers prepared, training, the folder that is left.

The order of prompts over the whole run is drawn beforehand, and each step has a seed of its own, so that a run which
was interrupted ends in the same weights: bit for bit on a CPU with the transformers engine and teachers in folders. A
server does not promise the same log-probabilities twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.data.records import Record
from r1data.engines.models import context_length, load_model, load_tokenizer, stop_ids
from r1data.engines.template_facts import set_end_token
from r1data.engines.templates import default_template
from r1data.errors import UserError
from r1data.training.evaluation import prompts as eval_prompts
from r1data.training.evaluation import student
from r1data.training.evaluation.prompts import EvalPrompts
from r1data.training.examples import prepared
from r1data.training.examples.provenance import Provenance
from r1data.training.loop import callbacks, runtime
from r1data.training.models import adapters, context, loading, room, strategies
from r1data.training.models.strategies import Strategy
from r1data.training.on_policy import teachers
from r1data.training.on_policy.prompts import KINDS, Prompts
from r1data.training.on_policy.served import ServedTeacher
from r1data.training.output import checkpoint
from r1data.training.rollouts import generating
from r1data.training.settings import OnPolicySettings
from r1data.training.settings.specs import is_address

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

PROMPTS = "prompts.arrow"
BETA = {"reverse-kl": 1.0, "jsd": 0.5}
"""TRL's `beta`."""
METRIC = {"reverse-kl": "reverse_kl", "jsd": "jsd"}


def check(settings: OnPolicySettings) -> None:
    """Raise UserError where settings do not fit this machine."""
    strategies.check_machine(settings)
    adapters.check(settings)
    eval_prompts.check(settings)
    student.check_strategy(settings, settings.strategy)
    generating.check_engine(settings)


def prepare(
    rows: Iterable[Record], model: str | Path, run: checkpoint.TrainingRun, settings: OnPolicySettings
) -> dict[str, Any]:
    """Write the prompts (rows of the `prompt` or the `sft` schema) as token ids into the run's folder.

    Returns what is trained on, in numbers. Raises UserError for prompts that cannot be used, and for teachers that
    cannot score this student's tokens or do not fit.
    """
    teachers.refuse_too_large(Path(model), settings)
    tokenizer = load_tokenizer(model)
    models = teachers.roster(settings).models
    sizes = [teachers.shared_vocabulary(model, teacher) for teacher in settings.other_models()]
    own = teachers.rows_of(model)
    served = _ask_servers(model, settings)
    template = settings.template or default_template(tokenizer)
    prompts = Prompts(settings, template, tokenizer, min([own, *sizes]))
    evaluated = EvalPrompts(settings)
    origin = Provenance()
    answered = ((PROMPTS, row) for row in prompts.all(evaluated.passing(origin.rows(rows))))
    counts = prepared.write_arrow({PROMPTS: run.work / PROMPTS}, answered, KINDS)
    origin.write(run, rows)
    contexts = {name: length for name, (_, length) in served.items()}
    contexts |= {str(name): context_length(name) for name in settings.other_models()}
    contexts[str(model)] = room.available(Path(model), settings)
    _check_positions(prompts.longest, contexts, settings)
    return {
        "steps": settings.steps,
        "prompts": counts[PROMPTS],
        "domains": dict(sorted(prompts.domains.items())),
        **evaluated.write(model, run, template, tokenizer, settings.max_tokens),
        **student.planned_sampling(settings, settings.max_tokens),
        "teachers": {name: served[name][0] if name in served else "" for name in models},
        "vocabulary": min([own, *sizes]),
        **room.in_summary(Path(model), settings),
    }


def train(
    model: str | Path, run: checkpoint.TrainingRun, settings: OnPolicySettings, summary: dict[str, Any]
) -> dict[str, Any]:
    """Train the student on its own responses and publish it into the run's folder.

    Returns the manifest (empty in all processes but the main one). Raises UserError where training diverges, or a
    served teacher is gone or has been replaced by another.
    """
    loading.set_threads(settings.threads)
    strategy = strategies.of(summary, settings)
    student.check_strategy(settings, strategy.strategy)
    trl = generating.import_engine(settings)
    from r1data.training.on_policy.trainer import OnPolicyTrainer

    tokenizer = load_tokenizer(model)
    set_end_token(tokenizer, settings.template or default_template(tokenizer))
    tokenizer.padding_side = "left"  # prompts end where responses begin, whatever their lengths
    roster = teachers.roster(settings)
    ends = _ends(model, tokenizer, settings)
    context.lengthen(tokenizer, Path(model), settings)
    options = arguments(run, settings, strategy)
    connected = strategies.training_arguments(trl.DistillationConfig, options, strategy)
    loaded = loading.trainable(model, settings, strategy)
    suppressed = _suppressed(loaded, summary["vocabulary"])
    if suppressed and settings.engine == "transformers":
        connected.generation_kwargs = {"suppress_tokens": suppressed}  # never sampled
    with generating.engine(
        "trl.trainer.distillation_trainer", settings, ends, run.work / "engine", suppressed
    ):
        trainer = strategies.trainer_class(OnPolicyTrainer, strategy)(
            model=loaded,
            args=connected,
            train_dataset=in_order(prepared.read_arrow(run.work / PROMPTS), settings),
            processing_class=tokenizer,
            peft_config=adapters.config_of(settings, loaded),
            teachers=[_teacher(name, settings, summary) for name in roster.models],
            names=[_domains(number, roster) for number in range(len(roster.models))],
            vocabulary=summary["vocabulary"],
            ends=ends,
            verify_seconds=settings.verify_seconds,
            divergence=METRIC[settings.loss],
        )
    generating.connect(trainer)
    if settings.lora:
        adapters.in_float32(trainer.model)
    evaluation = student.evaluation(trainer, model, run, settings, tokenizer, summary, ends)
    kept = evaluation.best_step if evaluation else lambda: None
    metrics = runtime.train(trainer, run, settings, strategy, "distill", kept)
    if evaluation is not None:
        evaluation.load_best()
        summary = summary | evaluation.summary()
    # A student that learns from its teacher how to end a response ends it so wherever it is loaded.
    trainer.accelerator.unwrap_model(trainer.model).generation_config.eos_token_id = ends
    public = {key: value for key, value in summary.items() if key not in ("teachers", "vocabulary")}
    return runtime.finish(trainer, run, settings, tokenizer, metrics, public | tokens(run, settings))


def arguments(run: checkpoint.TrainingRun, settings: OnPolicySettings, strategy: Strategy) -> dict[str, Any]:
    """The settings as TRL's arguments."""
    size = settings.fitting_micro_batch()
    shared = runtime.shared_arguments(run, settings, settings.steps, strategy)
    return shared | {
        "per_device_train_batch_size": size,
        "gradient_accumulation_steps": settings.sequences // (size * settings.processes),
        "max_completion_length": settings.max_tokens,
        "temperature": settings.temperature,
        "beta": BETA[settings.loss],
        "shuffle_dataset": False,  # `in_order` has drawn the order
        **generating.engine_arguments(settings, prepared.longest(run.work / PROMPTS, "prompt")),
    }


def in_order(prompts: Dataset, settings: OnPolicySettings) -> Dataset:
    """Every prompt of the run in the order of its steps, each as often as it is answered."""
    order = prepared.order(len(prompts), settings.steps * settings.prompts_per_step, settings.seed)
    return prompts.select([number for number in order for _ in range(settings.generations)])


def tokens(run: checkpoint.TrainingRun, settings: OnPolicySettings) -> dict[str, int]:
    """What a run cost: the tokens that the student generated, each of which is trained on."""
    rows = callbacks.read_metrics(run.metrics)
    return {
        "generated_tokens": round(
            sum(row.get("completions/mean_length", 0) for row in rows) * settings.sequences
        )
    }


def _ask_servers(model: str | Path, settings: OnPolicySettings) -> dict[str, tuple[str, int | None]]:
    """By address of a served teacher: the digest of its vocabulary, and its context."""
    tokenizer = load_tokenizer(model)
    replies = {}
    for address in teachers.addresses(settings):
        teacher = ServedTeacher(address, settings.teacher_top_k)
        teacher.probe(tokenizer("1 + 1 = 2", add_special_tokens=False)["input_ids"])
        replies[address] = (f"{teacher.served} {teacher.digest(tokenizer, str(model))}", teacher.context)
    return replies


def _teacher(name: str, settings: OnPolicySettings, summary: dict[str, Any]) -> Any:
    """A model to score with, or a server."""
    if not is_address(name):
        model = load_model(name)
        model.requires_grad_(False)
        return model
    teacher = ServedTeacher(name, settings.teacher_top_k)
    begun_with = str(summary["teachers"][name]).partition(" ")[0]
    if teacher.served != begun_with:
        raise UserError(
            f"teacher {teacher.url} serves {teacher.served}, and this run was begun with {begun_with}; serve that, or "
            "give a new folder"
        )
    return teacher


def _ends(model: str | Path, tokenizer: PreTrainedTokenizerBase, settings: OnPolicySettings) -> list[int]:
    """Token ids that end a response: the student's, and those by which a teacher ends its own."""
    ends = stop_ids(model, tokenizer).union(*(stop_ids(name, tokenizer) for name in settings.other_models()))
    if tokenizer.eos_token_id is None or not ends:
        raise UserError(
            f"{tokenizer.name_or_path}: its tokenizer has no end-of-text token (eos_token), which ends a response; "
            "set it in tokenizer_config.json"
        )
    return [tokenizer.eos_token_id, *sorted(ends - {tokenizer.eos_token_id})]


def _suppressed(student: Any, vocabulary: int) -> list[int]:
    """Padding rows of the student's head, for which a teacher has no embedding."""
    return list(range(vocabulary, student.get_output_embeddings().weight.shape[0]))


def _domains(number: int, roster: teachers.Roster) -> str:
    """The name of a teacher among the metrics: its domains'."""
    return "+".join(sorted(domain or "other" for domain, one in roster.by_domain.items() if one == number))


def _check_positions(longest: int, contexts: dict[str, int | None], settings: OnPolicySettings) -> None:
    """Raise UserError where the longest prompt and response go beyond what a model reads."""
    for name, length in contexts.items():
        # A server generates one token behind what it scores.
        room = length - is_address(name) if length else None
        if room is not None and longest + settings.max_tokens > room:
            most = room - longest
            advice = f"--max-tokens {most}" if most > 0 else "shorter prompts"
            needed = longest + settings.max_tokens
            raise UserError(
                f"{name}: reads {length:,} tokens, and the longest prompt has {longest:,}, its response up to "
                f"--max-tokens {settings.max_tokens:,}; give {advice}, or more positions: --context {needed} "
                "extends a student's"
            )
