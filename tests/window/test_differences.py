"""Differences between two texts: what is marked, and that marking ends."""

from hypothesis import given
from hypothesis import strategies as st

from r1data.window.sides.differences import _WORDS, Search, differences, shared_run
from r1data.window.sides.rivals import TEXT_LIMIT, TURNS_LIMIT, is_cut, texts_of, turns


def marked(text: str, spans: tuple[tuple[int, int], ...]) -> list[str]:
    return [text[start:end] for start, end in spans]


def unmarked(text: str, spans: tuple[tuple[int, int], ...]) -> list[str]:
    """The words outside of the spans."""
    hits = _WORDS.finditer(text)
    return [h.group() for h in hits if not any(start <= h.start() < end for start, end in spans)]


def test_a_changed_word_is_marked_on_both_sides() -> None:
    left, right = "first 9-7, so we get 2.", "first 9-8, so we get 1."
    marked_spans = differences(left, right)
    assert (marked(left, marked_spans.left), marked(right, marked_spans.right)) == (["7", "2"], ["8", "1"])
    assert marked_spans.unit == "words"


def test_words_that_one_lacks_are_one_mark() -> None:
    left, right = "a b c d", "a b new words here c d"
    marked_spans = differences(left, right)
    assert (marked(left, marked_spans.left), marked(right, marked_spans.right)) == ([], ["new words here"])


def test_white_space_makes_no_difference() -> None:
    assert differences("a  b\n\nc", "a b c").same == 1.0


def test_chinese_is_compared_by_characters() -> None:
    left, right = "先算九加四", "先算九减四"
    assert marked(left, differences(left, right).left) == ["加"]


texts = st.lists(st.sampled_from(["a", "b", "c", "dog", "7", "+", "\n", "算"]), max_size=60).map(" ".join)


@given(texts, texts)
def test_what_is_not_marked_is_equal(left: str, right: str) -> None:
    marked_spans = differences(left, right)
    assert unmarked(left, marked_spans.left) == unmarked(right, marked_spans.right)


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_search_finds_a_longest_common_sequence(one: list[str], other: list[str]) -> None:
    lengths = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]
    for i, a in enumerate(one):
        for j, b in enumerate(other):
            lengths[i + 1][j + 1] = lengths[i][j] + 1 if a == b else max(lengths[i][j + 1], lengths[i + 1][j])
    matches = sorted(Search(one, other).fewest_changes(0, len(one), 0, len(other)))
    assert len(matches) == lengths[-1][-1]
    assert all(one[first] == other[second] for first, second in matches)


def test_repeated_words_in_another_order_end_within_the_allowance() -> None:
    # Without anchors and far from each other: quadratic for searches without a bound.
    assert 0 <= differences("a b " * 20_000, "b b a " * 15_000).same <= 1


def test_long_texts_are_compared_by_lines() -> None:
    left = "\n".join(f"line {number}" for number in range(40_000))
    right = left.replace("line 777\n", "another\n")
    marked_spans = differences(left, right)
    assert (marked(left, marked_spans.left), marked(right, marked_spans.right)) == (["line 777"], ["another"])
    assert marked_spans.unit == "lines"


def test_a_line_of_megabytes_ends() -> None:
    assert differences("x" * 4_000_000, "y" * 4_000_000).same == 0


def test_a_shared_run_of_words_is_found_whatever_stands_between() -> None:
    text = "Well: How many **Apples** does\nTom have?"
    span = shared_run(text, "many apples does tom")
    assert span is not None and text[slice(*span)] == "many **Apples** does\nTom"
    assert shared_run(text, "no such words") is None and shared_run(text, "") is None


@given(st.lists(st.integers(0, 3 * TEXT_LIMIT), min_size=1, max_size=8))
def test_texts_of_a_row_share_the_limit_and_short_ones_stay_whole(lengths: list[int]) -> None:
    row = {"messages": [{"role": "user", "content": "x" * length} for length in lengths]}
    cut = [len(text) for _, text in texts_of(row)]
    assert sum(cut) <= TEXT_LIMIT and is_cut(row) == (cut != lengths)
    assert all(
        shown == length or shown >= TEXT_LIMIT // len(lengths)
        for shown, length in zip(cut, lengths, strict=True)
    )


def test_a_conversation_of_thousands_of_turns_has_as_many_as_are_shown() -> None:
    row = {"messages": [{"role": "user", "content": f"turn {number}"} for number in range(5_000)]}
    other = {"messages": [{"role": "user", "content": f"turn {number + 1}"} for number in range(5_000)]}
    assert len(turns(row, other)) == TURNS_LIMIT and is_cut(row)
