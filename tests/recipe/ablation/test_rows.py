"""Every arm gets the same tokens and steps, and shares the rows that it can."""

from hypothesis import given
from hypothesis import strategies as st

from r1data.recipe.ablation.rows import SizedRow, batches, chosen_rows, tokens_of
from r1data.training.settings import SftSettings


def rows(*tokens: int, first: int = 0) -> list[SizedRow]:
    return [SizedRow(f"row-{first + i}", i, count) for i, count in enumerate(tokens)]


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(50, 500), st.integers(0, 9))
def test_less_than_a_rows_tokens_are_missing(sizes: list[int], budget: int, seed: int) -> None:
    chosen = chosen_rows(rows(*sizes), budget, seed)
    assert tokens_of(chosen) <= budget
    assert len(chosen) == len(sizes) or tokens_of(chosen) > budget - max(sizes)
    assert [row.place for row in chosen] == sorted(row.place for row in chosen)


def test_arms_share_their_rows() -> None:
    many = rows(*[10] * 100)
    fewer = [row for row in many if row.place % 2]
    chosen = {row.example for row in chosen_rows(many, 500, 1)}
    small = {row.example for row in chosen_rows(fewer, 200, 1)}
    assert len(small) == 20
    assert small <= {row.example for row in chosen_rows(many, 1000, 1)}
    assert len(chosen & {row.example for row in fewer}) > len(small)


def test_rows_that_no_filter_saw_stay() -> None:
    others = [SizedRow(f"other-{i}", 100 + i, 10, filtered=False) for i in range(5)]
    chosen = chosen_rows([*rows(*[10] * 100), *others], 100, 1)
    assert sum(not row.filtered for row in chosen) == 5
    assert len(chosen) == 10


@given(
    st.integers(1, 3000), st.integers(1, 3000), st.sampled_from([4, 16, 64]), st.sampled_from([1.0, 2.0, 3.0])
)
def test_every_arm_takes_the_same_steps(count: int, reference: int, batch: int, epochs: float) -> None:
    settings = SftSettings(batch_size=batch, epochs=epochs)
    own = batches(settings, count, reference)
    arm = SftSettings(batch_size=own.batch, epochs=own.epochs)
    assert arm.steps(count) == own.steps == settings.steps(reference)


def test_a_micro_batch_divides_its_batch() -> None:
    own = batches(SftSettings(batch_size=16, micro_batch=4, epochs=1.0), 95, 100)
    assert (own.batch, own.micro_batch) == (15, 3)
