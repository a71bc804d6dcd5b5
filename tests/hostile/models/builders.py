"""Hostile model folders: each entry of `FOLDERS` turns a copy of a small real model into one.

`secret` is a folder outside of the model's, which nothing may read; `CANARY` is a file that code would write, were it
run. Names say what is wrong; `says` is a part of the one line that `r1` ends with, or None where a command may go on.
What a folder does to the weights or the config every command meets; a chat template only those that render one.
"""

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from r1data.data.resources import resource

CANARY = "executed"
LOADS = ("sample", "train-sft", "train-grpo", "distill", "eval")
DRY = ("sample --dry-run", "train-sft --dry-run", "train-grpo --dry-run", "distill --dry-run")
READS = (*LOADS, *DRY)
"""Commands that check a folder: those that load it, and their forecasts."""
RENDERS = ("sample", "train-sft", "distill", "eval", "train-grpo")
"""Commands that render the model's own chat template (train-grpo where it is told to)."""


@dataclass(frozen=True)
class Hostile:
    """A hostile folder: what makes it so, what `r1` says of it, and which commands meet it."""

    build: Callable[[Path, Path], object]
    says: str | None
    commands: tuple[str, ...]


FOLDERS: dict[str, Hostile] = {}


def _folder(
    name: str, says: str | None, commands: tuple[str, ...], build: Callable[[Path, Path], object]
) -> None:
    if name in FOLDERS:
        raise ValueError(f"{name} twice")
    FOLDERS[name] = Hostile(build, says, commands)


def build(name: str, folder: Path, secret: Path) -> Path:
    """Writes the hostile folder `name` and what lies beside it; returns it."""
    shutil.copytree(resource("recipes") / "miniature" / "base", folder)
    secret.mkdir()
    shutil.copytree(resource("recipes") / "miniature" / "student", secret / "model")
    (secret / "secret.txt").write_text("a secret\n")
    FOLDERS[name].build(folder, secret)
    return folder


def edit(folder: Path, file: str = "config.json", **changes: object) -> None:
    """Sets keys of a JSON file; one whose value is `...` is removed."""
    path = folder / file
    content = {**(json.loads(path.read_text()) if path.exists() else {}), **changes}
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not ...}))


def replace_by_link(path: Path, target: Path) -> None:
    """Puts a link in the place of a file."""
    path.unlink(missing_ok=True)
    path.symlink_to(target)


class Bomb:
    """An object whose pickle writes the canary when it is loaded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.folder.parent / CANARY}",)


def pickled(folder: Path) -> bytes:
    """A pickle that runs a command."""
    return pickle.dumps(Bomb(folder))


def code(folder: Path) -> str:
    """Python that leaves the canary."""
    return f"open({str(folder.parent / CANARY)!r}, 'w')\nclass Model: pass\n"


# --- links and kinds of files


def _index(folder: Path, **files: str) -> None:
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
    names = [
        tensor
        for tensor in header(folder / "model-00001-of-00001.safetensors")[0]
        if tensor != "__metadata__"
    ]
    weight_map = dict.fromkeys(names, "model-00001-of-00001.safetensors")
    for place, file in enumerate(files.values()):
        weight_map[names[place]] = file
    (folder / "model.safetensors.index.json").write_text(
        json.dumps({"metadata": {}, "weight_map": weight_map})
    )


OUT = "is a link out of the folder"
_folder("weights link out", OUT, READS,
        lambda f, s: replace_by_link(f / "model.safetensors", s / "model" / "model.safetensors"))  # fmt: skip
_folder("weights link out by a relative path", OUT, READS,
        lambda f, s: replace_by_link(f / "model.safetensors", Path("../secret/model/model.safetensors")))  # fmt: skip
_folder("config links out", OUT, READS,
        lambda f, s: replace_by_link(f / "config.json", s / "model" / "config.json"))  # fmt: skip
_folder("tokenizer links out", OUT, READS,
        lambda f, s: replace_by_link(f / "tokenizer.json", s / "model" / "tokenizer.json"))  # fmt: skip
_folder("tokenizer's config links to a secret", OUT, READS,
        lambda f, s: replace_by_link(f / "tokenizer_config.json", s / "secret.txt"))  # fmt: skip
_folder("chat template links to a secret", OUT, READS,
        lambda f, s: replace_by_link(f / "chat_template.jinja", s / "secret.txt"))  # fmt: skip
_folder("a chain of links", OUT, READS, lambda f, s: (
    replace_by_link(f / "a.json", s / "model" / "config.json"),
    replace_by_link(f / "config.json", Path("a.json"))))  # fmt: skip
_folder("a link to itself", "link to nothing", READS,
        lambda f, s: replace_by_link(f / "generation_config.json", Path("generation_config.json")))  # fmt: skip
_folder("a link to nothing", "link to nothing", READS,
        lambda f, s: replace_by_link(f / "model.safetensors", Path("gone.safetensors")))  # fmt: skip
_folder("a link to an endless device", OUT, READS,
        lambda f, s: replace_by_link(f / "config.json", Path("/dev/zero")))  # fmt: skip


def _false_cache(folder: Path, secret: Path) -> None:
    """A folder that looks like the hub's cache and links past its blobs."""
    snapshot = folder / "snapshots" / "0"
    snapshot.mkdir(parents=True)
    for file in [path for path in folder.iterdir() if path.is_file()]:
        file.rename(snapshot / file.name)
    (folder / "blobs").symlink_to(secret / "model")
    for name in ("config.json", "model.safetensors"):
        replace_by_link(snapshot / name, Path("../../blobs") / name)


_folder("a false cache of the hub", OUT, READS, _false_cache)
_folder("templates in a folder that links out", "link out of the folder", READS,
        lambda f, s: (f / "additional_chat_templates").symlink_to(s))  # fmt: skip


def _other_template_links(folder: Path, secret: Path) -> None:
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "tool_use.jinja").symlink_to(secret / "secret.txt")


_folder("another template links out", OUT, READS, _other_template_links)
_folder("config is a named pipe", "named pipe", READS, lambda f, s: (
    (f / "config.json").unlink(), os.mkfifo(f / "config.json")))  # fmt: skip
_folder("weights are a named pipe", "named pipe", READS, lambda f, s: (
    (f / "model.safetensors").unlink(), os.mkfifo(f / "model.safetensors")))  # fmt: skip
_folder("a named pipe beside", "named pipe", READS, lambda f, s: os.mkfifo(f / "extra.json"))
_folder("a template is a named pipe", "named pipe", READS, lambda f, s: (
    (f / "chat_template.jinja").unlink(), os.mkfifo(f / "chat_template.jinja")))  # fmt: skip
_folder("weights are a folder", "model.safetensors", READS, lambda f, s: (
    (f / "model.safetensors").unlink(), (f / "model.safetensors").mkdir()))  # fmt: skip

# --- indices

_folder("index points elsewhere", "no safetensors file of this folder", READS,
        lambda f, s: _index(f, a=f"../{s.name}/model/model.safetensors"))  # fmt: skip
_folder("index has an absolute path", "no safetensors file of this folder", READS,
        lambda f, s: _index(f, a=str(s / "model" / "model.safetensors")))  # fmt: skip
_folder("index names a pickle", "no safetensors file of this folder", READS, lambda f, s: (
    _index(f, a="pytorch_model.bin"), (f / "pytorch_model.bin").write_bytes(pickled(f))))  # fmt: skip
_folder("index is a list", "not a JSON object", READS, lambda f, s: (
    f / "model.safetensors.index.json").write_text("[]"))  # fmt: skip
_folder("index maps to numbers", "no weight_map", READS, lambda f, s: (
    f / "model.safetensors.index.json").write_text('{"weight_map": {"a": 1}}'))  # fmt: skip
_folder("index without a map", "no weight_map", READS, lambda f, s: (
    f / "model.safetensors.index.json").write_text('{"weight_map": "model.safetensors"}'))  # fmt: skip
_folder("index with escapes in a name", "no safetensors file of this folder", READS,
        lambda f, s: _index(f, a="\x1b]0;owned\x07/x"))  # fmt: skip

# --- weights


def header(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header of a safetensors file, and its data."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def write_weights(path: Path, entries: dict[str, Any] | bytes, data: bytes) -> None:
    """A safetensors file with that header, as JSON or as it stands."""
    text = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def _edit_tensor(number: int, **changes: object) -> Callable[[Path, Path], None]:
    """Changes one tensor's entry."""

    def change(folder: Path, secret: Path) -> None:
        path = folder / "model.safetensors"
        entries, data = header(path)
        name = [key for key in entries if key != "__metadata__"][number]
        entries[name] |= changes
        write_weights(path, entries, data)

    return change


def _raw(text: bytes) -> Callable[[Path, Path], None]:
    return lambda folder, _: write_weights(folder / "model.safetensors", text, b"")


def _long_header(folder: Path, secret: Path) -> None:
    path = folder / "model.safetensors"
    with path.open("r+b") as file:
        file.truncate(1 << 40)
        file.write(struct.pack("<Q", 1 << 39))


WEIGHTS = "model.safetensors"
_folder("a pickle called safetensors", WEIGHTS, READS,
        lambda f, s: (f / "model.safetensors").write_bytes(pickled(f)))  # fmt: skip
_folder("only a pickle", "pickled ones are never loaded", READS, lambda f, s: (
    (f / "model.safetensors").unlink(), (f / "pytorch_model.bin").write_bytes(pickled(f))))  # fmt: skip
_folder("a pickle with an index", "pickled ones are never loaded", READS, lambda f, s: (
    (f / "model.safetensors").unlink(), (f / "pytorch_model.bin").write_bytes(pickled(f)),
    (f / "pytorch_model.bin.index.json").write_text('{"weight_map": {"a": "pytorch_model.bin"}}')))  # fmt: skip
_folder("an empty file", "cut off or no safetensors file", READS,
        lambda f, s: (f / "model.safetensors").write_bytes(b""))  # fmt: skip
_folder("torn", "cut off", READS, lambda f, s: os.truncate(f / "model.safetensors", 100_000))
_folder("a header longer than the file", "cut off", READS,
        lambda f, s: (f / "model.safetensors").write_bytes(b"\xff" * 64))  # fmt: skip
_folder("a header of 512 GiB", "over the limit", READS, _long_header)
_folder("a header that nests", "no safetensors file", READS, _raw(b"[" * 100_000))
_folder("a header of long numbers", "no safetensors file", READS, _raw(b'{"a": ' + b"9" * 100_000 + b"}"))
_folder("a header with a key twice", "comes twice", READS, _raw(b'{"a": 1, "a": 2}'))
_folder("an unknown type", "not known", READS, _edit_tensor(0, dtype="\x1b[31mF32"))
_folder("a negative shape", "no list of sizes", READS, _edit_tensor(0, shape=[-1, 128]))
_folder("a shape of products", "does not fit its", READS, _edit_tensor(0, shape=[1 << 40] * 16))
_folder("a shape of floats", "no list of sizes", READS, _edit_tensor(0, shape=[384.0, 128]))
_folder("another shape", "does not fit its", READS, _edit_tensor(0, shape=[384, 129]))
_folder("offsets that overlap", "overlaps", READS, lambda f, s: _overlap(f))
_folder("offsets beyond the end", "", READS, _edit_tensor(0, data_offsets=[1 << 40, (1 << 40) + 98_304]))
_folder("bytes of no tensor", "belong to no tensor", READS,
        lambda f, s: (f / "model.safetensors").open("ab").write(b"x" * 1000))  # fmt: skip


def _overlap(folder: Path) -> None:
    path = folder / "model.safetensors"
    entries, data = header(path)
    first, second = [key for key in entries if key != "__metadata__"][:2]
    size = entries[second]["data_offsets"][1] - entries[second]["data_offsets"][0]
    start = entries[first]["data_offsets"][0]
    entries[second]["data_offsets"] = [start, start + size]
    write_weights(path, entries, data)


def _fill(value: bytes) -> Callable[[Path, Path], None]:
    """All weights as one number, in bfloat16."""

    def fill(folder: Path, secret: Path) -> None:
        path = folder / "model.safetensors"
        entries, data = header(path)
        write_weights(path, entries, value * (len(data) // 2))

    return fill


_folder("weights are NaN", "NaN", ("sample", "eval", "train-sft"), _fill(b"\xc0\x7f"))
_folder("weights are infinite", "", ("sample", "eval", "train-sft"), _fill(b"\x80\x7f"))

# --- config


def _config(says: str | None, commands: tuple[str, ...] = READS, **changes: object) -> tuple[Any, ...]:
    return says, commands, lambda folder, _: edit(folder, **changes)


TOKENIZER = "tokenizer.json"
BELONG = "belong together"
_folder("ten million layers", *_config(BELONG, num_hidden_layers=10_000_000, layer_types=...))
_folder("a thousand layers", *_config(BELONG, num_hidden_layers=1_000, layer_types=...))
_folder("a vocabulary of 10^12", *_config(BELONG, vocab_size=10**12))
_folder("a hidden size of 10^9", *_config(BELONG, hidden_size=10**9))
_folder("heads that do not divide", *_config("heads", num_attention_heads=7, num_key_value_heads=7))
_folder("groups that do not divide", *_config("num_key_value_heads", num_key_value_heads=3))
_folder("a number of 4,000 digits", *_config("config.json", max_position_embeddings=10**4000))
_folder("a context that is text", *_config("max_position_embeddings", max_position_embeddings="long"))
_folder("a context below 0", *_config("max_position_embeddings", max_position_embeddings=-5))
_folder("a vocabulary that is a list", *_config("vocab_size", vocab_size=[384]))
_folder("config nests", "not JSON", READS, lambda f, s: (f / "config.json").write_text("[" * 200_000))
_folder("config is no text", "not JSON", READS, lambda f, s: (f / "config.json").write_bytes(b"\xff\xfe\0"))
_folder("config of 100 MB", "files like it are read up to", READS,
        lambda f, s: os.truncate(f / "config.json", 100 << 20))  # fmt: skip
_folder("kernels from a hub", *_config("code from elsewhere", attn_implementation="somebody/kernels"))
_folder(
    "weights by another name",
    *_config("other weights", transformers_weights="../secret/model/model.safetensors"),
)
_folder("attention that is compiled", *_config("code from elsewhere", attn_implementation="flex_attention"))
_folder("a billion labels", *_config("num_labels", num_labels=10**9))
_folder("no layers", *_config("num_hidden_layers", num_hidden_layers=0, layer_types=[]))
_folder("another architecture's defaults", BELONG, ("sample", "train-sft"), lambda f, s: (
    f / "config.json").write_text('{"model_type": "llama", "architectures": ["LlamaForCausalLM"]}'))  # fmt: skip
_folder(
    "results without names", *_config("cannot be run", ("sample", "eval", "train-sft"), return_dict=False)
)
_folder("properties of another architecture", *_config("cannot be loaded", LOADS, model_type="mamba"))
_folder("a folder in the tokenizer's place", "is a folder", READS, lambda f, s: (
    (f / "tokenizer.json").unlink(), (f / "tokenizer.json").mkdir()))  # fmt: skip
_folder("a hundred thousand added tokens", TOKENIZER, LOADS, lambda f, s: _tokenizer(lambda t: t["added_tokens"].extend(
    {**t["added_tokens"][0], "id": 1000 + i, "content": f"<{i}>"} for i in range(100_000)))(f, s))  # fmt: skip
_folder("code of its own", "", LOADS, lambda f, s: (
    edit(f, model_type="own", architectures=["Own"],
         auto_map={"AutoModelForCausalLM": "own.M", "AutoConfig": "own.C"}),
    (f / "own.py").write_text(code(f))))  # fmt: skip
_folder("an adapter beside the weights", "LoRA adapter", READS, lambda f, s: (f / "adapter_config.json").write_text(
    json.dumps({"base_model_name_or_path": str(s / "model"), "peft_type": "LORA"})))  # fmt: skip
for method in ("awq", "gptq", "bitsandbytes", "hqq", "aqlm", "nonsense"):
    _folder(
        f"quantised by {method}", *_config("", LOADS, quantization_config={"quant_method": method, "bits": 4})
    )
_folder("quantised by text", *_config("", LOADS, quantization_config="4bit"))
_folder("an unknown activation", *_config("", LOADS, hidden_act="\x1b[2Jx"))
_folder("a type that is no type", *_config(None, LOADS, dtype="float1e9"))
_folder("generation config is a list", "generation_config.json", READS,
        lambda f, s: (f / "generation_config.json").write_text("[1]"))  # fmt: skip
_folder("generation config that cannot be saved", "generation_config.json contradicts itself", ("train-sft", "distill"),
        lambda f, s: edit(f, "generation_config.json", do_sample=False, temperature=0.9))  # fmt: skip
_folder("an end that is an object", "eos_token_id", ("sample", "eval"),
        lambda f, s: edit(f, "generation_config.json", eos_token_id={"a": 1}))  # fmt: skip

# --- tokenizers


def _tokenizer(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, Path], None]:
    def apply(folder: Path, secret: Path) -> None:
        path = folder / "tokenizer.json"
        content = json.loads(path.read_text())
        change(content)
        path.write_text(json.dumps(content))

    return apply


def _split(pattern: str) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _swell(times: int) -> dict[str, Any]:
    step = {"type": "Replace", "pattern": {"String": "a"}, "content": "aa"}
    return {"type": "Sequence", "normalizers": [step] * times}


_folder("tokenizer swells a text", TOKENIZER, LOADS, _tokenizer(lambda t: t.update(normalizer=_swell(40))))
_folder("tokenizer backtracks for ever", TOKENIZER, LOADS,
        _tokenizer(lambda t: t.update(pre_tokenizer=_split("(a+)+$"))))  # fmt: skip
_folder("tokenizer backtracks over alternatives", TOKENIZER, LOADS,
        _tokenizer(lambda t: t.update(pre_tokenizer=_split("(a|a)+$"))))  # fmt: skip
_folder("tokenizer's time grows with the third power", TOKENIZER, LOADS,
        _tokenizer(lambda t: t.update(normalizer={
            "type": "Replace", "pattern": {"Regex": r"[\s\S]*[\s\S]*(?=[^\s\S])"}, "content": "a"})))  # fmt: skip
_folder("tokenizer has no tokens", TOKENIZER, LOADS, _tokenizer(
    lambda t: (t.update(added_tokens=[]), t["model"].update(vocab={}, merges=[]))))  # fmt: skip
_folder("tokenizer merges what is not there", TOKENIZER, LOADS,
        _tokenizer(lambda t: t["model"].update(merges=[["nowhere", "nothing"]])))  # fmt: skip
_folder("tokenizer with negative ids", TOKENIZER, LOADS,
        _tokenizer(lambda t: t["model"]["vocab"].update({"x": -1})))  # fmt: skip
_folder("tokenizer nests", TOKENIZER, LOADS, lambda f, s: (f / "tokenizer.json").write_text("[" * 500_000))
_folder("tokenizer of another version", TOKENIZER, LOADS, _tokenizer(lambda t: t.update(version="\x1b[31m9")))
_folder("tokenizer of 1 GB", "files like it are read up to", READS,
        lambda f, s: os.truncate(f / "tokenizer.json", 1 << 30))  # fmt: skip
_folder("a token of a megabyte", TOKENIZER, LOADS, _tokenizer(lambda t: t["added_tokens"].append(
    {**t["added_tokens"][0], "id": 5000, "content": "x" * 1_000_000})))  # fmt: skip
_folder("tokenizer's config names other files", "fast_tokenizer_files", LOADS, lambda f, s: edit(
    f, "tokenizer_config.json", fast_tokenizer_files=[f"../{s.name}/model/tokenizer.4.0.json"]))  # fmt: skip
_folder("tokenizer's config has arguments", "init_inputs", LOADS,
        lambda f, s: edit(f, "tokenizer_config.json", init_inputs=[str(s / "secret.txt")]))  # fmt: skip
_folder("tokenizer's config is a list", "tokenizer_config.json", LOADS,
        lambda f, s: (f / "tokenizer_config.json").write_text("[]"))  # fmt: skip
_folder("a token at the end of the numbers", "", LOADS, lambda f, s: edit(f, "tokenizer_config.json",
    added_tokens_decoder={str(2**32): {"content": "x", "special": True}}, eos_token=["<|endoftext|>"]))  # fmt: skip


def _no_end(folder: Path, secret: Path) -> None:
    edit(folder, "tokenizer_config.json", eos_token=...)


_folder("no end of text", "eos", ("train-sft", "distill"), _no_end)

# --- chat templates


def _template(text: str) -> Callable[[Path, Path], None]:
    return lambda folder, _: (folder / "chat_template.jinja").write_text(text)  # type: ignore[return-value]


TEMPLATE = "chat template fails"
LOOPS = "{% for a in range(99999) %}" * 3 + "{% endfor %}" * 3
_folder("template loops", TEMPLATE, RENDERS, _template(LOOPS))
_folder("template of a long range", TEMPLATE, RENDERS, _template("{% for i in range(10**9) %}{% endfor %}"))
_folder("template allocates", TEMPLATE, RENDERS, _template("{{ 'a' * 10**10 }}"))
_folder("template allocates by doubling", TEMPLATE, RENDERS, _template(
    "{% set n = namespace(s='a') %}{% for i in range(60) %}{% set n.s = n.s + n.s %}{% endfor %}"))  # fmt: skip
_folder("template of a large power", TEMPLATE, RENDERS, _template("{{ 9 ** (9 ** 9) }}"))
_folder("template pads", TEMPLATE, RENDERS, _template("{{ '%99999999999d' % 1 }}"))
_folder("template centers", TEMPLATE, RENDERS, _template("{{ 'a'.center(10**11) }}"))
_folder("template writes 100 MB", TEMPLATE, RENDERS, _template("{{ 'a' * 10**8 }}"))
_folder(
    "template's macros recurse",
    TEMPLATE,
    RENDERS,
    _template("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
)
_folder("template reads a file", TEMPLATE, RENDERS, _template("{% include '/etc/passwd' %}"))
_folder("template imports", TEMPLATE, RENDERS, _template("{% import 'os' as os %}{{ os.system('id') }}"))
_folder("template reaches for classes", TEMPLATE, RENDERS, _template(
    "{{ ''.__class__.__mro__[1].__subclasses__()[0].x }}"))  # fmt: skip
_folder("template raises with escapes", TEMPLATE, RENDERS, _template(
    "{{ raise_exception('\x1b]0;owned\x07\x1b[2J\\nr1: all is well\\u202e') }}"))  # fmt: skip
_folder("template's filter does not end", TEMPLATE, RENDERS, _template(
    "{{ range(99999)|list|batch(1)|map('sum')|list|tojson(indent=10**8) }}"))  # fmt: skip
_folder("template nests", TEMPLATE, RENDERS, _template("{% if true %}" * 3000 + "{% endif %}" * 3000))
_folder(
    "template nests in brackets",
    TEMPLATE,
    RENDERS,
    _template("{{ " + "(" * 20_000 + "1" + ")" * 20_000 + " }}"),
)
_folder("template is cut off", TEMPLATE, RENDERS, _template("{% for m in messages %}{{ m.content"))
_folder("template of 2 MB", "files like it are read up to", READS, _template("a" * (2 << 20)))
_folder("template divides by zero", TEMPLATE, RENDERS, _template("{{ 1 // 0 }}"))
_folder("template is a number", "", LOADS, lambda f, s: (
    (f / "chat_template.jinja").unlink(), edit(f, "tokenizer_config.json", chat_template=5)))  # fmt: skip
_folder("templates without names", "", LOADS, lambda f, s: (
    (f / "chat_template.jinja").unlink(), edit(f, "tokenizer_config.json", chat_template=[{"a": 1}])))  # fmt: skip
_folder("template in the tokenizer's config loops", TEMPLATE, RENDERS, lambda f, s: (
    (f / "chat_template.jinja").unlink(), edit(f, "tokenizer_config.json", chat_template=LOOPS)))  # fmt: skip
_folder("template of 2 MB in the tokenizer's config", "characters", RENDERS, lambda f, s: (
    (f / "chat_template.jinja").unlink(), edit(f, "tokenizer_config.json", chat_template="a" * (2 << 20))))  # fmt: skip
_folder("a named template loops", TEMPLATE, RENDERS, lambda f, s: ((f / "chat_template.jinja").unlink(),
    edit(f, "tokenizer_config.json", chat_template=[{"name": "default", "template": LOOPS}])))  # fmt: skip
_folder("no default among templates", "none of them is the default", RENDERS, lambda f, s: (
    (f / "chat_template.jinja").unlink(),
    edit(f, "tokenizer_config.json", chat_template=[{"name": "tools", "template": "a"}])))  # fmt: skip
