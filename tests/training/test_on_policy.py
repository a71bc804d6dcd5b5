"""On-policy distillation: real steps of TRL on tiny models, a server that speaks as vLLM does, and what is refused."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch

from r1data.engines.model_files import read_tensors
from r1data.engines.models import load_model, load_tokenizer
from r1data.errors import UserError
from r1data.training import launch
from r1data.training.on_policy import teachers
from r1data.training.on_policy.divergence import NONE, bucketed, from_hidden
from r1data.training.settings import OnPolicySettings
from tests.served import Served, build_bytes
from tests.training import harness
from tests.training.loop.test_resume import interrupted_after, told, weights
from tests.training.tiny import build_model, lessons, sums

TOP = 20


def settings(*teacher: str, **others: Any) -> OnPolicySettings:
    small: dict[str, Any] = {
        "steps": 2,
        "lr": 1e-2,
        "generations": 2,
        "prompts_per_step": 2,
        "max_tokens": 6,
        "template": "plain",
        "threads": 1,
        "save_dtype": "float32",
    }
    return OnPolicySettings(**{**small, **others}, teachers=teachers.parse_teachers(teacher))


def distil(
    student: Path, out: Path, asked: OnPolicySettings, rows: list[dict[str, Any]] | None = None
) -> Any:
    return launch.run(rows or sums(), model=student, out=out, settings=asked, command="distill")


def metrics(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


class Server:
    """A vLLM server in this process: a model's log-probabilities of prompts, and its tokenizer."""

    def __init__(self, folder: Path, *, logprobs: bool = True, context: int = 1024) -> None:
        self.model, self.tokenizer = load_model(folder, device="cpu"), load_tokenizer(folder)
        self.logprobs, self.context, self.asked = logprobs, context, 0

    def reply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path == "/v1/models":
            return {"data": [{"id": "teacher", "max_model_len": self.context}]}
        if path == "/detokenize":
            return {"prompt": self.tokenizer.decode(body["tokens"])}
        self.asked += 1
        logs = self.positions(body["prompt"], body["prompt_logprobs"]) if self.logprobs else None
        return {"choices": [{"index": 0, "text": "", "finish_reason": "length", "prompt_logprobs": logs}]}

    @torch.no_grad()
    def positions(self, ids: list[int], top: int) -> list[dict[str, Any] | None]:
        logs = self.model(torch.tensor([ids])).logits[0].log_softmax(-1)
        rows: list[dict[str, Any] | None] = [None]
        for token, row in zip(ids[1:], logs, strict=False):
            named = dict.fromkeys([token, *row.topk(top).indices.tolist()])
            rows.append({str(id): {"logprob": row[id].item()} for id in named})
        return rows


@contextmanager
def serving(server: Server) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or "{}")
            content = json.dumps(server.reply(self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        Thread(target=http.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{http.server_port}"
        finally:
            http.shutdown()


@pytest.fixture(scope="session")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of another architecture than the student, with weights far from its."""
    folder = build_model(tmp_path_factory.mktemp("models") / "teacher", "llama")
    model = load_model(folder, device="cpu")
    torch.manual_seed(7)
    with torch.no_grad():
        model.lm_head.weight.normal_(std=0.5)
    model.save_pretrained(folder)
    return folder


def test_the_student_comes_closer_to_its_teacher(qwen: Path, teacher: Path, tmp_path: Path) -> None:
    distil(qwen, tmp_path / "out", settings(str(teacher), steps=20, prompts_per_step=4))
    rows = metrics(tmp_path / "out")
    assert rows[-1]["reverse_kl"] < 0.85 * rows[0]["reverse_kl"]
    assert rows[-1]["num_tokens"] > rows[0]["num_tokens"] > 0


def test_the_first_loss_is_the_reverse_kl_of_both_models(qwen: Path, teacher: Path, tmp_path: Path) -> None:
    """Computed again from whole logits over the same tokens."""
    out = tmp_path / "out"
    distil(qwen, out, settings(str(teacher), steps=1, generations=1, prompts_per_step=1, max_tokens=1))
    tokenizer = load_tokenizer(qwen)
    expected = []
    for row in sums():
        ids = torch.tensor([tokenizer(row["prompt"])["input_ids"]])
        mine, theirs = (
            load_model(folder, device="cpu")(ids).logits[0, -1].log_softmax(-1) for folder in (qwen, teacher)
        )
        expected.append((mine.exp() * (mine - theirs)).sum().item())
    assert min(abs(metrics(out)[0]["loss"] - value) for value in expected) < 1e-5


def test_a_teacher_of_all_ones_own_weights_teaches_nothing(qwen: Path, tmp_path: Path) -> None:
    distil(qwen, tmp_path / "out", settings(str(qwen), steps=1, loss="jsd"))
    assert metrics(tmp_path / "out")[0]["jsd"] == pytest.approx(0, abs=1e-6)


def test_a_served_teacher_gives_the_loss_of_the_same_one_in_a_folder(
    qwen: Path, teacher: Path, tmp_path: Path
) -> None:
    """With as many log-probabilities as there are tokens no bucket is left, and both losses are the same."""
    asked = settings(str(teacher), steps=1)
    distil(qwen, tmp_path / "folder", asked)
    with serving(Server(teacher)) as url:
        distil(qwen, tmp_path / "served", replace(asked, teachers={"": url}, teacher_top_k=264))
    local, served = (metrics(tmp_path / name)[0] for name in ("folder", "served"))
    assert served["loss"] == pytest.approx(local["loss"], rel=1e-4)
    assert served["entropy"] == pytest.approx(local["entropy"], rel=1e-4)
    assert served["grad_norm"] == pytest.approx(local["grad_norm"], rel=1e-3)


def test_each_domain_has_its_teacher(qwen: Path, teacher: Path, tmp_path: Path) -> None:
    rows = [{**row, "domain": ("math", "code", "stem")[i % 3]} for i, row in enumerate(sums(6))]
    with serving(Server(teacher)) as url:
        asked = settings(f"math={qwen}", f"code={url}", str(teacher), prompts_per_step=6, micro_batch=3)
        manifest = distil(qwen, tmp_path / "out", asked, rows).manifest
    first = metrics(tmp_path / "out")[0]
    assert first["reverse_kl/math"] == pytest.approx(0, abs=1e-6)
    assert first["reverse_kl/code"] > 0.01 and first["reverse_kl/other"] > 0.01
    assert manifest["summary"]["domains"] == {"code": 2, "math": 2, "stem": 2}


def test_prompts_of_an_sft_set_are_taken_once(qwen: Path, teacher: Path, tmp_path: Path) -> None:
    summary = distil(qwen, tmp_path / "out", settings(str(teacher)), lessons() * 2).manifest["summary"]
    assert summary["prompts"] == 10


def test_vocabularies_of_other_padding_are_compared_over_what_both_have(qwen: Path, tmp_path: Path) -> None:
    """As in Qwen2.5, whose large models have 128 rows more than the small ones."""
    wider = tmp_path / "wider"
    model, tokenizer = load_model(qwen, device="cpu"), load_tokenizer(qwen)
    model.resize_token_embeddings(300, mean_resizing=False)
    model.save_pretrained(wider)
    tokenizer.save_pretrained(wider)
    for student, teacher in ((qwen, wider), (wider, qwen)):
        out = tmp_path / f"out-{student.name}"
        distil(student, out, settings(str(teacher), steps=1))
        assert metrics(out)[0]["reverse_kl"] == pytest.approx(0, abs=1e-6)


def other_vocabulary(folder: Path) -> Path:
    """The tiny model, two of whose tokens have changed places."""
    build_model(folder)
    content = json.loads((folder / "tokenizer.json").read_text())
    vocabulary = content["model"]["vocab"]
    vocabulary["a"], vocabulary["b"] = vocabulary["b"], vocabulary["a"]
    (folder / "tokenizer.json").write_text(json.dumps(content))
    return folder


def refused(
    asked: OnPolicySettings, student: Path, out: Path, rows: list[dict[str, Any]] | None = None
) -> str:
    with pytest.raises(UserError) as error:
        distil(student, out, asked, rows)
    assert not out.exists()
    return str(error.value)


def test_another_vocabulary_is_refused_with_by_how_much(qwen: Path, tmp_path: Path) -> None:
    other = other_vocabulary(tmp_path / "other")
    message = refused(settings(str(other)), qwen, tmp_path / "out")
    assert "2 of 258 token ids differ" in message and "'a' and 'b'" in message
    with serving(Server(other)) as url:
        assert "another vocabulary" in refused(settings(url), qwen, tmp_path / "out")


def test_a_server_without_log_probabilities_of_prompts_is_refused(
    qwen: Path, teacher: Path, tmp_path: Path
) -> None:
    with serving(Server(teacher, logprobs=False)) as url:
        assert "serve it with vLLM" in refused(settings(url), qwen, tmp_path / "out")


def test_a_context_too_short_for_prompt_and_response_is_refused(
    qwen: Path, teacher: Path, tmp_path: Path
) -> None:
    with serving(Server(teacher, context=9)) as url:
        message = refused(settings(url), qwen, tmp_path / "out")
    assert "give --max-tokens 4" in message
    assert "give --max-tokens 1020" in refused(
        settings(str(teacher), max_tokens=2_000), qwen, tmp_path / "out"
    )


def test_a_teacher_that_does_not_fit_beside_the_student_is_to_be_served(qwen: Path, teacher: Path) -> None:
    with pytest.raises(UserError, match="serve it"):
        teachers.refuse_too_large(qwen, settings(str(teacher)), memory=400_000)


def test_a_student_that_may_be_shared_is_not_counted_whole(qwen: Path, teacher: Path) -> None:
    size = 4 * sum(tensor.elements for tensor in read_tensors(teacher))
    student = 16 * sum(tensor.elements for tensor in read_tensors(qwen))
    shared = replace(settings(str(teacher)), processes=2)
    teachers.refuse_too_large(qwen, shared, memory=2 * size + student)
    with pytest.raises(UserError, match="serve it"):
        teachers.refuse_too_large(qwen, replace(shared, strategy="ddp"), memory=2 * size + student)


def test_prompts_of_a_domain_without_a_teacher_are_refused(qwen: Path, tmp_path: Path) -> None:
    rows = [{**row, "domain": "code"} for row in sums(3)] + [{**row, "domain": "math"} for row in sums(1)]
    message = refused(settings(f"math={qwen}"), qwen, tmp_path / "out", rows)
    assert "3 of 4 prompts have no teacher (domain code)" in message


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["runs/lr=1/model"], {"": "runs/lr=1/model"}),
        (["math=a", "code=http://h:1#x=y", "b"], {"math": "a", "code": "http://h:1#x=y", "": "b"}),
        (["http://h:1/v1?a=b"], {"": "http://h:1/v1?a=b"}),
        (["math:zh=org/name"], {"math:zh": "org/name"}),
    ],
)
def test_teachers_are_told_by_domain(texts: list[str], expected: dict[str, str]) -> None:
    assert teachers.parse_teachers(texts) == expected


@pytest.mark.parametrize("beta", [0.0, 0.5, 1.0])
def test_the_bucket_of_all_others_never_adds_to_the_divergence(beta: float) -> None:
    torch.manual_seed(0)
    student, teacher = (torch.randn(5, 40).log_softmax(-1) for _ in range(2))
    everything = torch.ones_like(student, dtype=torch.bool)
    exact = bucketed(student, teacher, everything, beta)
    ids = teacher.topk(10).indices
    some = bucketed(student.gather(-1, ids), teacher.gather(-1, ids), everything[:, :10], beta)
    assert (some <= exact + 1e-5).all() and (some > 0).all()


def test_absent_tokens_change_nothing() -> None:
    torch.manual_seed(0)
    hidden, weight = torch.randn(6, 8), torch.randn(30, 8)
    ids = torch.arange(3).repeat(6, 1)
    logs = torch.full((6, 3), -2.0)
    padded_ids = torch.cat([ids, torch.full((6, 2), NONE)], dim=1)
    padded_logs = torch.cat([logs, torch.zeros(6, 2)], dim=1)
    plain = from_hidden(hidden, weight, None, ids, logs, 1.0)[0]
    assert from_hidden(hidden, weight, None, padded_ids, padded_logs, 1.0)[0] == pytest.approx(plain.item())


@pytest.fixture
def pair(tmp_path: Path, teacher: Path) -> Path:
    """A student with its teacher beside it, where the harness looks for it."""
    (tmp_path / "teacher").symlink_to(teacher)
    return build_model(tmp_path / "student")


@pytest.mark.slow
def test_a_run_that_was_killed_ends_like_a_whole_one(pair: Path, tmp_path: Path) -> None:
    out = tmp_path / "broken"
    assert interrupted_after(5, "on-policy", pair, out, signal.SIGKILL) == -signal.SIGKILL
    for folder in (out, tmp_path / "whole"):
        harness.main("on-policy", str(pair), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")


@pytest.mark.slow
def test_two_processes_train_as_one_folder(pair: Path, tmp_path: Path) -> None:
    harness.main("on-policy-by-two", str(pair), str(tmp_path / "out"))
    rows = metrics(tmp_path / "out")
    assert len(rows) == 12 and rows[0]["r1/n"] == 8
    assert rows[-1]["reverse_kl"] < rows[0]["reverse_kl"]


def test_another_kind_of_training_into_the_same_folder_is_refused(
    qwen: Path, teacher: Path, tmp_path: Path
) -> None:
    distil(qwen, tmp_path / "out", settings(str(teacher), steps=1))
    with pytest.raises(UserError, match="was begun as on-policy training, not sft"):
        launch.run(lessons(), model=qwen, out=tmp_path / "out", settings=harness.SFT, command="distill")


@pytest.mark.vllm
@pytest.mark.slow
def test_a_real_vllm_server_scores_its_own_model_as_the_student_does(served: Served, tmp_path: Path) -> None:
    """The student is the served model itself: where positions and tokens agree, no divergence is left."""
    asked = settings(served.url, steps=1, max_tokens=12)
    manifest = distil(served.folder, tmp_path / "same", asked).manifest
    assert metrics(tmp_path / "same")[0]["reverse_kl"] == pytest.approx(0, abs=1e-4)
    assert manifest["finished"]
    other = build_bytes(tmp_path / "other", hidden_size=64)
    distil(other, tmp_path / "out", asked)
    assert metrics(tmp_path / "out")[0]["reverse_kl"] > 1e-3
