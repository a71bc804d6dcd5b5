"""Every code block of the pages that teach runs, in order, in one folder a page, and shows what the page says."""

from pathlib import Path

import pytest

from tests.docs.blocks import TOP, Folder, blocks, first_difference

PAGES = ("README.md", "docs/tutorial.md", "docs/api.md")  # docs/extending.md: tests/extending


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PAGES)
def test_every_block_of_a_page_runs_and_shows_what_the_page_says(page: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    found = blocks(TOP / page)
    assert found
    for block in found:
        folder.run(block)


def test_output_is_compared_by_its_words_and_roughly_by_its_figures() -> None:
    said = "verify: 40/40 rows\n  correct    14\n  digest  0cfb3d\n"
    assert first_difference("  correct   15\n digest …\n", said) is None
    assert first_difference("  correct  40\n", said) == "  correct  40"
    assert first_difference("digest …\ncorrect 14\n", said) == "correct 14"
