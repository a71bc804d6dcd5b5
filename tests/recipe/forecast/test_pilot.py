"""A pilot is judged as the recipe would judge it, however far it has come already, and never by halves."""

import random
from pathlib import Path
from typing import Any

import pytest

from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.recipe.forecast import pilot
from r1data.recipe.forecast.steps import Branch, BuildPath, FilterPolicy
from r1data.selection import filtering
from r1data.verifiers import table
from r1data.verifiers.table import VerifyPlan
from tests.recipe.forecast import pilots

EVALUATION = "On Monday the old miller sold nine sacks of rye flour to the baker."


def way(policy: FilterPolicy | None = FilterPolicy(), judge: str | None = None, **settings: Any) -> BuildPath:
    branch = Branch("", 4, None, (), {}, VerifyPlan(), judge, policy)
    rest = {"decontaminate": (), "ngram": 10, "near": 0.7, "licenses": (), **settings}
    return BuildPath("set", branch, (), {}, 3, **rest)


def read(*places: Path, by: BuildPath | None = None) -> pilot.Pilot:
    return pilot.read([open_source(str(place)) for place in places], by or way())


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`rows.jsonl`, `verified`, and what the filter made of it, `kept` and `dropped`."""
    folder = tmp_path_factory.mktemp("stages")
    pilots.write(folder / "rows.jsonl", pilots.pilot())
    table.run(open_source(str(folder / "rows.jsonl")), str(folder / "verified"), workers=1)
    source = open_source(str(folder / "verified"))
    filtering.run(source, str(folder / "kept"), dropped=str(folder / "dropped"), workers=1)
    return folder


@pytest.mark.parametrize("names", [["verified"], ["kept", "dropped"], ["dropped", "kept"]])
def test_it_makes_no_difference_how_far_the_pilot_has_come(stages: Path, names: list[str]) -> None:
    found = read(*(stages / name for name in names))
    assert found.prompts.equals(read(stages / "rows.jsonl").prompts)


@pytest.mark.parametrize("name", ["kept", "dropped"])
def test_a_half_of_what_the_filter_made_is_refused(stages: Path, name: str) -> None:
    with pytest.raises(UserError, match="of the 160 rows that `r1 filter` read"):
        read(stages / name)


def test_a_file_of_what_was_kept_is_refused(tmp_path: Path) -> None:
    more = {"verdict": "correct", "verifier_version": "x", "drop_reasons": []}
    rows = pilots.write(tmp_path / "kept.jsonl", [{**row, **more} for row in pilots.pilot(prompts=3)])
    with pytest.raises(UserError, match="only what a filter kept"):
        read(rows)


def test_reasons_by_other_settings_are_given_anew(stages: Path) -> None:
    lenient = read(stages / "kept", stages / "dropped", by=way(FilterPolicy(keep="any")))
    assert lenient.prompts["good"].sum() == 160


def test_prompts_are_no_pilot(tmp_path: Path) -> None:
    rows = pilots.write(tmp_path / "prompts.jsonl", [{"prompt": "What is 1 + 1?"}])
    with pytest.raises(UserError, match="a pilot is some hundred prompts with samples"):
        read(rows)


def test_what_a_judge_must_decide_is_not_decided_without_it(stages: Path) -> None:
    with pytest.raises(UserError, match="judge qwen"):
        read(stages / "rows.jsonl", by=way(judge="qwen"))


def test_the_same_row_twice_counts_once(stages: Path) -> None:
    found = read(stages / "rows.jsonl", stages / "verified")
    assert found.prompts.equals(read(stages / "rows.jsonl").prompts) and found.repeated_rows == 160


def test_the_order_of_rows_makes_no_difference(stages: Path, tmp_path: Path) -> None:
    rows = pilots.pilot()
    random.Random(3).shuffle(rows)
    shuffled = read(pilots.write(tmp_path / "rows.jsonl", rows)).prompts
    counts = [name for name in shuffled.columns if not name.endswith("tokens")]
    assert shuffled.select(counts).equals(read(stages / "rows.jsonl").prompts.select(counts))


def altered(tmp_path: Path, **changes: Any) -> Path:
    """One prompt with four right responses, the last of which is altered."""
    rng = random.Random(0)
    (row, *_) = pilots.pilot(prompts=1)
    rows = [{**row, "sample_index": k, "response": pilots.response(0, True, rng)} for k in range(4)]
    rows[3] |= {name: change(rows) if callable(change) else change for name, change in changes.items()}
    return pilots.write(tmp_path / "rows.jsonl", rows)


def almost(rows: list[dict[str, Any]]) -> str:
    return str(rows[0]["response"]).replace("I add one.", "I add 1.")


@pytest.mark.parametrize(("near", "different"), [(0.7, 3), (2.0, 4)])
def test_near_copies_are_no_different_responses(tmp_path: Path, near: float, different: int) -> None:
    found = read(altered(tmp_path, response=almost), by=way(near=near)).prompts
    assert (found["good"][0], found["different"][0]) == (4, different)


def test_copies_are_good_but_not_different(tmp_path: Path) -> None:
    found = read(altered(tmp_path, response=lambda rows: rows[0]["response"])).prompts
    assert (found["good"][0], found["different"][0]) == (4, 3)


def test_contamination_is_seen(tmp_path: Path) -> None:
    rows = altered(tmp_path, response=lambda rows: rows[0]["response"].replace("one.", f"one. {EVALUATION}"))
    evaluation = pilots.write(tmp_path / "aime.jsonl", [{"prompt": EVALUATION}])
    found = read(rows, by=way(decontaminate=(str(evaluation),)))
    assert found.prompts["good"][0] == 3 and found.reasons == {"contaminated": 1}


def test_an_instruction_that_many_prompts_share_is_no_contamination(tmp_path: Path) -> None:
    rows = pilots.pilot()
    for row in rows:
        row["prompt"] = f"{row['prompt']} {EVALUATION}"
    pilots.write(tmp_path / "rows.jsonl", rows)
    evaluation = pilots.write(
        tmp_path / "aime.jsonl", [{"prompt": f"Who is number {n} there? {EVALUATION}"} for n in range(6)]
    )
    found = read(tmp_path / "rows.jsonl", by=way(decontaminate=(str(evaluation),)))
    assert "contaminated" not in found.reasons and found.prompts["good"].sum() > 0


def test_rows_of_another_licence_are_not_reckoned_with(tmp_path: Path) -> None:
    found = read(altered(tmp_path, license="MIT"), by=way(licenses=("MIT",)))
    assert found.prompts["good"][0] == 1


def test_without_a_filter_in_the_recipe_all_rows_go_on(stages: Path) -> None:
    assert read(stages / "rows.jsonl", by=way(policy=None)).prompts["good"].sum() == 160


def test_what_was_kept_of_a_plain_file_is_refused(tmp_path: Path) -> None:
    pilots.write(tmp_path / "rows.jsonl", pilots.pilot(prompts=5, judged=True))
    filtering.run(open_source(str(tmp_path / "rows.jsonl")), str(tmp_path / "kept"), workers=1)
    with pytest.raises(UserError, match="only what a filter kept"):
        read(tmp_path / "kept")
