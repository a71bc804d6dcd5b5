"""What is said of each arm, from scores that are given."""

import json
from pathlib import Path

from r1data.recipe.ablation import page, receipts
from r1data.recipe.ablation.arms import FilterOptions, choose
from r1data.recipe.ablation.receipts import ArmRows, Receipts
from r1data.recipe.ablation.rows import Batches

SEEDS = (1, 2, 3)
ARMS = choose(FilterOptions("correct", ()), {"incorrect": 4, "truncated": 2, "duplicate": 1})
QUESTIONS = [f"q{i}" for i in range(40)]


def arm_rows(same_as: str | None = None) -> ArmRows:
    by_seed = dict.fromkeys(SEEDS, 10)
    return ArmRows(12, 120, by_seed, by_seed, dict.fromkeys(SEEDS, Batches(4, 2.0, 5)), by_seed, same_as)


def scores(right: int) -> dict[int, dict[str, float]]:
    """The first questions are right, a few more with each seed."""
    return {seed: {q: float(i < right + seed % 2) for i, q in enumerate(QUESTIONS)} for seed in SEEDS}


def result() -> Receipts:
    rows = {arm.name: arm_rows() for arm in ARMS.arms} | {"without-duplicate": arm_rows("all")}
    by_arm = {
        "all": scores(30),
        "without-verdict": scores(10),
        "without-truncated": scores(31),
        "none": scores(9),
    }
    facts = {
        "recipe": "small",
        "chain": ["a", "b", "c", "d"],
        "run": "arms",
        "seeds": list(SEEDS),
        "tokens": 10,
    }
    return receipts.compare(facts, ARMS.arms, ARMS.idle, rows, by_arm)


def test_a_filter_pays_or_is_not_significant() -> None:
    texts = receipts.table(result())
    assert texts["without-verdict"]["the filter"] == "pays"
    assert texts["without-truncated"]["the filter"] == "not significant"
    assert texts["without-duplicate"]["the filter"] == "changes no row"
    assert texts["all"]["all - arm"] == texts["without-duplicate"]["all - arm"] == "–"
    assert texts["none"]["all - arm"].startswith("+52.5 [")


def test_comparisons_are_counted_without_arms_that_were_not_trained() -> None:
    own = result()
    assert own.comparisons == 3
    lines = " ".join(receipts.explanation(own))
    assert "40 questions and 3 seeds; 95% intervals over questions and seeds." in lines
    assert "3 comparisons" in lines and "without-duplicate has the training set of all" in lines
    assert "bad_format" in lines


def test_the_files_hold_every_arm(tmp_path: Path) -> None:
    own = result()
    values = json.loads(receipts.write(own, tmp_path).read_text())
    assert [each["arm"] for each in values["arms"]] == [arm.name for arm in ARMS.arms]
    assert values["arms"][1]["all_minus_arm"]["says"] == "pays"
    html = page.write(own, tmp_path).read_text()
    assert html.count("<polygon") == 3
    assert all(f">{arm.name}<" in html for arm in ARMS.arms)


def test_a_question_that_nobody_could_judge_in_one_arm_is_left_out() -> None:
    by_arm = {
        "all": scores(30),
        "without-verdict": scores(10),
        "without-truncated": scores(31),
        "none": scores(9),
    }
    del by_arm["none"][2]["q0"]
    rows = {arm.name: arm_rows() for arm in ARMS.arms} | {"without-duplicate": arm_rows("all")}
    own = receipts.compare({}, ARMS.arms, (), rows, by_arm)
    none = own.receipts[-1].worth
    assert none is not None and none.difference.questions == 39
