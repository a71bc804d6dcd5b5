"""Checks a model folder before anything is loaded, and explains failures to load it.

Every fault is one `UserError` that says what to do next. Names of models and loading itself are not here
(`engines.models`).
"""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from r1data.errors import UserError

TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json")
WEIGHTS_INDEX = "model.safetensors.index.json"
AGAIN = "download or copy it again from the model's source"


def check_folder(folder: Path) -> Path:
    """`folder`, which holds a config and whole safetensors weights. Raises UserError where it does not."""
    if folder.suffix == ".gguf" and folder.is_file():
        raise UserError(f"{folder}: a GGUF file, and {_gguf_remedy(folder.parent, folder.name)}")
    if not folder.is_dir():
        raise UserError(
            f"{folder}: no such model folder; give a folder, hf:organisation/model or miniature:base"
        )
    if not any(folder.glob("*.safetensors")):
        raise UserError(f"{folder}: {_without_weights(folder)}")
    if not (folder / "config.json").is_file():
        raise UserError(f"{folder}: {_without_config(folder)}")
    read_json(folder, "config.json")
    index = read_json(folder, WEIGHTS_INDEX).get("weight_map")
    files = sorted(set(index.values())) if isinstance(index, dict) else []
    missing_files = [name for name in files if not (folder / name).is_file()]
    if missing_files:
        raise UserError(
            f"{folder}: {missing_files[0]} is missing ({len(missing_files)} of {len(files)} weights files are); {AGAIN}"
        )
    return folder


def read_json(folder: Path, file: str) -> dict[str, Any]:
    """A JSON file of a model folder; empty where there is none. Raises UserError where it is no JSON object."""
    path = folder / file
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: not JSON ({error}); {AGAIN}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path}: a {type(content).__name__}, not a JSON object; {AGAIN}")
    return content


def tokenizer_error(folder: Path, error: Exception) -> UserError:
    """Why a folder's tokenizer cannot be loaded."""
    if isinstance(error, ImportError):
        return _missing_package(folder, error)
    name = next((name for name in TOKENIZER_FILES if (folder / name).is_file()), "tokenizer")
    read_json(folder, "tokenizer_config.json")
    return UserError(f"{folder / name}: not readable as a tokenizer ({describe(error)}); {AGAIN}")


def model_error(folder: Path, error: Exception) -> UserError:
    """Why a folder's weights cannot be loaded, judged by the files where they tell and by the error where not."""
    if isinstance(error, ImportError):
        return _missing_package(folder, error)
    if reason := _unreadable_weights(folder):
        return UserError(f"{folder}: {reason}; {AGAIN}")
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
    return UserError(f"{folder}: cannot be loaded as a language model: {describe(error)}; {remedy}")


def refuse_missing_weights(folder: Path, missing_keys: Collection[str]) -> None:
    """Raises UserError where the files lack weights of the model, which would be random numbers instead."""
    if missing_keys:
        raise UserError(
            f"{folder}: its files lack {len(missing_keys)} of the model's weights, such as {min(missing_keys)}; "
            "give a language model whose config.json and weights belong together"
        )


def describe(error: Exception) -> str:
    """The first sentence of an error without its full stop, as part of a line."""
    text = str(error).strip() or type(error).__name__
    if isinstance(error, KeyError):
        text = f"no {text}"
    return text.splitlines()[0].split(". ")[0].rstrip(".:; ")


def _missing_package(folder: Path, error: ImportError) -> UserError:
    remedy = "install it beside r1"
    if read_json(folder, "config.json").get("quantization_config"):
        remedy += ", take the model without quantisation, or sample it with `r1 sample --engine vllm`"
    return UserError(f"{folder}: needs a package that is not installed ({describe(error)}); {remedy}")


def _unreadable_weights(folder: Path) -> str | None:
    """The first weights file whose header does not fit its bytes, and why."""
    from safetensors import SafetensorError, safe_open

    for path in sorted(folder.glob("*.safetensors")):
        try:
            # reads the header and compares it with the file's size; numpy, so that torch need not be there
            with safe_open(path, framework="numpy"):
                pass
        except (SafetensorError, OSError) as error:
            return f"{path.name} is cut off or no safetensors file ({describe(error)})"
    return None


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
    if (folder / "adapter_config.json").is_file():
        return (
            "a LoRA adapter without its model; merge the two (peft's merge_and_unload) and give that folder"
        )
    return "no config.json, so not a model folder; give the folder that training wrote"


def _gguf_remedy(folder: Path, file: str) -> str:
    return (
        "only safetensors are loaded; take the model's safetensors release, convert it "
        f"(AutoModelForCausalLM.from_pretrained({str(folder)!r}, gguf_file={file!r}).save_pretrained('NEW'), and "
        f"AutoTokenizer likewise), or serve it (llama-server -m {folder / file}) and sample it there with "
        "`r1 sample --engine openai --endpoint URL`"
    )
