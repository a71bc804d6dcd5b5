"""Layouts: a response in special tokens is told by its own parts, and reads like one in think tags."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from r1data.data.responses import as_tagged, split, token_of, with_tags, with_tokens
from r1data.selection.examples import assistant
from r1data.selection.filtering import filter_table
from r1data.verifiers.table import verify_table

TEXT = st.text(min_size=1, max_size=60)


@given(TEXT, st.text(max_size=60), TEXT)
def test_the_token_is_found_again(reasoning: str, answer: str, token: str) -> None:
    assert token_of(with_tokens(reasoning, answer, token), reasoning, answer) == token


@given(TEXT, TEXT)
def test_think_tags_are_no_token(reasoning: str, answer: str) -> None:
    assert token_of(with_tags(reasoning, answer), reasoning, answer) is None


def test_a_response_beside_its_thoughts_has_no_token() -> None:
    assert token_of("The answer is 12", "12", "The answer is 12") is None
    assert as_tagged(["The answer is 12", None], ["12", None], ["The answer is 12", None]) == [
        "The answer is 12",
        None,
    ]


def sample(response: str, reasoning: str, answer: str) -> pa.Table:
    row = {
        "prompt_id": "p",
        "sample_index": 0,
        "prompt": "1+1?",
        "system": None,
        "domain": "math",
        "language": "en",
    }
    row |= {"verifier": "math", "truth": "2", "source": "s", "finish_reason": "stop", "model": "m"}
    return pa.Table.from_pylist([{**row, "response": response, "reasoning": reasoning, "answer": answer}])


def test_a_box_among_the_thoughts_is_no_answer_in_special_tokens_either() -> None:
    thoughts, summary = "I first get \\boxed{2} and then doubt it.", "I do not know. \\boxed{3}"
    table = verify_table(sample(with_tokens(thoughts, summary), thoughts, summary))
    assert table["verdict"].to_pylist() == ["incorrect"]


def test_special_tokens_pass_the_filter_and_stay_in_the_set() -> None:
    thoughts, summary = "One and one makes two.", "It is \\boxed{2}."
    response = with_tokens(thoughts, summary)
    kept = filter_table(sample(response, thoughts, summary))["kept"]
    assert kept["response"].to_pylist() == [response]
    assert assistant(kept.to_pylist()[0]) == response


def test_tags_split_into_the_parts_they_were_made_of() -> None:
    assert split(with_tags("a\n\nb", "c")) == ("a\n\nb", "c")
