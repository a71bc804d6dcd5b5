"""The page of a prompt's samples."""

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from r1data.exchange.ingest import ingest
from r1data.window.library import Library, OpenDataset
from r1data.window.pages.prompt import PAGE
from tests.window.lineages import client, library

__all__ = ["client", "library"]
HOSTILE = "<script>document.title='ran'</script>\u202e"


def row(index: int, **values: Any) -> dict[str, Any]:
    """A sample of `group`; every third is correct, every seventh not known."""
    verdict = "timeout" if index % 7 == 6 else "correct" if index % 3 == 0 else "incorrect"
    answer = None if verdict == "timeout" else "4" if verdict == "correct" else "5"
    return {
        "prompt_id": "group", "prompt": "What is 2 + 2?", "truth": "4", "sample_index": index, "model": "m",
        "response": f"Response {index}. {HOSTILE}", "response_tokens": 10 + index, "verdict": verdict,
        "extracted": answer, "verifier_version": "math/4", "score": None, **values,
    }  # fmt: skip


def opened(library: Library, folder: Path, rows: list[dict[str, Any]]) -> OpenDataset:
    (folder / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    ingest(str(folder / "rows.jsonl"), str(folder / "verified"), workers=1)
    return library.open_dataset(str(folder / "verified"))


def test_a_group_shows_its_pass_rate_and_its_answers(
    tmp_path: Path, library: Library, client: TestClient
) -> None:
    dataset = opened(library, tmp_path, [row(index) for index in range(8)])
    text = client.get(f"{dataset.path}/prompt?id=group").text
    assert "2 of 7 correct (28.6%)" in text and "1 without a known verdict" in text
    assert "Response 3" not in text and text.count('class="sample"') == 8


def test_an_answer_leads_to_its_samples_alone(tmp_path: Path, library: Library, client: TestClient) -> None:
    dataset = opened(library, tmp_path, [row(index) for index in range(8)])
    text = client.get(f"{dataset.path}/prompt?id=group&answer=4&verdict=correct").text
    assert text.count('class="sample"') == 2
    assert (
        client.get(f"{dataset.path}/prompt?id=group&answer=-none&verdict=timeout").text.count(
            'class="sample"'
        )
        == 1
    )


def test_rollouts_stand_step_by_step_with_rewards_and_advantages(
    tmp_path: Path, library: Library, client: TestClient
) -> None:
    rows = [
        row(index, policy_step=8 * (index // 4), reward=0.5, reward_format=None, advantage=-1.25)
        for index in range(8)
    ]
    text = client.get(f"{opened(library, tmp_path, rows).path}/prompt?id=group").text
    assert text.index('id="step-0"') < text.index('id="step-8"')
    assert "advantage -1.250" in text and "format unknown" in text and "Pass rate by step" in text


def test_a_text_is_read_when_it_is_asked_for_and_runs_nothing(
    tmp_path: Path, library: Library, client: TestClient
) -> None:
    dataset = opened(library, tmp_path, [row(index) for index in range(4)])
    text = client.get(f"{dataset.path}/prompt/text?id=group/3").text
    assert "Response 3" in text and "<script>" not in text and "\u202e" not in text


def test_hundreds_of_samples_come_in_pages(tmp_path: Path, library: Library, client: TestClient) -> None:
    dataset = opened(library, tmp_path, [row(index) for index in range(PAGE + 3)])
    first = client.get(f"{dataset.path}/prompt?id=group").text
    assert first.count('class="sample"') == PAGE and f"from={PAGE}" in first
    assert client.get(f"{dataset.path}/prompt?id=group&from={PAGE}").text.count('class="sample"') == 3


@pytest.mark.parametrize("query", ["", "?id=no-such", "?id=group&from=-1", "?id=group&from=%C2%B2"])
def test_what_is_not_there_is_a_plain_page(
    tmp_path: Path, library: Library, client: TestClient, query: str
) -> None:
    dataset = opened(library, tmp_path, [row(0)])
    assert client.get(f"{dataset.path}/prompt{query}").status_code == 400


def test_a_step_among_many_is_shown_from_its_first_sample(
    tmp_path: Path, library: Library, client: TestClient
) -> None:
    rows = [row(index, policy_step=index // 10) for index in range(PAGE + 30)]
    dataset = opened(library, tmp_path, rows[::-1])
    first = client.get(f"{dataset.path}/prompt?id=group").text
    assert f'<option value="{PAGE + 10}">' in first
    text = client.get(f"{dataset.path}/prompt?id=group&from={PAGE + 10}").text
    assert text.count('class="sample"') == 20 and f'id="step-{PAGE // 10 + 1}"' in text
