"""The made candidates that the build is measured on: what is planted in them is what its label says."""

from collections.abc import Iterator

import pytest

from benchmarks.candidate_rows import PAPER, CandidateRow, CandidateSettings, evaluation, rows
from benchmarks.candidates import candidate, table
from benchmarks.planting import runs
from r1data.selection.filtering import filter_table

SETTINGS = CandidateSettings(1_600, shard_rows=800)


@pytest.fixture(scope="module")
def made() -> list[CandidateRow]:
    """Two shards, with the copies that are to stand elsewhere."""
    return [row for number in (0, 1) for part in rows(SETTINGS, number) for row in part]


def planted(made: list[CandidateRow], label: str) -> Iterator[tuple[CandidateRow, str]]:
    return (
        (row, row.planted.partition(":")[2]) for row in made if (row.planted or "").startswith(f"{label}:")
    )


def shared(row: CandidateRow, line: str, length: int) -> bool:
    record = evaluation(SETTINGS.seed)[int(line) - 1]
    known = runs(record["question"], length) | runs(record["solution"], length)
    return any(runs(text, length) & known for text in (row.prompt, row.thoughts or "", row.answer))


def test_contaminated_rows_share_ten_words_with_their_line(made: list[CandidateRow]) -> None:
    found = [shared(row, line, 10) for row, line in planted(made, "contaminated")]
    assert len(found) >= 14 and all(found)


def test_near_misses_share_nine_words_and_not_ten(made: list[CandidateRow]) -> None:
    found = list(planted(made, "short"))
    assert len(found) >= 14
    assert all(shared(row, line, 9) and not shared(row, line, 10) for row, line in found)


def test_every_copy_has_its_original_and_exact_ones_say_the_same(made: list[CandidateRow]) -> None:
    there = {row.name: row for row in made}
    assert len(there) == len(made) == SETTINGS.rows
    for label in ("near", "exact"):
        for row, of in planted(made, label):
            assert there[of].planted is None
            same = (row.prompt, row.text) == (there[of].prompt, there[of].text)
            assert same == (label == "exact"), row.kind


def test_filters_drop_what_is_planted_for_them_and_nothing_else(made: list[CandidateRow]) -> None:
    samples = table([candidate(row) for row in made if not row.conversation], "verified")
    dropped = filter_table(samples)["dropped"].select(["planted", "drop_reasons"]).to_pylist()
    wanted = sorted(row.planted for row in made if (row.planted or "").startswith("bad:"))
    found = [row for row in dropped if not row["planted"].startswith("exact:")]
    assert sorted(row["planted"] for row in found) == wanted
    assert all(f"bad:{reason}" == row["planted"] for row in found for reason in row["drop_reasons"])


def test_domains_stand_as_in_the_paper(made: list[CandidateRow]) -> None:
    total = sum(count for count, _ in PAPER.values())
    for domain, (count, _) in PAPER.items():
        share = sum(row.domain == domain for row in made) / len(made)
        assert abs(share - count / total) < 0.02


def test_a_shard_is_the_same_whenever_it_is_made(made: list[CandidateRow]) -> None:
    here, far = rows(SETTINGS, 1)
    assert [*here, *far] == made[-len(here) - len(far) :]
