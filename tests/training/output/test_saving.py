"""The folder that a run leaves: it loads, says how to sample from it, and its card says what it comes from."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import torch
import yaml
from safetensors.torch import load_file

from r1data.data.commits import Command
from r1data.data.writer import Writer
from r1data.engines.models import load_model, load_tokenizer
from r1data.engines.templates import encode
from r1data.training import launch
from r1data.training.output.card import card
from r1data.training.output.saving import save_model
from tests.training import harness
from tests.training.small_models import small_model
from tests.training.tiny import build_tokenizer, lessons

HOSTILE = "<img src=x onerror=alert(1)> [a](javascript:b) |x|\n---\nlicense: mit\n---"


@pytest.fixture(scope="module")
def student(tmp_path_factory: pytest.TempPathFactory, qwen: Path) -> Path:
    """A model trained on a set that `r1 build` is said to have made."""
    folder = tmp_path_factory.mktemp("saving")
    rows = [
        {
            **row,
            "example_id": str(number),
            "kind": "reasoning",
            "domain": "math",
            "language": "en",
            "source": "test",
            "prompt_id": str(number),
            "sample_index": 0,
            "tokens": 5,
            "license": "MIT" if number % 2 else HOSTILE,
        }
        for number, row in enumerate(lessons(6, 2))
    ]
    command = Command("build", {"decontaminate": ["ab12"], "ngram": 10})
    with Writer.open(folder / "set", schema="sft", command=command) as writer:
        writer.publish("a", pa.Table.from_pylist(rows))
        writer.finish({"dropped": {"contaminated": 3}})
    origin = launch.read_rows(str(folder / "set"), "sft")
    launch.run(
        origin,
        model=qwen,
        out=folder / "student",
        settings=replace(harness.SFT, epochs=1),
        command="distill",
        parents=origin.parents(),
    )
    return folder / "student"


def test_it_samples_as_the_paper_does_and_ends_where_training_ended(student: Path) -> None:
    settings = json.loads((student / "generation_config.json").read_text())
    model = load_model(student)
    assert (settings["do_sample"], settings["temperature"], settings["top_p"]) == (True, 0.6, 0.95)
    assert settings["eos_token_id"] == model.config.eos_token_id
    assert settings["pad_token_id"] == model.config.pad_token_id


def test_its_card_names_the_set_its_decontamination_and_its_licences(student: Path) -> None:
    text = (student / "README.md").read_text()
    digest = json.loads((student / "r1.json").read_text())["parents"][0]["digest"]
    assert digest in text and "r1 build made set" in text
    assert "against 1 evaluation sets by shared runs of 10 words; 3 rows were left out" in text
    assert "| MIT | 2 |" in text


def test_texts_of_strangers_are_no_markup_in_a_card(student: Path) -> None:
    text = (student / "README.md").read_text()
    assert "<img" not in text and "](javascript" not in text
    assert "license" not in yaml.safe_load(text.split("---\n")[1])


def test_a_folder_is_no_model_of_the_hub(student: Path) -> None:
    assert "base_model" not in yaml.safe_load((student / "README.md").read_text().split("---\n")[1])


def test_a_card_names_the_licence_of_a_known_base() -> None:
    request = {"command": "distill", "parameters": {"model": "Qwen/Qwen2.5-32B"}, "parents": []}
    matter = yaml.safe_load(
        card("student", request, {}, {}, "Qwen/Qwen2.5-32B", "apache-2.0").split("---\n")[1]
    )
    assert matter["license"] == "apache-2.0" and matter["base_model"] == "Qwen/Qwen2.5-32B"


def test_a_card_spells_out_weights() -> None:
    parameters = {"model": "base", "rewards": {"accuracy": 1.0, "format": 0.5}}
    assert "| rewards | accuracy 1, format 0.5 |" in card(
        "zero", {"command": "train-grpo", "parameters": parameters}, {}, {}
    )


def test_a_student_without_a_chat_template_gets_the_one_it_was_trained_on(student: Path) -> None:
    words = load_tokenizer(student)
    assert encode("chat", "1+1=", None, words) == encode("r1-zero", "1+1=", None, words)


def test_it_generates_with_a_cache(student: Path) -> None:
    assert load_model(student).config.use_cache


def test_the_config_names_the_type_of_the_saved_weights(tmp_path: Path) -> None:
    model = small_model("qwen2")
    save_model(tmp_path, model, model.state_dict(), build_tokenizer(), torch.bfloat16, "plain")
    weights = load_file(tmp_path / "model.safetensors")
    assert {tensor.dtype for tensor in weights.values()} == {torch.bfloat16}
    assert json.loads((tmp_path / "config.json").read_text())["dtype"] == "bfloat16"
