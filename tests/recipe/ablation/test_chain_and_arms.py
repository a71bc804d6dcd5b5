"""Which steps of a recipe are compared, and which arms they get."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import r1data.cli
from r1data.cli.ablate import parse_seeds
from r1data.cli.signatures import signatures

from r1data.errors import UserError
from r1data.recipe.ablation.arms import FilterOptions, choose
from r1data.recipe.ablation.chain import find_chain, steps_before
from r1data.recipe.ablation.run import Ablation, prepare
from r1data.recipe.commands import CommandSignature
from r1data.recipe.load import load
from r1data.recipe.plan import RecipePlan, build

HEAD = """\
vars: {k: 2}
steps:
  - ingest: {as: samples, input: rows.jsonl}
  - miniature prompts: {as: problems, count: 5}
"""
CHAIN = """\
  - filter: {as: kept, input: "${samples}", skip: [repetition], dropped: "${run}/dropped"}
  - build: {as: set, input: ["${kept}"]}
  - train-sft: {as: actor, input: "${set}", model: "miniature:base"}
  - eval: {as: score, input: "${problems}", model: "${actor}", k: "${k}"}
"""
SECOND = """\
  - distill: {as: student, input: "${set}", student: "miniature:student"}
  - eval: {as: student-score, input: "${problems}", model: "${student}"}
"""
Text = Callable[[str], Path]


@pytest.fixture(scope="module")
def commands() -> dict[str, CommandSignature]:
    return {n: c for n, c in signatures(r1data.cli.app).items() if c.output_kind != "nothing"}


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Text:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text("{}\n")

    def write(steps: str) -> Path:
        path = Path("recipe.yaml")
        path.write_text(HEAD + steps)
        return path

    return write


def planned(path: Path, commands: dict[str, CommandSignature]) -> RecipePlan:
    return build(load(path), commands, Path("run"), 1)


def test_the_only_chain_needs_no_name(written: Text, commands: dict[str, CommandSignature]) -> None:
    plan = planned(written(CHAIN), commands)
    chain = find_chain(plan)
    assert str(chain) == "kept → set → actor → score"
    assert [step.name for step in steps_before(plan, chain)] == ["samples", "problems"]


def test_of_several_chains_one_must_be_named(written: Text, commands: dict[str, CommandSignature]) -> None:
    plan = planned(written(CHAIN + SECOND), commands)
    with pytest.raises(UserError, match=r"2 chains; .*kept → set → actor → score; kept → set → student"):
        find_chain(plan)
    assert str(find_chain(plan, train_step="student")) == "kept → set → student → student-score"


@pytest.mark.parametrize(
    ("steps", "names", "message"),
    [
        (SECOND.replace("${set}", "rows.jsonl"), {}, "no filter step; add one"),
        (CHAIN.split("  - eval")[0], {}, "no eval step; "),
        (CHAIN, {"filter_step": "kepp"}, r'no step "kepp" for --filter-step \(did you mean "kept"\?\)'),
        (
            CHAIN,
            {"train_step": "kept"},
            '--train-step: the step "kept" is a filter; name a train-sft or distill',
        ),
        (
            CHAIN + SECOND,
            {"train_step": "student", "eval_step": "score"},
            "no chain filter → build → training",
        ),
        (CHAIN.replace("${actor}", "miniature:base"), {}, "let each of these steps read the one before it"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    written: Text, commands: dict[str, CommandSignature], steps: str, names: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message) as error:
        find_chain(planned(written(steps), commands), **names)
    assert "\n" not in str(error.value)


def test_each_filter_that_drops_a_row_has_an_arm() -> None:
    arms = choose(
        FilterOptions("correct", ("repetition",)), {"incorrect": 3, "unverifiable": 2, "truncated": 1}
    )
    by_name = {arm.name: arm for arm in arms.arms}
    assert list(by_name) == ["all", "without-verdict", "without-truncated", "none"]
    assert by_name["all"].options == FilterOptions("correct", ("repetition",))
    assert by_name["without-verdict"].options == FilterOptions("any", ("repetition",))
    assert by_name["without-verdict"].dropped == 5
    assert by_name["without-truncated"].options == FilterOptions("correct", ("repetition", "truncated"))
    assert by_name["none"].options.filters == []
    assert {"bad_format", "duplicate"} <= set(arms.idle)


def test_without_a_dropped_row_there_is_nothing_to_compare() -> None:
    with pytest.raises(UserError, match="no filter dropped a row here"):
        choose(FilterOptions("any", ()), {"incorrect": 4})


def ablation(path: Path, commands: dict[str, CommandSignature]) -> Ablation:
    return prepare(load(path), commands, Path("arms"), (1, 2))


def test_arms_differ_in_their_filters_alone(written: Text, commands: dict[str, CommandSignature]) -> None:
    own = ablation(written(CHAIN), commands)
    arms = choose(own.options, {"incorrect": 1})
    plan = own.plan([step for arm in arms.arms for step in (own.steps.filter(arm), own.steps.build(arm))])
    lines = {step.name: step.line.replace("/all.", "/ARM.") for step in plan.steps}
    assert "--skip repetition --dropped arms/ARM.dropped --verdict correct" in lines["all.filter"]
    assert "--verdict any" in lines["without-verdict.filter"]
    build_line = lines["without-verdict.build"].replace("/without-verdict.", "/ARM.")
    assert build_line == lines["all.build"]
    assert "--seed" in build_line


def test_a_run_that_is_reused_must_be_there(written: Text, commands: dict[str, CommandSignature]) -> None:
    with pytest.raises(UserError, match="elsewhere: holds no run"):
        prepare(load(written(CHAIN)), commands, Path("arms"), (1,), reused=Path("elsewhere"))


def test_a_dry_run_needs_no_folder_and_writes_nothing(
    written: Text, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {written(CHAIN), *Path().iterdir()}
    assert r1data.cli.invoke(["ablate", "recipe.yaml", "--filters", "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["run"] == "runs/recipe-filters"
    assert {*Path().iterdir()} == before


@pytest.mark.parametrize("text", ["", "1,", "a", "-1", "1,1", "9999999999"])
def test_seeds_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="--seeds"):
        parse_seeds(text)


def test_seeds_keep_their_order() -> None:
    assert parse_seeds("3, 1,2") == (3, 1, 2)
