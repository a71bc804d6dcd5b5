"""Context surgery: more positions for a base that has fewer than its training needs, by changing its RoPE beforehand.

The paper's Qwen2.5-Math bases have 4,096 positions and are trained on 32,768 tokens; how is not said (R1 2.4). What is
known to work for a family stands in `context_families`, each with its source; for any other base the change is named by
`--rope`. What is written is `max_position_embeddings` and `rope_parameters`, which transformers and vLLM read. No
weight changes: the training that follows has to make them fit, and `position_loss` says whether it did.

Not here: windows of attention, absolute positions (nothing can be stretched there), interpolation at run time. Nothing
heavy is imported.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r1data.engines.model_config import LARGEST, language_part, positions, rope_parameters, rope_type
from r1data.engines.model_files import read_json
from r1data.errors import UserError
from r1data.training.models.context_families import FAMILIES, find_family, theta_of
from r1data.training.settings import OnPolicySettings, Settings
from r1data.training.settings.specs import parse_rope

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedTokenizerBase

FOR_PROMPTS = 1_024
"""Positions for prompts beside the responses of on-policy distillation. Ours."""
KINDS = ("default", "linear", "dynamic", "yarn")
"""RoPE scalings that `--rope` can start from; others hold factors of their own for each frequency."""


@dataclass(frozen=True)
class Extension:
    """The change that gives a base more positions.

    Attributes:
        before, after: positions.
        written: the new `max_position_embeddings`, which for linear and dynamic scaling stays as it was.
        rope: the new RoPE parameters.
        change: it in words.
        source: who is known to have done so.
    """

    before: int
    after: int
    written: int
    rope: Mapping[str, Any]
    change: str
    source: str

    def __str__(self) -> str:
        return f"{self.before:,} → {self.after:,} positions: {self.change} ({self.source})"


def read_config(folder: Path) -> dict[str, Any]:
    """A model folder's config.json."""
    return read_json(folder, "config.json")


def by_default(settings: Settings, config: Mapping[str, Any], place: str | Path) -> Settings:
    """The settings of a distillation: where its examples may be longer than the base has positions, and it is known how
    to extend the family, with `context` set to their length. Responses that leave no position for a prompt get
    `FOR_PROMPTS` more."""
    held = positions(config, place)
    on_policy = isinstance(settings, OnPolicySettings)
    if settings.context or settings.rope or held is None or settings.longest + on_policy <= held:
        return settings
    family = find_family(config, held)
    needed = settings.longest + (FOR_PROMPTS if on_policy else 0)
    return settings if family is None else replace(settings, context=min(needed, family.most))


def extension(config: Mapping[str, Any], settings: Settings, place: str | Path) -> Extension | None:
    """The change of a base that the settings ask for; None where they ask for none, or the base is long enough.

    Args:
        config: the content of its config.json.
        settings: of the training; `context` and `rope` are read.
        place: the base, for errors.

    Raises:
        UserError: it is not known how to extend the base, or it cannot be.
    """
    if settings.context is None and settings.rope is None:
        return None
    held, part = positions(config, place), language_part(config)
    rope = rope_parameters(part)
    if held is None or not part.get("max_position_embeddings") or not (rope or rotates(part)):
        raise UserError(
            f"{place}: its config.json has no RoPE that could be changed; leave out --context and --rope"
        )
    if settings.context is not None and settings.context <= held:
        return None
    if settings.rope is not None:
        return _named(part, held, settings.context, settings.rope, place)
    assert settings.context is not None
    if stretched := _reached_already(part, held, settings.context):
        return stretched
    family = find_family(config, held)
    if family is None:
        raise UserError(
            f"{place}: how its {held:,} positions are extended is not known ({_known()} are); add --rope, such as "
            f"--rope yarn={-(-settings.context // held)}, or lower --context and --max-tokens"
        )
    if settings.context > family.most:
        raise UserError(
            f"{place}: {family.name} is known to work up to {family.most:,} positions, not {settings.context:,}; lower "
            f"--context and --max-tokens to {family.most}, or add --rope to choose for yourself"
        )
    kind, value = parse_rope(family.rope)
    return _extended(part, held, settings.context, (kind, value), family.trained, f"as in {family.source}")


def of_folder(folder: Path, settings: Settings) -> Extension | None:
    """As `extension`, of a model's folder."""
    return extension(read_config(folder), settings, folder)


def surgery(config: PreTrainedConfig, settings: Settings) -> PreTrainedConfig:
    """The config to build the model with: `config`, or a copy that is changed as the settings ask.

    Raises UserError as `extension` does.
    """
    change = extension(config.to_dict(), settings, getattr(config, "name_or_path", "") or "the model")
    if change is None:
        return config
    edited = copy.deepcopy(config)
    language: Any = edited.get_text_config(decoder=True)
    language.max_position_embeddings = change.written
    if isinstance((language.rope_parameters or {}).get("full_attention"), dict):
        language.rope_parameters["full_attention"] = dict(change.rope)
    else:
        language.rope_parameters = dict(change.rope)
    return edited


def lengthen(tokenizer: PreTrainedTokenizerBase, folder: Path, settings: Settings) -> None:
    """Let a tokenizer's own limit, which is saved with it, be no shorter than the positions of the trained model."""
    change = of_folder(folder, settings)
    if change is not None and tokenizer.model_max_length < change.after:
        tokenizer.model_max_length = change.after


def _number(rope: Mapping[str, Any], key: str) -> float | None:
    """A number from 1 of RoPE's parameters; None for anything else."""
    value = rope.get(key)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and 1 <= value < LARGEST
    return value if is_number else None


def _known() -> str:
    return ", ".join(family.name for family in FAMILIES)


def rotates(part: Mapping[str, Any]) -> bool:
    """Whether a config without RoPE's parameters has it by its architecture."""
    from transformers import CONFIG_MAPPING

    name = part.get("model_type")
    if not isinstance(name, str) or name not in CONFIG_MAPPING:
        return False
    return hasattr(CONFIG_MAPPING[name], "rope_parameters")


def _reached_already(part: Mapping[str, Any], held: int, after: int) -> Extension | None:
    """The extension of a config that has YaRN, and fewer positions than its factor reaches: models' own docs add
    the one and leave the other as it was."""
    rope = rope_parameters(part)
    factor, trained = _number(rope, "factor"), _number(rope, "original_max_position_embeddings")
    if rope_type(rope) != "yarn" or factor is None or trained is None or after > factor * trained:
        return None
    change = f"its YaRN reaches {int(factor * trained):,}"
    return Extension(held, after, after, dict(rope), change, "as its config.json says")


def _named(part: Mapping[str, Any], held: int, after: int | None, spec: str, place: str | Path) -> Extension:
    """The extension that `--rope` names."""
    kind, value = parse_rope(spec)
    rope = rope_parameters(part)
    if rope_type(rope) not in KINDS:
        raise UserError(
            f"{place}: its RoPE is {rope_type(rope)}, which --rope cannot change; leave it and --context out, or take "
            "another base"
        )
    if rope_type(rope) not in ("default", kind):
        raise UserError(
            f"{place}: its RoPE is extended already ({rope_type(rope)}), which --rope {spec} cannot go on from; give "
            f"--rope {rope_type(rope)}=FACTOR, or another base"
        )
    if kind == "theta":
        if after is None:
            raise UserError(f"--rope {spec}: does not say how many positions there shall be; add --context")
        return _extended(part, held, after, (kind, value), held, "as --rope says")
    trained = int(part["max_position_embeddings"])
    if kind == "yarn":
        trained = int(_number(rope, "original_max_position_embeddings") or trained)
    reached = int(trained * (value or 1.0))
    if (after or reached) > reached or reached <= held:
        raise UserError(
            f"{place}: --rope {spec} reaches {reached:,} positions of {trained:,}, and {after or held + 1:,} are "
            f"needed; raise the factor to {-(-(after or held + 1) // trained)}"
        )
    return _extended(part, held, after or reached, (kind, value), trained, "as --rope says")


def _extended(
    part: Mapping[str, Any],
    held: int,
    after: int,
    rope: tuple[str, float | None],
    trained: int,
    source: str,
) -> Extension:
    """The extension by a kind of RoPE and its value: theta itself, or a factor (None: the one that is needed)."""
    kind, value = rope
    old = {key: entry for key, entry in rope_parameters(part).items() if key != "type"}
    theta = theta_of(old)
    if kind == "theta":
        assert value is not None
        parameters = {**old, "rope_type": rope_type(old), "rope_theta": value}
        return Extension(held, after, after, parameters, f"RoPE theta {theta:,.0f} → {value:,.0f}", source)
    factor = after / trained if value is None else value
    parameters = {**old, "rope_type": kind, "rope_theta": theta, "factor": factor}
    if kind == "yarn":
        parameters["original_max_position_embeddings"] = trained
        return Extension(
            held, after, after, parameters, f"YaRN with factor {factor:g} of {trained:,}", source
        )
    # transformers and vLLM multiply the factor with the positions that the config names
    reached, written = int(trained * factor), int(part["max_position_embeddings"])
    return Extension(held, reached, written, parameters, f"{kind} RoPE with factor {factor:g}", source)
