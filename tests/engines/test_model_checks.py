"""Templates and tokenizers in the worker: the same bytes as in this process, and an end to everything."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from r1data.data.resources import resource
from r1data.engines import model_checks
from r1data.engines.model_files import check_folder
from r1data.engines.models import fingerprint, load_tokenizer
from r1data.engines.templates import messages, render, render_all
from r1data.errors import UserError
from r1data.training.output.checkpoint import digest_of_model
from tests import tiny

TEXTS = st.text(st.characters(codec=None), max_size=40)


@given(st.lists(st.tuples(TEXTS, st.none() | TEXTS), min_size=1, max_size=5))
@settings(max_examples=30)
def test_a_chat_is_rendered_to_the_byte(pairs: list[tuple[str, str | None]]) -> None:
    tokenizer = load_tokenizer("miniature:base")
    expected = [
        tokenizer.apply_chat_template(messages(*pair), tokenize=False, add_generation_prompt=True)
        for pair in pairs
    ]
    assert render_all("chat", pairs, tokenizer) == expected


def test_many_chats_come_back_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_checks, "CHATS", 3)
    tokenizer = tiny.make_tokenizer()
    tokenizer.chat_template = "{{ messages[0].content }}"
    pairs = [(str(number), None) for number in range(10)]
    assert render_all("chat", pairs, tokenizer) == [text for text, _ in pairs]


def test_a_template_that_fails_leaves_the_next_one_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_checks, "RENDER_SECONDS", 0.3)
    tokenizer = tiny.make_tokenizer()
    tokenizer.chat_template = "{% for a in range(99999) %}" * 3 + "{% endfor %}" * 3
    with pytest.raises(UserError, match="does not end within"):
        render("chat", "1", None, tokenizer)
    tokenizer.chat_template = "{{ messages[0].content }}"
    assert render("chat", "1", None, tokenizer) == "1"


def test_a_relative_folder_is_looked_up_where_the_process_is_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_tokenizer("miniature:base")  # the worker runs from here on, in the directory of its start
    shutil.copytree(resource("recipes") / "miniature" / "base", tmp_path / "model")
    monkeypatch.chdir(tmp_path)
    assert load_tokenizer("model").get_vocab() == load_tokenizer("miniature:base").get_vocab()


def _hub_cache(folder: Path) -> Path:
    """The miniature as the hub's cache has it: files are links to blobs."""
    snapshot, blobs = folder / "models--a--b" / "snapshots" / "0123", folder / "models--a--b" / "blobs"
    for place in (snapshot, blobs):
        place.mkdir(parents=True)
    for number, file in enumerate(sorted((resource("recipes") / "miniature" / "base").iterdir())):
        shutil.copy(file, blobs / str(number))
        (snapshot / file.name).symlink_to(Path("../../blobs") / str(number))
    return snapshot


def test_links_of_the_hubs_cache_are_followed(tmp_path: Path) -> None:
    snapshot = _hub_cache(tmp_path)
    assert check_folder(snapshot) == snapshot
    assert fingerprint(snapshot) == fingerprint("miniature:base")
    assert load_tokenizer(snapshot).get_vocab() == load_tokenizer("miniature:base").get_vocab()


def test_a_folder_that_is_itself_a_link_is_the_users_choice(tmp_path: Path) -> None:
    shutil.copytree(resource("recipes") / "miniature" / "base", tmp_path / "model")
    (tmp_path / "link").symlink_to("model")
    (tmp_path / "model" / "copy.json").symlink_to("config.json")
    assert check_folder(tmp_path / "link") == tmp_path / "link"


def test_the_digest_covers_templates_in_their_folder(tmp_path: Path) -> None:
    model = Path(shutil.copytree(resource("recipes") / "miniature" / "base", tmp_path / "model"))
    before = digest_of_model(model)
    (model / "additional_chat_templates").mkdir()
    (model / "additional_chat_templates" / "tools.jinja").write_text("a")
    assert digest_of_model(model) != before
