"""The page that shows a dropped row beside what it lost to."""

from pathlib import Path

from starlette.testclient import TestClient

from r1data.window.library import Library
from tests.window.lineages import client, library, project

__all__ = ["client", "library", "project"]


def test_a_copy_stands_beside_the_row_that_stayed(
    project: Path, library: Library, client: TestClient
) -> None:
    opened = library.open(str(project / "dropped"))
    text = client.get(f"{opened.path}/lost?id=sums-0/3").text
    kept = library.open_dataset(str(project / "kept"))
    assert f"{kept.path}/row?id=sums-0%2F0" in text and "the same" in text


def test_what_differs_from_the_sample_that_was_selected_is_marked(
    project: Path, library: Library, client: TestClient
) -> None:
    opened = library.open(str(project / "left-out"))
    # The policy draws one of the two by their ids: the longer one lost, or the shorter one.
    texts = [client.get(f"{opened.path}/lost?id=sums-0/{sample}").text for sample in (0, 1)]
    (text,) = [each for each in texts if "not_selected" in each]
    assert ">Indeed it is right.</mark>" in text


def test_the_words_of_an_evaluation_are_marked(project: Path, library: Library, client: TestClient) -> None:
    opened = library.open(str(project / "left-out"))
    text = client.get(f"{opened.path}/lost?id=sums-2/0").text
    assert "contaminated" in text and "evaluation.jsonl" in text
    assert '<mark class="shared" title="shared with an evaluation">Tom has two apples' in text


def test_a_row_that_was_kept_lost_to_nothing(project: Path, library: Library, client: TestClient) -> None:
    opened = library.open(str(project / "kept"))
    assert "No row is named that stayed" in client.get(f"{opened.path}/lost?id=sums-0/0").text
