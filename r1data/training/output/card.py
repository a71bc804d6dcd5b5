"""The model card of a trained folder: README.md with the front matter that the hub reads.

What it says of the data comes from `provenance`, of the run from its request and summary. All values are literal text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from r1data.data.markdown import escape_markdown, license_matter, table
from r1data.data.secrets import redact, redact_all
from r1data.training.examples.provenance import UNSTATED

README = "README.md"
METHODS = {
    "train-grpo": "reinforcement learning (GRPO)",
    "distill": "distillation",
    "train-sft": "fine-tuning",
    "on-policy": "on-policy distillation",
    "reward-model": "reward modelling",
}
"""By the kind of training, else by the command."""
RUN_SETTINGS = (
    "lr", "schedule", "epochs", "steps", "batch_size", "prompts_per_step", "generations", "max_tokens", "context",
    "template", "date", "reads", "turns", "thinking", "lora", "rewards", "teachers", "loss", "beta", "epsilon",
    "epsilon_high", "overlong", "max_tokens_later", "resample_limit", "pool", "temperature", "seed",
)  # fmt: skip
"""Settings that say what was trained; the others say how it was executed."""
REWARD_MODEL = "reward-model"
MAX_VALUES = 20
"""Values that a table lists, the most frequent first; ours."""


def card(
    name: str,
    request: Mapping[str, Any],
    manifest: Mapping[str, Any],
    provenance: Mapping[str, Any],
    base_id: str | None = None,
    base_license: str | None = None,
) -> str:
    """The text of a card.

    Args:
        name: of the model's folder.
        request: of the run: `command`, `parameters`, `parents`.
        manifest: `summary`, `seconds`, `versions`, `last`.
        provenance: as `provenance.read` gives it.
        base_id: of the base on the hub, where it is from there.
        base_license: of the base, where it is known.
    """
    command, parameters = str(request["command"]), redact_all(dict(request["parameters"]))
    base = str(parameters.get("model"))
    method = METHODS.get(str(request.get("kind")), METHODS.get(command, command))
    rates = request.get("kind") == REWARD_MODEL
    parts = [
        _front_matter(base_id, base_license, "text-classification" if rates else "text-generation"),
        f"# {escape_markdown(name)}\n\nMade from {escape_markdown(base)} by {method} with `r1 {command}`.",
        table("Training", ("", ""), _run(request, parameters, manifest, base_license)),
        _data(provenance),
        *(
            table(f"Rows by {column}", (column, "rows"), _most_frequent(values))
            for column, values in (provenance.get("counts") or {}).items()
        ),
        _history(provenance),
        USE_REWARD_MODEL if rates else USE,
    ]
    return redact("\n\n".join(part for part in parts if part)) + "\n"


def _front_matter(base_id: str | None, base_license: str | None, task: str) -> str:
    import yaml

    matter = {
        **license_matter([base_license] if base_license else []),
        "library_name": "transformers",
        "pipeline_tag": task,
        **({"base_model": base_id} if base_id else {}),
        "tags": ["r1"],
    }
    return f"---\n{yaml.safe_dump(matter, sort_keys=False, allow_unicode=False)}---"


def _run(
    request: Mapping[str, Any],
    parameters: Mapping[str, Any],
    manifest: Mapping[str, Any],
    base_license: str | None,
) -> Iterator[tuple[object, object]]:
    yield "base", parameters.get("model")
    origins = request.get("parents") or [{}]
    yield "digest of the base", origins[-1].get("digest") or "unknown"
    yield "licence of the base", base_license or "not known here; look at the base's own card"
    for name in RUN_SETTINGS:
        if parameters.get(name) not in (None, "", {}, 0):
            yield (
                name.replace("_", " "),
                _teachers(parameters[name]) if name == "teachers" else _spelled(parameters[name]),
            )
    for name, value in dict(manifest.get("summary") or {}).items():
        if value not in (None, {}, []) and name not in parameters:
            yield name.replace("_", " "), _spelled(value)
    last = manifest.get("last") or {}
    for name in ("loss", "reward"):
        if name in last:
            yield f"last {name}", last[name]
    yield "seconds", manifest.get("seconds")
    yield "versions", _spelled(manifest.get("versions") or {})


def _teachers(by_domain: Mapping[str, str]) -> str:
    return ", ".join(f"{model} ({domain})" if domain else model for domain, model in by_domain.items())


def _spelled(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(str(_spelled(each)) for each in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_spelled(each)}" for key, each in value.items())
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _data(provenance: Mapping[str, Any]) -> str:
    """What is known of the rows as sentences."""
    sentences = []
    if digest := provenance.get("digest"):
        sentences.append(f"A set of {int(provenance['rows']):,} rows, digest {escape_markdown(digest)}.")
    decontamination = provenance.get("decontamination") or {}
    against = decontamination.get("against") or []
    if against:
        count = decontamination.get("dropped")
        left_out = f"; {int(count):,} rows were left out" if isinstance(count, int | float) else ""
        sentences.append(
            f"Decontaminated against {len(against)} evaluation sets by shared runs of "
            f"{escape_markdown(decontamination.get('ngram'))} words{left_out}. Digests of those sets: "
            + ", ".join(map(escape_markdown, against))
            + "."
        )
    elif provenance.get("digest"):
        sentences.append("Not decontaminated by `r1 build`, as far as its history can be read.")
    licenses = set((provenance.get("counts") or {}).get("license") or ())
    if not licenses - {UNSTATED}:
        sentences.append("The rows state no licence.")
    return "## Data\n\n" + " ".join(sentences)


def _most_frequent(values: Mapping[str, int]) -> Iterator[tuple[object, ...]]:
    ranked = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
    yield from ((value, f"{rows:,}") for value, rows in ranked[:MAX_VALUES])
    if rest := ranked[MAX_VALUES:]:
        yield f"{len(rest)} more", f"{sum(rows for _, rows in rest):,}"


def _history(provenance: Mapping[str, Any]) -> str:
    lines = provenance.get("history") or []
    return "\n".join(["## How the data was made", "", "The nearest step first.", "", *lines]) if lines else ""


USE = """## Use

```python
from transformers import AutoModelForCausalLM, AutoTokenizer

model, tokenizer = AutoModelForCausalLM.from_pretrained("."), AutoTokenizer.from_pretrained(".")
```

or `vllm serve .`. Sampling settings are in `generation_config.json`: temperature 0.6, top-p 0.95 (R1 3; greedy decoding
repeats itself). `metrics.jsonl` holds the run's curves, `r1.json` its settings and the digests of its inputs."""

USE_REWARD_MODEL = """## Use

```python
from r1data.training.reward_models.scoring import open_model

open_model("folder").score([("the prompt", "the response")])
```

or, of a server (`vllm serve . --runner pooling`), `open_model("http://localhost:8000")`; in `r1 train-grpo` it is named
by `--reward-model`. The score is that of the token which ends the response. Where the model was trained on labels it is
a probability; where it was trained on pairs, only differences between responses to one prompt mean something.
`metrics.jsonl` holds the run's curves, `r1.json` its settings and the digests of its inputs."""
