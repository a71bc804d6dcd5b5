"""LoRA: small matrices beside the frozen weights are trained, and added to the weights at the end. By `peft`.

Every linear layer but the output gets a pair, a mixture's experts too. At the end they are merged into a plain model
folder, and lie beside it in `adapter/`. QLoRA holds the frozen linear layers in four bits (nf4, twice quantised, by
`bitsandbytes`); what comes out is the quantised weights with the adapters added: the model that was trained, and not
the original weights with adapters that never saw them. A mixture of experts is refused.

Each process has the whole frozen model: `fsdp` is refused with adapters. `bitsandbytes` has been run on a CPU alone.
The paper has no adapters: alpha and initialisation are those of "LoRA Without Regret" (Schulman and others, 2025),
whose best learning rate is about ten times that of training all weights, at any rank.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from r1data.errors import UserError
from r1data.training.settings import Settings

if TYPE_CHECKING:
    from peft import LoraConfig, PeftModel
    from transformers import BitsAndBytesConfig, PreTrainedModel, Trainer

FOLDER = "adapter"
QUANTISER = "bitsandbytes"
EXPERTS_BEFORE = ("gate_proj", "up_proj", "down_proj", "w1", "w2", "w3")


def check(settings: Settings) -> None:
    """Raise UserError where adapters are asked for that cannot be trained here."""
    if settings.lora and settings.strategy in ("fsdp", "deepspeed"):
        raise UserError(
            f"--lora trains with the whole model in each process; leave --strategy {settings.strategy} out, and add "
            "--qlora if it is large"
        )
    if settings.qlora and find_spec(QUANTISER) is None:
        raise UserError(
            f"--qlora needs the package {QUANTISER}; pip install {QUANTISER}, or leave --qlora out"
        )


def config_of(settings: Settings, model: PreTrainedModel) -> LoraConfig | None:
    """The adapters of a run; None where all weights are trained."""
    if not settings.lora:
        return None
    from peft import LoraConfig

    modules, tensors = _targets(model)
    if tensors and settings.qlora:
        raise UserError(
            "--qlora holds linear layers in four bits, and this model's experts are none; leave --qlora out"
        )
    return LoraConfig(
        r=settings.lora,
        lora_alpha=settings.lora_alpha,
        target_modules=modules,
        target_parameters=tensors or None,
        task_type="CAUSAL_LM",
    )


def _targets(model: PreTrainedModel) -> tuple[list[str], list[str]]:
    """The linear layers but the output, and what is adapted as a tensor: a mixture's experts."""
    # In transformers 5 all experts of a layer are one tensor of [experts, rows, columns].
    tensors = [name for name, weights in model.named_parameters() if weights.dim() == 3]
    head = model.get_output_embeddings()
    linear = [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and layer is not head
    ]
    if not tensors:
        return linear, []
    # peft takes these names, wherever they stand in such a model, for experts as transformers 4 had them, and would
    # leave out the dense layers and the shared experts.
    old = [name for name in linear if name.rsplit(".", 1)[-1] in EXPERTS_BEFORE]
    return [name for name in linear if name not in old], [*tensors, *(f"{name}.weight" for name in old)]


def quantisation(settings: Settings) -> BitsAndBytesConfig | None:
    """How the frozen weights are loaded; None where they are not quantised."""
    if not settings.qlora:
        return None
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16 if torch.cuda.is_available() else torch.float32,
    )


def keep_layout(model: torch.nn.Module) -> None:
    """Keep quantised weights in their order: bitsandbytes has another to generate on a CPU, which has no gradients."""
    for layer in model.modules():
        if hasattr(layer, "support_avx512bf16_for_cpu"):
            layer.__dict__["support_avx512bf16_for_cpu"] = False


def in_float32(model: torch.nn.Module) -> None:
    """Train adapters in float32: TRL makes those of quantised models bf16, whose eight bits lose small steps."""
    for weights in model.parameters():
        if weights.requires_grad:
            weights.data = weights.data.float()


def merge(trainer: Trainer, folder: Path) -> None:
    """Save a trainer's adapters into `folder`, and put the merged model in the place of the adapted one.

    In every process; the first one saves.
    """
    adapted: PeftModel = trainer.accelerator.unwrap_model(trainer.model_wrapped)
    if trainer.is_world_process_zero():
        shutil.rmtree(folder, ignore_errors=True)
        adapted.save_pretrained(str(folder))
        (folder / "README.md").unlink(missing_ok=True)  # peft's form, not filled in
    _merge_quantised(adapted)
    trainer.model = trainer.model_wrapped = adapted.merge_and_unload()


def _merge_quantised(adapted: PeftModel) -> None:
    """Replace quantised layers by linear ones with the weights that were trained: peft would quantise them again."""
    from peft.tuners.lora import LoraLayer
    from peft.utils.integrations import dequantize_module_weight

    model: Any = adapted.get_base_model()
    if not getattr(model, "is_quantized", False):
        return
    layers: list[tuple[str, Any]] = list(model.named_modules())
    for name, layer in layers:
        base: Any = layer.get_base_layer() if isinstance(layer, LoraLayer) else None
        if type(getattr(base, "weight", None)).__name__ != "Params4bit":
            continue  # not adapted, or experts, which peft merges
        with torch.no_grad():
            delta = layer.get_delta_weight("default")
            weights = dequantize_module_weight(base).float() + delta.float()
        merged = torch.nn.Linear(
            base.in_features, base.out_features, bias=base.bias is not None, device="meta"
        )
        merged.weight = torch.nn.Parameter(weights, requires_grad=False)
        merged.bias = base.bias
        model.set_submodule(name, merged)
    model.hf_quantizer.remove_quantization_config(model)
