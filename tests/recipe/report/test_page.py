"""The page shows what the run's files say, missing where nothing is, and nothing from outside can act in it."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.recipe import record
from r1data.recipe.report import page
from r1data.recipe.report.runs import read_run
from r1data.recipe.report.tables import summary
from tests.recipe.report.report_fakes import make_run

HOSTILE = '</pre><script>alert(1)</script><img src="http://x/y.png" onerror=alert(1)>\x1b[2J\u202e&amp;'


class Tags(HTMLParser):
    """Every tag with its attributes; unbalanced ones are an error."""

    VOID = ("meta", "br", "line", "polyline", "polygon", "img", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "one")


def test_a_page_is_whole_and_asks_for_nothing(folder: Path) -> None:
    text = page.html([read_run(folder)])
    tags = Tags(text).seen
    names = {tag for tag, _ in tags}
    assert not names & {"script", "img", "link", "iframe", "object", "form"}
    assert not [a for _, attributes in tags for a in attributes if a.startswith("on") or a == "src"]
    links = [attributes["href"] for _, attributes in tags if "href" in attributes]
    assert links and all(link.startswith("http://127.0.0.1:8311/r/") for link in links)
    assert "@import" not in text and "url(" not in text
    assert text.count("<svg") == len(page.FIGURES) == text.count("<desc>")
    assert "prefers-color-scheme: dark" in text and 'name="viewport"' in text


def test_text_from_models_and_recipes_stays_text(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", problems=4, samples=2, response=HOSTILE)
    found = record.read(folder)
    assert found
    found.recipe["description"] = found.recipe["name"] = HOSTILE
    found.versions[HOSTILE] = HOSTILE
    found.steps["r1-zero"].arguments.append(HOSTILE)
    found.steps[HOSTILE] = found.steps["r1-zero"]
    found.recipe["order"].append(HOSTILE)
    record.write(folder, found)
    text = page.html([read_run(folder)])
    tags = Tags(text).seen
    assert not {tag for tag, _ in tags} & {"script", "img"}
    assert "\x1b" not in text and "\u202e" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_what_was_not_run_is_shown_as_missing(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", problems=4)
    found = record.read(folder)
    assert found
    del found.steps["eval-r1"], found.steps["r1"]
    found.steps["eval-distilled"].exit = 1
    (folder / "rl-plain" / "metrics.jsonl").unlink()
    record.write(folder, found)
    run = read_run(folder)
    text = page.html([run])
    assert "Not in this run: an evaluation of R1." in text
    assert "Not in this run: an evaluation of Student, distilled." in text
    assert "not in this run: without the language reward" in text
    assert "<td>not run</td>" in text and "<td>exit 1</td>" in text
    assert re.search(r'<th scope="row">R1</th>(<td class="none">–</td>)+</tr>', text)
    assert "R1" not in summary([run])


def test_a_recipe_is_asked_only_for_what_it_plans(tmp_path: Path) -> None:
    """One without RL, as `recipes/real.yaml`: none of the paper's comparisons, and the responses of what there is."""
    folder = make_run(tmp_path / "run", problems=2)
    found = record.read(folder)
    assert found
    planned = ("base", "cold-start", "student-distilled")
    found.report = {role: steps for role, steps in found.report.items() if role in planned}
    found.recipe["trainings"] = {}
    record.write(folder, found)
    text = page.html([read_run(folder)])
    Tags(text)
    assert "What it shows" not in text and "an evaluation of" not in text
    assert all(f"<h4>{label}" in text for label in ("Base", "Cold start", "Student, distilled"))


def test_a_table_names_its_own_models_samples(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", problems=2, samples=4)
    make_run(tmp_path / "other", problems=2, samples=1)
    shutil.rmtree(folder / "eval-student")
    shutil.move(tmp_path / "other/eval-student", folder / "eval-student")
    text = page.html([read_run(folder)])
    assert text.count("2 problems × 4 samples") == 2 and text.count("2 problems × 1 samples") == 1


def test_a_run_that_has_only_begun_has_a_page(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", problems=2)
    found = record.read(folder)
    assert found
    found.steps.clear()
    record.write(folder, found)
    text = page.html([read_run(folder)])
    Tags(text)
    assert text.count('class="missing"') == 7
    assert "<svg" not in text
    assert summary([read_run(folder)]) == {}


def test_several_seeds_give_mean_and_standard_error(tmp_path: Path) -> None:
    runs = [read_run(make_run(tmp_path / str(seed), seed=seed, problems=6)) for seed in (1, 2, 3)]
    text = page.html(runs)
    Tags(text)
    assert "Seeds 1, 2, 3" in text and "standard error over 3 seeds" in text


def test_wrong_folders_and_torn_metrics_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run here"):
        read_run(tmp_path)
    folder = make_run(tmp_path / "run", problems=2)
    with (folder / "r1-zero/metrics.jsonl").open("a") as file:
        file.write('{"step": 8')
    with pytest.raises(UserError, match=r"metrics\.jsonl:89: not JSON"):
        read_run(folder)


def test_odd_numbers_in_metrics_are_left_out(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", problems=2)
    odd = [
        {"step": i, "r1/accuracy": value} for i, value in enumerate((float("nan"), "x", None, True, 1e400))
    ]
    (folder / "r1-zero/metrics.jsonl").write_text("\n".join(map(json.dumps, odd)))
    assert "Not in this run." in page.html([read_run(folder)])
