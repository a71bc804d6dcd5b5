"""Model folders: from a name to weights and a tokenizer.

A name is a folder, a hub id (`org/name`, `hf:org/name`) or one of the two models that ship with the miniature recipe
(`miniature:base`, `miniature:student`). Only safetensors are read, and a model's own code is never run.

Not here: training, saving, quantised formats. None of this is from the paper.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from r1data.data.resources import resource
from r1data.engines.model_config import check_sizes, positions, refuse_too_large
from r1data.engines.model_files import (
    CHAT_TEMPLATES,
    OTHER_FILES,
    TOKENIZER_FILES,
    check_files,
    check_folder,
    check_quantisation,
    check_tokenizer_config,
    describe,
    is_failure,
    model_error,
    read_json,
    read_tensors,
    refuse_missing_weights,
    tokenizer_error,
)
from r1data.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

Device = Literal["auto", "cpu", "cuda"]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]

Head = Literal["words", "score", "new-score"]

SHIPPED = ("base", "student")
SCORE_HEADS = frozenset({"score.weight", "classifier.weight", "classifier.bias"})
"""Weights of the heads that transformers puts on a model to score texts."""
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")
SMALL_FILES = ["*.json", "*.jinja", "*.txt", "*.model"]
HUB_FILES = [*SMALL_FILES, "*.safetensors"]
EDGE = 1 << 20


def resolve_model(name: str | Path) -> Path | str:
    """The folder that a name means, or the hub id (`org/name`) where no such folder is there. Uses no
    network.

    Raises UserError for a folder that is missing or holds no model, and for an unknown `miniature:` name.
    """
    text = str(name)
    if text.startswith("miniature:"):
        which = text.removeprefix("miniature:")
        if which not in SHIPPED:
            raise UserError(
                f"no model miniature:{which}; choose one of {', '.join(f'miniature:{s}' for s in SHIPPED)}"
            )
        return check_folder(resource("recipes") / "miniature" / which)
    if text.startswith("hf:"):
        hub_id = text.removeprefix("hf:")
        if not HUB_ID.fullmatch(hub_id):
            raise UserError(f"{text}: not a hub id; write hf:organisation/model")
        return hub_id
    if Path(text).exists() or not HUB_ID.fullmatch(text):
        return check_folder(Path(text))
    return text


def local_folder(name: str | Path) -> Path:
    """The folder that holds a model's files; a hub model is downloaded into the hub's cache first.

    Raises UserError as `resolve_model` does, and for a hub model that cannot be reached.
    """
    folder = resolve_model(name)
    return folder if isinstance(folder, Path) else check_folder(_download(folder, HUB_FILES))


def tokenizer_folder(name: str | Path) -> Path:
    """The folder that holds a model's tokenizer, with its weights beside it or not; of a hub model only the small
    files are downloaded.

    Raises UserError as `local_folder` does, but not where weights or config.json are missing.
    """
    text = str(name)
    if Path(text).is_dir() and any((Path(text) / file).is_file() for file in TOKENIZER_FILES):
        check_files(Path(text))
        return Path(text)
    folder = resolve_model(name)
    if isinstance(folder, Path):
        return folder
    downloaded = _download(folder, SMALL_FILES)
    check_files(downloaded)
    return downloaded


def load_tokenizer(name: str | Path) -> PreTrainedTokenizerBase:
    """The tokenizer as the model's files define it.

    `tokenizer.json` is loaded as it stands: `AutoTokenizer` picks a class by the model's architecture, and
    for Qwen2 that class splits numbers whatever the file says, so that a model would read other tokens than
    it was trained on.
    """
    from r1data.engines.model_checks import try_tokenizer

    folder = tokenizer_folder(name)
    if not any((folder / file).is_file() for file in TOKENIZER_FILES):
        raise UserError(f"{folder}: no tokenizer.json; copy the tokenizer's files beside the model's weights")
    check_tokenizer_config(folder)
    try_tokenizer(folder)
    try:
        return read_tokenizer(folder)
    except BaseException as error:
        if not is_failure(error):
            raise
        raise tokenizer_error(folder, error) from error


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a folder, without any check. Raises what transformers raises."""
    from transformers import AutoTokenizer, PreTrainedTokenizerFast

    if not (folder / "tokenizer.json").is_file():
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        return tokenizer
    # None for arguments that its config sets to files elsewhere, which would be read, or copied with the tokenizer
    config = read_json(folder, "tokenizer_config.json")
    elsewhere: dict[str, Any] = {name: None for name in OTHER_FILES if config.get(name) is not None}
    loaded: PreTrainedTokenizerBase = PreTrainedTokenizerFast.from_pretrained(
        folder, trust_remote_code=False, **elsewhere
    )
    if config.get("add_bos_token") is True:
        _add_first_token(loaded)
    return loaded


def _add_first_token(tokenizer: PreTrainedTokenizerBase) -> None:
    """Make a tokenizer put its first token in front of texts, as its config says and its tokenizer.json, alone, does
    not: transformers 5 reads `add_bos_token` no more, which DeepSeek-V3 rests on. Saving the tokenizer keeps it."""
    first = tokenizer.bos_token_id
    if first is None or first in tokenizer("", verbose=False)["input_ids"]:
        return
    tokenizer.add_bos_token = True  # which sets the post-processor too


def load_model(
    name: str | Path,
    dtype: Dtype = "auto",
    device: Device = "auto",
    edit: Callable[[PreTrainedConfig], PreTrainedConfig] = lambda config: config,
    *,
    machines: int = 1,
    head: Head = "words",
    **options: Any,
) -> PreTrainedModel:
    """The weights, ready to run (`eval` mode).

    `auto` means a GPU where there is one, there the type the weights were saved in, and float32 on a CPU. `edit` gets
    the folder's config and gives the one to build the model with. `machines` load a part each. With `device_map` or
    `distributed_config` among `options`, further arguments of `from_pretrained`, the weights stay where these put them.
    `head`: `words` for a language model, `score` for one that gives a number for a text; `new-score` makes one of a
    language model, whose head is drawn at random.
    """
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
    from transformers.quantizers.auto import AUTO_QUANTIZATION_CONFIG_MAPPING
    from transformers.utils import logging

    logging.disable_progress_bar()
    # what goes wrong is raised; beside it transformers logs the whole config
    logging.set_verbosity(logging.CRITICAL)
    folder, device = local_folder(name), pick_device(device)
    check_quantisation(folder, AUTO_QUANTIZATION_CONFIG_MAPPING)
    if dtype == "auto" and device == "cpu":
        dtype = "float32"
    if device == "cpu":
        refuse_too_large(folder, read_tensors(folder), 4 if dtype == "float32" else None, machines)
    try:
        config = edit(check_defaults(folder))
        kind: Any = AutoModelForCausalLM if head == "words" else AutoModelForSequenceClassification
        model, info = kind.from_pretrained(
            folder,
            config=config,
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
            **options,
        )
        placed = options.keys() & {"device_map", "distributed_config"}
        loaded: PreTrainedModel = (model if placed else model.to(device)).eval()
    except BaseException as error:
        if not is_failure(error) or isinstance(error, UserError):
            raise
        raise model_error(folder, error) from error
    # transformers only warns of them, and fills them with random numbers
    missing = set(info["missing_keys"])
    if head == "score" and missing & SCORE_HEADS:
        raise UserError(f"{folder}: a language model, not a reward model; make one of it with `r1 train-rm`")
    refuse_missing_weights(folder, missing - SCORE_HEADS if head == "new-score" else missing)
    return loaded


def check_defaults(folder: Path) -> PreTrainedConfig:
    """The folder's config. Raise UserError where it claims more than the weights hold by what it leaves out: the
    defaults of an architecture are the sizes of a large model. Raises what transformers raises for a config that it
    cannot read.
    """
    from transformers import AutoConfig

    config: PreTrainedConfig = AutoConfig.from_pretrained(
        folder, trust_remote_code=False, local_files_only=True
    )
    check_sizes(folder, config.to_dict(), read_tensors(folder))
    return config


def pick_device(device: Device) -> Literal["cpu", "cuda"]:
    """`auto` is a GPU where there is one."""
    import torch

    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


def effective_dtype(name: str | Path, dtype: Dtype) -> str:
    """The type that the engines here give a model's weights: `auto` is float32 on a CPU, the checkpoint's own on a GPU
    ("auto" where its config names none)."""
    if dtype != "auto":
        return dtype
    if pick_device("auto") == "cpu":
        return "float32"
    config = read_json(tokenizer_folder(name), "config.json")
    saved = config.get("dtype") or config.get("torch_dtype")
    return saved if isinstance(saved, str) else "auto"


def stop_ids(name: str | Path, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """The token ids that end a response: the tokenizer's and those of the model's two config files.

    Raises UserError where a config has something else in their place.
    """
    folder = tokenizer_folder(name)
    ids: set[int] = set() if tokenizer.eos_token_id is None else {tokenizer.eos_token_id}
    for file in _CONFIGS:
        value = read_json(folder, file).get("eos_token_id")
        numbers = value if isinstance(value, list) else [] if value is None else [value]
        if not all(type(number) is int and abs(number) < 1 << 31 for number in numbers):
            raise UserError(
                f"{folder / file}: eos_token_id is no token's number, nor a list of such; mend the file"
            )
        ids.update(numbers)
    return frozenset(ids)


def context_length(name: str | Path) -> int | None:
    """The longest sequence, in tokens, that the model has positions for; None where its config says nothing.

    Raises UserError where the config has something else than a number there.
    """
    folder = tokenizer_folder(name)
    return positions(read_json(folder, "config.json"), folder / "config.json")


def tokens_without_weights(name: str | Path, tokenizer: PreTrainedTokenizerBase) -> int | None:
    """The first token id of the tokenizer that the model has no weights for; None where it has them for all."""
    config = read_json(tokenizer_folder(name), "config.json")
    size = config.get("vocab_size")
    last = max(tokenizer.get_vocab().values(), default=0)
    return size if type(size) is int and last >= size else None


def fingerprint(name: str | Path) -> str:
    """A digest (16 hex digits) that changes when a model is trained again: of its config and tokenizer, and
    of the
    size, first and last MiB of each weights file, since hashing all of a large model takes minutes."""
    folder = local_folder(name)
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.name in ("config.json", "tokenizer.json")):
        digest.update(path.read_bytes())
    for path in sorted(folder.glob("*.safetensors")):
        size = path.stat().st_size
        with path.open("rb") as file:
            digest.update(f"{path.name}\0{size}\0".encode() + file.read(EDGE))
            file.seek(max(0, size - EDGE))
            digest.update(file.read(EDGE))
    return digest.hexdigest()[:16]


def tokenizer_fingerprint(name: str | Path) -> str:
    """A digest (16 hex digits) of a tokenizer and its chat template."""
    folder, digest = tokenizer_folder(name), hashlib.sha256()
    more_templates = sorted(
        f"{CHAT_TEMPLATES}/{path.name}" for path in (folder / CHAT_TEMPLATES).glob("*.jinja")
    )
    for file in (*TOKENIZER_FILES, "tokenizer_config.json", "chat_template.jinja", *more_templates):
        if (folder / file).is_file():
            digest.update(f"{file}\0".encode() + (folder / file).read_bytes())
    return digest.hexdigest()[:16]


_CONFIGS = ("generation_config.json", "config.json")


def _download(hub_id: str, files: list[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(hub_id, allow_patterns=files))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        why = describe(error)
        raise UserError(
            f"{hub_id}: no such folder, and no such model from the hub ({why}); check the name"
        ) from error
