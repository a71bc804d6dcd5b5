"""Checks a model folder before anything is loaded, and explains failures to load it.

A folder may come from a stranger. Files are read, never run: what is checked here is where links lead, what kinds of
files lie there, how large they are, what an index names, what the headers of the weights say (`engines.weights`) and
whether the config fits them (`engines.model_config`). A link may lead to another file of the folder, and in the hub's
cache, where every file is a link, to the blobs of the same repository; anywhere else it is refused, since the weights,
and their fingerprint, would be another model's.

Every fault is one `UserError` that says what to do next. Names of models and loading itself are not here
(`engines.models`).
"""

import functools
import importlib.util
import json
import os
import stat
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from r1data.data.text import one_line
from r1data.engines.model_config import check_config
from r1data.engines.weights import BadHeader, Tensor, read_header
from r1data.errors import UserError

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")
WEIGHTS_INDEX = "model.safetensors.index.json"
ADAPTER = "adapter_config.json"
CHAT_TEMPLATES = "additional_chat_templates"
"""The folder in which a tokenizer has chat templates beside its first one."""
AGAIN = "download or copy it again from the model's source"
LARGEST_VOCABULARY, LARGEST_JSON, LARGEST_TEMPLATE = 128 << 20, 32 << 20, 1 << 20
"""Bytes. A tokenizer of 262,144 tokens has 33 MB, the index of a model of 70,000 tensors 8 MB. Ours."""
OTHER_FILES = ("vocab_file", "merges_file", "gguf_file", "spm_file", "tokenizer_object", "vocab", "merges")
"""Arguments of a tokenizer that its config may hold, and that are never taken from there."""
_VOCABULARIES = ("tokenizer.json", "vocab.json", "tokenizer.model", "merges.txt", "vocab.txt", "tekken.json")
_NEVER_FOLDERS = (".json", ".jinja", ".safetensors")
"""Endings of files that loaders open: a folder of such a name, or of a vocabulary's, is refused."""
_MESSAGE = 300
"""Most characters of a library's complaint in ours."""


def check_folder(folder: Path) -> Path:
    """`folder`, which holds a config and whole safetensors weights. Raises UserError where it does not."""
    if folder.suffix == ".gguf" and folder.is_file():
        raise UserError(f"{folder}: a GGUF file, and {_gguf_remedy(folder.parent, folder.name)}")
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such model folder; give a folder, hf:organisation/model or miniature:base"
        )
    check_files(folder)
    if (folder / ADAPTER).exists() and any(folder.glob("*.safetensors")):
        raise UserError(f"{folder}: {_ADAPTER_REMEDY}")
    if not any(folder.glob("*.safetensors")):
        raise UserError(f"{folder}: {_without_weights(folder)}")
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder}: {_without_config(folder)}")
    config = read_json(folder, "config.json")
    for file in ("generation_config.json", "tokenizer_config.json"):
        read_json(folder, file)
    _check_index(folder)
    check_config(folder, config, read_tensors(folder))
    return folder


def check_files(folder: Path) -> None:
    """Raise UserError where a file of the folder is a link out of it, no file at all, or too large to be read."""
    roots = _roots(folder)
    for entry in _entries(folder):
        name, path = entry.name, Path(entry.path)
        if entry.is_symlink():
            target = Path(os.path.realpath(path))
            if not any(target.is_relative_to(root) for root in roots):
                raise UserError(
                    f"{folder}: {name} is a link out of the folder, to {target}; copy the files that you trust: "
                    f"cp -rL {folder} NEW"
                )
            if not target.exists():
                raise UserError(f"{folder}: {name} is a link to nothing; {AGAIN}")
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UserError(f"{folder}: {name} is {_kind(status.st_mode)}, not a file; remove it")
        limit = _limit(path)
        if limit is not None and status.st_size > limit:
            raise UserError(
                f"{path}: {status.st_size:,} bytes, and files like it are read up to {limit:,}; {AGAIN}"
            )


def check_tokenizer_config(folder: Path) -> None:
    """Raise UserError where a tokenizer's config wants files from outside the folder, or arguments of its own."""
    config = read_json(folder, "tokenizer_config.json")
    has_tokenizer = (folder / "tokenizer.json").is_file()
    keys = ("fast_tokenizer_files", "init_inputs", *(() if has_tokenizer else OTHER_FILES))
    for key in keys:
        value = config.get(key)
        for name in value if isinstance(value, list) else [value]:
            if name and (key == "init_inputs" or not isinstance(name, str) or Path(name).name != name):
                raise UserError(
                    f"{folder / 'tokenizer_config.json'}: {key} is {one_line(str(value), 80)!r}, "
                    f"which is no file of the folder; remove {key} from it"
                )


def read_tensors(folder: Path) -> list[Tensor]:
    """All tensors of a folder's weights files, from their headers. Raises UserError where a header is broken."""
    tensors: list[Tensor] = []
    for path in sorted(folder.glob("*.safetensors")):
        try:
            status = path.stat()
            tensors += _header(path, status.st_size, status.st_mtime_ns)
        except BadHeader as error:
            raise UserError(f"{folder}: {path.name} {error}; {AGAIN}") from error
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror}); {AGAIN}") from error
    return tensors


@functools.lru_cache(1_024)
def _header(path: Path, size: int, changed: int) -> list[Tensor]:
    """The header of a file of that size and time of change: a command asks for a model's folder several times."""
    return read_header(path)


def read_json(folder: Path, file: str) -> dict[str, Any]:
    """A JSON file of a model folder; empty where there is none. Raises UserError where it is no JSON object."""
    path = folder / file
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON ({one_line(str(error), _MESSAGE)}); {AGAIN}") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {AGAIN}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: a {type(content).__name__}, not a JSON object; {AGAIN}")
    return content


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    """What loaders may read of a folder: its own files, what has a file's name, and the chat templates in their folder.
    Other folders in it (runs, caches, other formats) are never looked into."""
    templates: list[os.DirEntry[str]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == CHAT_TEMPLATES:
                    templates.append(entry)
                elif (
                    entry.name.endswith(_NEVER_FOLDERS)
                    or entry.name in _VOCABULARIES
                    or not _is_folder(entry)
                ):
                    yield entry
        for entry in templates:
            if entry.is_symlink() or not entry.is_dir():
                yield entry
            else:
                with os.scandir(entry.path) as entries:
                    yield from entries
    except OSError as error:
        raise UserError(
            f"{folder}: cannot be read ({error.strerror}); give a folder that you may read"
        ) from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads back to itself
        return False


def _roots(folder: Path) -> list[Path]:
    """Where links of the folder may lead: within it, and in the hub's cache to the repository's blobs."""
    real = Path(os.path.realpath(folder))
    return [real, *([real.parents[1] / "blobs"] if real.parent.name == "snapshots" else [])]


def _kind(mode: int) -> str:
    kinds = {stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder"}
    return kinds.get(stat.S_IFMT(mode), "a device")


def _limit(path: Path) -> int | None:
    if path.name in _VOCABULARIES:
        return LARGEST_VOCABULARY
    return {".json": LARGEST_JSON, ".jinja": LARGEST_TEMPLATE, ".txt": LARGEST_JSON}.get(path.suffix)


def template_writes_date(folder: Path) -> bool:
    """Whether a chat template among the model's files asks for today's date."""
    template = folder / "chat_template.jinja"
    texts = [template.read_text("utf-8", "replace")] if template.is_file() else []
    texts.append(str(read_json(folder, "tokenizer_config.json").get("chat_template") or ""))
    return any("strftime_now" in text for text in texts)


def _check_index(folder: Path) -> None:
    """Raise UserError where the index names anything but safetensors files that lie in the folder."""
    index = read_json(folder, WEIGHTS_INDEX).get("weight_map")
    if index is None and not (folder / WEIGHTS_INDEX).is_file():
        return
    if not isinstance(index, dict) or not all(isinstance(name, str) for name in index.values()):
        raise UserError(f"{folder / WEIGHTS_INDEX}: no weight_map from tensors to files; {AGAIN}")
    files = sorted(set(index.values()))
    for name in files:
        if Path(name).name != name or not name.endswith(".safetensors"):
            raise UserError(
                f"{folder / WEIGHTS_INDEX}: names {one_line(name, 80)!r}, no safetensors file of this folder; {AGAIN}"
            )
    missing_files = [name for name in files if not (folder / name).is_file()]
    if missing_files:
        raise UserError(
            f"{folder}: {missing_files[0]} is missing ({len(missing_files)} of {len(files)} weights files are); {AGAIN}"
        )


def tokenizer_error(folder: Path, error: BaseException) -> UserError:
    """Why a folder's tokenizer cannot be loaded."""
    if isinstance(error, ImportError):
        return _missing_package(folder, error)
    name = next((name for name in TOKENIZER_FILES if (folder / name).is_file()), "tokenizer")
    read_json(folder, "tokenizer_config.json")
    return UserError(f"{folder / name}: not readable as a tokenizer ({describe(error)}); {AGAIN}")


def model_error(folder: Path, error: BaseException) -> UserError:
    """Why a folder's weights cannot be loaded, judged by the files where they tell and by the error where not."""
    if isinstance(error, ImportError):
        return _missing_package(folder, error)
    if "out of memory" in str(error).lower():
        return UserError(
            f"{folder}: does not fit into memory ({describe(error)}); free some, or take a smaller model"
        )
    if "ignore_mismatched_sizes" in str(error):
        return UserError(
            f"{folder}: cannot be loaded: its weights have other shapes than config.json says; "
            "take both files from the same model"
        )
    remedy = "check config.json, or take another model"
    if isinstance(error, ValueError) and "does not recognize this architecture" in str(error):
        remedy = "update transformers, or take a model of an architecture that it has"
    if "no file named" in str(error):
        remedy = "name the weights model.safetensors, or copy the index that belongs to them beside them"
    return UserError(f"{folder}: cannot be loaded as a language model: {describe(error)}; {remedy}")


QUANTISED_BY = {
    "awq": "gptqmodel",
    "gptq": "gptqmodel",
    "bitsandbytes": "bitsandbytes",
    "bitsandbytes_4bit": "bitsandbytes",
    "bitsandbytes_8bit": "bitsandbytes",
    "hqq": "hqq",
    "aqlm": "aqlm",
    "quanto": "optimum.quanto",
    "compressed-tensors": "compressed_tensors",
    "torchao": "torchao",
    "eetq": "kernels",
    "higgs": "flute",
    "spqr": "spqr_quant",
    "vptq": "vptq",
    "auto-round": "auto_round",
    "quark": "quark",
    "fp_quant": "fp_quant",
}
"""The module that transformers needs for a quantisation, by its name in a config. Others need none, or are unknown."""


def check_quantisation(folder: Path, methods: Collection[str] = (), *, training: bool = False) -> None:
    """Raise UserError where the weights are quantised by none of the `methods`, or by one whose package is missing,
    or, for `training`, at all.
    """
    config = read_json(folder, "config.json").get("quantization_config")
    if config is None:
        return
    method = config.get("quant_method") if isinstance(config, dict) else None
    if not isinstance(method, str):
        raise UserError(f"{folder}: config.json has a quantization_config without quant_method; {AGAIN}")
    shown = one_line(method, 40)
    if training:
        raise UserError(
            f"{folder}: quantised ({shown}), and training changes all weights; take the model without quantisation"
        )
    if method not in methods:
        raise UserError(
            f"{folder}: quantised in a way that transformers does not know ({shown}); take the model without "
            "quantisation, or sample it with `r1 sample --engine vllm`"
        )
    module = QUANTISED_BY.get(method)
    if module is not None and importlib.util.find_spec(module.partition(".")[0]) is None:
        raise _missing_package(folder, ImportError(f"{shown} needs {module}"))


def run_error(folder: str | Path, error: BaseException) -> UserError:
    """Why a model that was loaded cannot read its first token."""
    return UserError(
        f"{folder}: loaded, but cannot be run: {describe(error)}; check config.json, or take another model"
    )


def refuse_missing_weights(folder: Path, missing_keys: Collection[str]) -> None:
    """Raises UserError where the files lack weights of the model, which would be random numbers instead."""
    if missing_keys:
        raise UserError(
            f"{folder}: its files lack {len(missing_keys)} of the model's weights, such as {min(missing_keys)}; "
            "give a language model whose config.json and weights belong together"
        )


def is_failure(error: BaseException) -> bool:
    """True for an exception, and for a panic of a library in Rust, which Python does not count as one."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


def describe(error: BaseException) -> str:
    """The first sentence of an error without its full stop, as part of a line."""
    text = str(error).strip() or type(error).__name__
    if isinstance(error, KeyError):
        text = f"no {text}"
    return one_line(text.splitlines()[0].split(". ")[0].rstrip(".:; "), _MESSAGE)


def _missing_package(folder: Path, error: ImportError) -> UserError:
    remedy = "install it beside r1"
    if read_json(folder, "config.json").get("quantization_config"):
        remedy += ", take the model without quantisation, or sample it with `r1 sample --engine vllm`"
    return UserError(f"{folder}: needs a package that is not installed ({describe(error)}); {remedy}")


def _without_weights(folder: Path) -> str:
    gguf = sorted(path.name for path in folder.glob("*.gguf"))
    if gguf:
        return f"holds GGUF weights alone ({gguf[0]}), and {_gguf_remedy(folder, gguf[0])}"
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt*")):
        return (
            "no *.safetensors weights, and pickled ones are never loaded; convert them where you trust them: "
            f"AutoModelForCausalLM.from_pretrained({str(folder)!r}).save_pretrained('NEW')"
        )
    if not any(folder.iterdir()):
        return "empty; give the folder that training wrote, or hf:organisation/model"
    if not (folder / "config.json").is_file():
        return "no config.json, so not a model folder; give the folder that training wrote"
    return f"no *.safetensors weights; {AGAIN}"


def _without_config(folder: Path) -> str:
    return "no config.json, so not a model folder; give the folder that training wrote"


_ADAPTER_REMEDY = (
    "a LoRA adapter, whose model is another; merge the two (peft's merge_and_unload) and give that folder"
)


def _gguf_remedy(folder: Path, file: str) -> str:
    return (
        "only safetensors are loaded; take the model's safetensors release, convert it "
        f"(AutoModelForCausalLM.from_pretrained({str(folder)!r}, gguf_file={file!r}).save_pretrained('NEW'), and "
        f"AutoTokenizer likewise), or serve it (llama-server -m {folder / file}) and sample it there with "
        "`r1 sample --engine openai --endpoint URL`"
    )
