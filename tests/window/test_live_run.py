"""The page of a run follows it: a real recipe with a real training, killed in the middle and run again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from r1data.recipe.report.links import window_key
from tests.conftest import R1
from tests.window.browser import Browse, Window

RECIPE = """\
name: small
steps:
  - miniature prompts: {as: prompts, count: 60, split: train}
  - train-grpo:
      {as: zero, input: "${prompts}", model: "miniature:base", steps: 6, save-steps: 2, prompts-per-step: 2,
       generations: 4, steps-per-rollout: 1, beta: 0, template: plain, max-tokens: 24, threads: 1,
       reward: {accuracy: 1, format: 0.2}}
  - miniature prompts: {as: more, count: 10, split: train}
"""
SECONDS = 240_000
"""Milliseconds until what a test waits for must have come: a limit, not a measurement."""


@pytest.fixture
def recipe(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts `r1 run` of the recipe in the test's folder, in a process group of its own."""
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        with (tmp_path / "run.log").open("a") as log:
            started.append(
                subprocess.Popen(
                    [R1, "run", "recipe.yaml", "-o", "run"], cwd=tmp_path, stdout=log, stderr=log,
                    start_new_session=True, env={**os.environ, "HF_HUB_OFFLINE": "1"},
                )
            )  # fmt: skip
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_pages_of_a_run_follow_it(
    recipe: Callable[[], subprocess.Popen[bytes]],
    window: Callable[..., Window],
    browse: Browse,
    tmp_path: Path,
) -> None:
    """Waiting, running, interrupted by kill -9, running, done: all on one page that is never loaded again."""
    first = recipe()
    place = tmp_path / "run"
    while not (place / "run.json").exists():
        assert first.poll() is None, (tmp_path / "run.log").read_text()
    shown = window("view", "run")
    page = browse(shown.url(f"/r/{window_key(str(place))}"))
    page.evaluate("window.loadedOnce = true")
    assert page.locator(".drawing .step.is-waiting").first.is_visible()
    page.locator("#command-zero summary").click()
    zero = page.locator("#step-zero")
    zero.locator(".state.is-running").wait_for(timeout=SECONDS)
    page.locator(".drawing .step.is-running", has_text="zero").wait_for(timeout=SECONDS)

    link = page.locator("#step-zero th a")
    link.wait_for(timeout=SECONDS)
    training = browse(shown.url(str(link.get_attribute("href"))), context=page.context)
    training.evaluate("window.loadedOnce = true")
    training.locator("h1 .state.is-running").wait_for(timeout=SECONDS)
    training.locator("figure.chart canvas").first.wait_for(timeout=SECONDS)
    reward = training.locator("tr[data-key='reward'] [data-part=step]")
    reward.wait_for(timeout=SECONDS)
    while (
        int(reward.inner_text()) < 2
    ):  # the policy lets no script be evaluated, so Playwright cannot wait for it
        assert first.poll() is None
        training.wait_for_timeout(100)

    os.killpg(first.pid, signal.SIGKILL)
    first.wait(60)
    for seen, badge in ((page, "#step-zero .state.is-interrupted"), (training, "h1 .state.is-interrupted")):
        seen.bring_to_front()
        seen.locator(badge).wait_for(timeout=SECONDS)
    assert "running" not in page.locator("h1").inner_text()

    second = recipe()
    training.locator("h1 .state.is-running").wait_for(timeout=SECONDS)
    training.locator("h1 .state.is-done").wait_for(timeout=SECONDS)
    assert reward.inner_text() == "6"
    assert training.locator(".rollouts article").count() > 0
    page.bring_to_front()
    page.locator("#step-more .state.is-done").wait_for(timeout=SECONDS)
    page.locator("h1 .state.is-done").wait_for(timeout=SECONDS)
    assert second.wait(60) == 0
    assert zero.locator("td").first.inner_text().split()[-2:] == ["2", "attempts"]
    assert page.locator("#command-zero").get_attribute("open") is not None
    assert page.evaluate("window.loadedOnce") and training.evaluate("window.loadedOnce")
