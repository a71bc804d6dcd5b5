"""Compares a model's config.json with the weights beside it, before anything of that size is built.

A config may claim any size, and building what it claims takes time and memory: a layer needs tensors of its own, and
each weight of it some bits in the files. What claims more than the files can hold is refused; all bounds are ours, and
far above what published models need. Wrong but small claims are left to the library, which compares every shape.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from r1data.data.text import one_line
from r1data.engines.weights import BITS, Tensor
from r1data.errors import UserError

LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
HIDDEN = ("hidden_size", "n_embd", "d_model")
HEADS = ("num_attention_heads", "n_head", "num_heads")
EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")
KEYS = ("num_key_value_heads", "head_dim", "intermediate_size", "n_inner", "ffn_dim", "moe_intermediate_size")
CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "max_sequence_length", "max_seq_len")
STRETCHED = ("linear", "dynamic")
"""Kinds of RoPE scaling whose configs keep the positions from before it; those of all others are after it."""
ALREADY_STRETCHED = ("gemma3", "gemma3_text")
"""Model types that are published with a linear factor and the positions after it, as vLLM notes of them."""
WIDTHS = (*HIDDEN, *HEADS, *EXPERTS, *KEYS, "vocab_size")
FEW = 4_096
"""Numbers of parts, of kinds not named above, that need no tensors to show for them."""
LABELS = 100_000
"""Most classes, which a config writes out one by one. Ours."""
ATTENTION = ("eager", "sdpa", "flash_attention_2", "flash_attention_3")
"""What a config may choose; others are compiled, or fetched from a hub and run."""
PACKED = 16
"""How many weights of a quantised model one number in its files may hold."""
LARGEST = 1 << 53
"""The largest integer that may stand in a config at all."""
_NO_COUNT = re.compile(
    "len|pos|context|ctx|label|class|token|max|window|chunk|cache|param|id$|seed|step|epoch"
)
_ATTENTION = ("attn_implementation", "_attn_implementation", "_attn_implementation_internal", "attn_config")
BELONG = "give a folder whose config.json and weights belong together"


def check_config(folder: Path, config: Mapping[str, Any], tensors: Sequence[Tensor]) -> None:
    """Raise UserError where the config claims more than the weights hold, or names files and code elsewhere."""
    for part in _parts(config):
        _refuse_other_code(folder, part)
    check_sizes(folder, config, tensors)
    for key in ("vocab_size", *CONTEXT_KEYS):
        value = config.get(key)
        if value is not None and (type(value) is not int or value < 1):
            raise UserError(
                f"{folder}: config.json has {key} {one_line(repr(value), 40)}, not a whole number above 0; {BELONG}"
            )
    _check_heads(folder, config)


def positions(config: Mapping[str, Any], place: str | Path) -> int | None:
    """The longest sequence, in tokens, that a model has positions for; None where its config does not say, as of models
    that need none (ALiBi, NoPE).

    YaRN, LongRoPE and Llama 3 count their factor into `max_position_embeddings`; linear and dynamic scaling do not, and
    it is multiplied with here (as transformers 5 and vLLM 0.32 read configs). A sliding window bounds what a token
    attends to, not positions.

    Args:
        config: the content of config.json, of this or older versions of transformers.
        place: the file, for errors.

    Raises:
        UserError: the config has something else than numbers there.
    """
    part = language_part(config)
    key = next((key for key in CONTEXT_KEYS if part.get(key)), None)
    if key is None:
        return None
    if type(part[key]) is not int or not 0 < part[key] < LARGEST:
        raise UserError(f"{place}: {key} is not a whole number above 0; mend the file")
    rope = rope_parameters(part)
    if rope_type(rope) not in STRETCHED or config.get("model_type") in ALREADY_STRETCHED:
        return int(part[key])
    factor = rope.get("factor")
    if isinstance(factor, bool) or not isinstance(factor, (int, float)) or not 1 <= factor <= FEW:
        raise UserError(
            f"{place}: its RoPE is {rope_type(rope)} with factor {one_line(repr(factor), 40)}, which is no number from "
            f"1 to {FEW:,}; mend the file"
        )
    return int(part[key] * factor)


def language_part(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of a config that describes the language model: of one that also sees or hears, its `text_config`."""
    inner = config.get("text_config")
    return inner if isinstance(inner, dict) and not any(config.get(key) for key in CONTEXT_KEYS) else config


def rope_parameters(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """How a model rotates by position: `rope_parameters` of transformers 5, or `rope_scaling` and `rope_theta` of those
    before. Where layers differ, those of full attention. Empty where the config has none.
    """
    for key in ("rope_parameters", "rope_scaling"):
        parameters = part.get(key)
        if isinstance(parameters, dict):
            inner = parameters.get("full_attention")
            rotation = inner if isinstance(inner, dict) else parameters
            theta = part.get("rope_theta")
            return rotation if theta is None else {"rope_theta": theta, **rotation}
    return {} if part.get("rope_theta") is None else {"rope_theta": part["rope_theta"]}


def rope_type(rope: Mapping[str, Any]) -> str:
    """`default`, or how the rotation is scaled."""
    return str(rope.get("rope_type") or rope.get("type") or "default")


def check_sizes(folder: Path, config: Mapping[str, Any], tensors: Sequence[Tensor]) -> None:
    """Raise UserError where a config, as its file has it or with a library's defaults, claims more than the weights
    hold."""
    bounds = _Bounds(folder, tensors, "quantization_config" in config)
    for part in _parts(config):
        for key, value in part.items():
            for number in value if isinstance(value, list) else [value]:
                bounds.check(str(key), number)
        bounds.check_products(part)


def refuse_too_large(
    folder: Path, tensors: Sequence[Tensor], bytes_each: int | None, machines: int = 1
) -> None:
    """Raise UserError where weights take more than this machine's whole memory.

    Args:
        folder: the model's.
        tensors: its weights.
        bytes_each: bytes of a number once it is loaded; None as it lies in the file.
        machines: those that share them, a part each.
    """
    size = sum(t.elements * (bytes_each or BITS[t.dtype] / 8) for t in tensors) / machines
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if size > memory:
        raise UserError(
            f"{folder}: does not fit into memory: its weights take {size / 2**30:,.1f} GiB and this machine has "
            f"{memory / 2**30:,.1f}; take a smaller model"
        )


class _Bounds:
    """What a model's files can hold, against which numbers of its config are held."""

    def __init__(self, folder: Path, tensors: Sequence[Tensor], quantised: bool) -> None:
        self.folder = folder
        self.tensors = len(tensors)
        self.widest = max((size for tensor in tensors for size in tensor.shape), default=0)
        self.experts = sum(t.shape[0] for t in tensors if len(t.shape) > 2)
        elements, self.bits = sum(t.elements for t in tensors), 8 * sum(t.end - t.begin for t in tensors)
        self.weights = self.bits if quantised else elements

    def check(self, key: str, value: Any) -> None:
        """One number of the config, by its name."""
        if type(value) is not int:
            return
        if abs(value) > LARGEST and (key in CONTEXT_KEYS or not _NO_COUNT.search(key)):
            self._refuse(f"has {key} {_short(value)}, which no model has")
        if key in LAYERS and value < 1:
            self._refuse(f"has {key} {value}")
        if key == "num_labels" and value > LABELS:
            self._refuse(f"has {key} {_short(value)}, over the limit of {LABELS}")
        if "layer" in key and value > max(self.tensors, FEW if key not in LAYERS else 0):
            self._refuse(f"has {key} {_short(value)}, and its weights have {self.tensors} tensors")
        if key in WIDTHS and value > PACKED * self.widest:
            self._refuse(
                f"has {key} {_short(value)}, and no tensor of its weights is larger than {self.widest}"
            )
        is_count = key.startswith(("num_", "n_")) and key not in WIDTHS and not _NO_COUNT.search(key)
        if is_count and value > max(FEW, self.tensors, self.widest):
            self._refuse(f"has {key} {_short(value)}, and its weights have {self.tensors} tensors")

    def check_products(self, part: Mapping[str, Any]) -> None:
        """Sizes that are each possible, and not together."""
        layers, hidden, experts = _first(part, LAYERS), _first(part, HIDDEN), _first(part, EXPERTS)
        if hidden and (layers or 1) * hidden * hidden > self.weights:
            self._refuse(f"has {layers or 1} layers of hidden_size {hidden}, more than its weights hold")
        if hidden and (_first(part, ("vocab_size",)) or 0) * hidden > self.weights:
            self._refuse(
                f"has vocab_size {part['vocab_size']} and hidden_size {hidden}, more than its weights hold"
            )
        inner = _first(part, ("intermediate_size", "n_inner", "ffn_dim"))
        if layers and hidden and inner and layers * hidden * inner > 2 * self.weights:
            self._refuse(f"has {layers} layers of intermediate_size {inner}, more than its weights hold")
        if layers and experts and layers * experts > max(self.tensors, self.experts, FEW):
            self._refuse(f"has {layers} layers of {experts} experts, more than its weights hold")

    def _refuse(self, fault: str) -> None:
        raise UserError(f"{self.folder}: config.json {fault}; {BELONG}")


def _parts(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The config and the configs in it, however deep; with a stack of its own, so that depth is no matter."""
    waiting: list[Any] = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting += value.values()
        elif isinstance(value, list):
            waiting += [item for item in value if isinstance(item, (dict, list))]


def _refuse_other_code(folder: Path, part: Mapping[str, Any]) -> None:
    """Kernels by name are fetched from a hub and run; weights by another name lie elsewhere."""
    for key in _ATTENTION:
        names = part.get(key)
        for name in names.values() if isinstance(names, dict) else [names]:
            if name is not None and name not in ATTENTION:
                raise UserError(
                    f"{folder}: config.json wants code from elsewhere to run it ({key} {one_line(str(name), 80)!r}); "
                    f"remove {key} from it"
                )
    name = part.get("transformers_weights")
    if name is not None and (not isinstance(name, str) or not name.startswith("model") or "/" in name):
        raise UserError(
            f"{folder}: config.json names other weights ({one_line(str(name), 80)!r}); "
            "remove transformers_weights from it"
        )


def _check_heads(folder: Path, config: Mapping[str, Any]) -> None:
    """Raise UserError where heads and groups of heads do not divide."""
    heads, hidden, groups = _first(config, HEADS), _first(config, HIDDEN), config.get("num_key_value_heads")
    if heads and hidden and not config.get("head_dim") and "qk_head_dim" not in config and hidden % heads:
        shares_width = not any("head_dim" in key for key in config)
        if shares_width:
            raise UserError(f"{folder}: config.json has {heads} heads for hidden_size {hidden}; {BELONG}")
    if heads and type(groups) is int and (groups < 1 or heads % groups):
        raise UserError(
            f"{folder}: config.json has num_key_value_heads {_short(groups)} for {heads} heads; {BELONG}"
        )


def _first(part: Mapping[str, Any], keys: Sequence[str]) -> int | None:
    """The first of the keys that has a whole number above 0."""
    return next((part[key] for key in keys if type(part.get(key)) is int and part[key] > 0), None)


def _short(number: int) -> str:
    return str(number) if abs(number) < 1 << 60 else f"of {number.bit_length()} bits"
