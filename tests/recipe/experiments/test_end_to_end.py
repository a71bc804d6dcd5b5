"""Both experiments from the command line, with a few questions, and what they refuse."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from recipes.experiments import process_reward, tree_search
from tests import tiny

FEW = ["--model", "miniature:student", "--questions", "3", "--train-questions", "4", "--train-responses", "2"]
PROCESS = [*FEW, "--responses", "4", "--seeds", "1", "2"]
TREE = [*FEW, "--budgets", "2", "--seeds", "1", "2"]
Main = Callable[[list[str]], int]
BOTH = pytest.mark.parametrize("main", [process_reward.main, tree_search.main], ids=["process", "tree"])


@pytest.fixture(scope="module")
def process_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("process")
    assert process_reward.main([*PROCESS, "-o", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def tree_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("tree")
    assert tree_search.main([*TREE, "-o", str(out)]) == 0
    return out


def test_a_run_of_process_rewards_leaves_figures_and_a_chart(process_run: Path) -> None:
    figures = json.loads((process_run / "process_reward.json").read_text())
    assert set(figures["scores"]) == set(process_reward.SELECTORS)
    assert "<svg" in (process_run / "process_reward.svg").read_text()


def test_among_one_response_every_selector_has_the_same_score(process_run: Path) -> None:
    scores = json.loads((process_run / "process_reward.json").read_text())["scores"]
    assert len({round(by_size["1"]["value"], 9) for by_size in scores.values()}) == 1


def test_a_run_again_gives_the_same_figures(process_run: Path, tmp_path: Path) -> None:
    process_reward.main([*PROCESS, "-o", str(tmp_path)])
    file = "process_reward.json"
    assert (tmp_path / file).read_text() == (process_run / file).read_text()


def test_best_of_n_has_no_more_tokens_than_the_search_spent(tree_run: Path) -> None:
    figures = json.loads((tree_run / "tree_search.json").read_text())
    cells = [cell for name in tree_search.SEARCHES for cell in figures[name].values()]
    assert all(cell["best-of-n tokens"] <= cell["tokens"] + 1e-9 for cell in cells)
    assert "<svg" in (tree_run / "tree_search.svg").read_text()


def test_rollouts_label_steps_by_the_share_of_completions_that_end_correct(tmp_path: Path) -> None:
    line = [*FEW, "--responses", "2", "--seeds", "1", "--labels", "rollouts", "--rollouts", "2"]
    assert process_reward.main([*line, "-o", str(tmp_path)]) == 0


@BOTH
def test_a_folder_with_files_in_it_is_refused(
    main: Main, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.txt").write_text("kept")
    assert main(["-o", str(tmp_path)]) == 1
    assert "has files in it" in capsys.readouterr().err


@BOTH
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "no/such/folder"], "no/such/folder"),
        (["--seeds", "1", "1"], "one stands twice"),
    ],
)
def test_a_mistake_is_one_line(
    main: Main, arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "-o", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.startswith("error: ") and message in error and error.count("\n") == 1


@BOTH
def test_a_model_of_another_world_is_refused(
    main: Main, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tiny.build(tmp_path / "model")
    assert main(["--model", str(model), "-o", str(tmp_path / "out")]) == 1
    assert "not a model of the miniature world" in capsys.readouterr().err


@BOTH
@pytest.mark.parametrize("arguments", [["--questions", "0"], ["--seeds", "-1"], ["--labels", "people"]])
def test_a_number_or_name_that_cannot_be_is_a_mistake_of_usage(main: Main, arguments: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
