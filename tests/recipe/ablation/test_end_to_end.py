"""The whole of `r1 ablate` with the smallest model: interrupted, resumed, and what it leaves."""

import json
from collections import Counter
from pathlib import Path

import pytest
import r1data.cli
from r1data.cli.run import PRELOAD
from r1data.cli.signatures import signatures

from r1data.data.dataset import Dataset
from r1data.recipe import record
from r1data.recipe.ablation.run import Ablation, prepare, preview, run_ablation
from r1data.recipe.load import load

RECIPE = """\
steps:
  - ingest: {as: samples, input: samples.jsonl}
  - miniature prompts: {as: problems, count: 6, split: test}
  - filter: {as: kept, input: "${samples}", workers: 1}
  - build: {as: set, input: "${kept}", validation: 0, workers: 1}
  - train-sft:
      as: actor
      input: ${set}
      model: miniature:student
      template: plain
      batch-size: 8
      epochs: 1
      max-tokens: 64
      threads: 1
  - eval: {as: score, input: "${problems}", model: "${actor}", k: 1, max-tokens: 4, template: plain, threads: 1}
"""


def launch(arguments: list[str]) -> int:
    """The command line as `r1` runs it; each is noted, and the third training is interrupted once."""
    with Path("calls").open("a") as calls:
        calls.write(arguments[0] + "\n")
    if counted()["train-sft"] == 3 and not Path("interrupted").exists():
        Path("interrupted").touch()
        return 130
    return r1data.cli.invoke(arguments)


def counted() -> Counter[str]:
    """How often each command was called."""
    return Counter(Path("calls").read_text().split())


@pytest.fixture
def ablation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ablation:
    monkeypatch.chdir(tmp_path)
    rows = [
        {"prompt": f"Compute {i}+1.", "truth": str(i + 1), "verifier": "math", "response": response(i)}
        for i in range(24)
    ]
    Path("samples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("recipe.yaml").write_text(RECIPE)
    commands = {n: c for n, c in signatures(r1data.cli.app).items() if c.output_kind != "nothing"}
    return prepare(load(Path("recipe.yaml")), commands, Path("arms"), (1, 2))


def response(number: int) -> str:
    """Every third is wrong."""
    value = number + 1 + (number % 3 == 0)
    return f"<think>\n{number}+1={value}\n</think>\n\\boxed{{{value}}}"


@pytest.mark.slow
def test_an_ablation_goes_on_where_it_was_interrupted(ablation: Ablation) -> None:
    assert preview(ablation)["to_run_before"] == ["samples", "problems", "all.filter"]
    with pytest.raises(KeyboardInterrupt):
        run_ablation(ablation, launch, PRELOAD, lambda line: None)
    remaining = preview(ablation)
    assert remaining["arms"]["none"]["same_as"] == "without-verdict"
    assert remaining["trainings"] == 4
    receipts = run_ablation(ablation, launch, PRELOAD, lambda line: None)
    # Two arms by two seeds; the third training was called twice, everything else once.
    calls = counted()
    assert (calls["train-sft"], calls["eval"], calls["filter"], calls["build"]) == (5, 4, 3, 3)
    values = json.loads(Path("arms/receipts.json").read_text())
    arms = {each["arm"]: each for each in values["arms"]}
    assert list(arms) == ["all", "without-verdict", "none"]
    assert arms["none"]["same_as"] == "without-verdict"
    assert arms["none"]["all_minus_arm"] == arms["without-verdict"]["all_minus_arm"]
    assert values["comparisons"] == receipts.comparisons == 1
    check_equal_trainings(values["tokens"])


def check_equal_trainings(tokens: int) -> None:
    run_record = record.read(Path("arms"))
    assert run_record is not None
    manifests = {
        name: json.loads(Path(f"arms/{name}/r1.json").read_text())
        for name in run_record.steps
        if name.endswith(".train")
    }
    steps = {first_number(manifest, "steps") for manifest in manifests.values()}
    trained = [first_number(manifest, "tokens") for manifest in manifests.values()]
    assert len(manifests) == 4 and len(steps) == 1
    assert max(trained) == tokens and min(trained) > 0.9 * tokens
    shared = {row["example_id"] for row in Dataset("arms/all.seed-1.rows").table().to_pylist()}
    other = {row["example_id"] for row in Dataset("arms/without-verdict.seed-1.rows").table().to_pylist()}
    assert len(shared & other) >= len(shared) // 3


def first_number(value: object, key: str) -> int:
    """The first number of that name in nested JSON."""
    if isinstance(value, dict):
        if isinstance(value.get(key), int):
            return int(value[key])
        for child in value.values():
            if (number := first_number(child, key)) >= 0:
                return number
    return -1
