"""The published tokenizers that other tests rely on are whole and load."""

import pytest

from r1data.engines.models import load_tokenizer
from tests.training.real_tokenizers import PACKAGES, real_tokenizer


@pytest.mark.parametrize("name", PACKAGES)
def test_a_published_tokenizer_loads_with_its_chat_template(name: str) -> None:
    tokenizer = load_tokenizer(real_tokenizer(name))

    assert tokenizer.chat_template
    assert len(tokenizer) > 100_000
