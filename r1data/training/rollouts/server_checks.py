"""Whether a vLLM server can generate for a run: it answers, has what it needs switched on, and serves this model.

Asked before training starts. What is missing is said with the command line that starts a server as it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests

from r1data.data.text import one_line
from r1data.errors import UserError

SECONDS = 30.0
"""For an answer that no model has to write. Ours."""
EXTENSION = "r1data.training.rollouts.served_worker.FolderWeights"
START = {
    "folder": (
        "VLLM_SERVER_DEV_MODE=1 python -m vllm.entrypoints.openai.api_server --model MODEL --generation-config vllm "
        f"--logprobs-mode processed_logprobs --worker-extension-cls {EXTENSION}"
    ),
    "nccl": (
        "VLLM_SERVER_DEV_MODE=1 vllm serve MODEL --generation-config vllm --logprobs-mode processed_logprobs "
        """--weight-transfer-config '{"backend": "nccl"}'"""
    ),
}
"""How a server is started, by the way that weights reach it."""


def check_server(url: str, sync: str) -> None:
    """Raise UserError where no vLLM server answers that can be given weights."""
    start = f"start it with: {START[sync]}"
    session = requests.Session()
    try:
        session.get(f"{url}/health", timeout=SECONDS).raise_for_status()
        reply = session.get(f"{url}/server_info", params={"config_format": "json"}, timeout=SECONDS)
    except requests.RequestException as error:
        raise UserError(f"no vLLM server at {url} ({_reason(error)}); {start}") from error
    if reply.status_code != 200:
        raise UserError(f"the server at {url} does not let its weights be changed; {start}")
    try:
        config = reply.json()["vllm_config"]
        mode, extension = (
            config["model_config"]["logprobs_mode"],
            config["parallel_config"]["worker_extension_cls"],
        )
        transfer = config.get("weight_transfer_config")
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"the server at {url} does not say how it runs, as vLLM 0.22 to 0.32 do; {start}"
        ) from error
    if mode != "processed_logprobs":
        raise UserError(
            f"the vLLM server at {url} runs with --logprobs-mode {one_line(str(mode), 40)}, whose log-probabilities "
            f"are not those of what it samples; {start}"
        )
    if sync == "folder" and extension != EXTENSION:
        raise UserError(f"the vLLM server at {url} cannot load weights from a folder; {start}")
    if sync == "nccl" and not transfer:
        raise UserError(f"the vLLM server at {url} has no weight transfer; {start}")


def check_model(url: str, config: Any, context: int | None) -> str:
    """The name under which a server serves a run's model. Raises UserError for another architecture, or where the
    longest prompt and response do not fit."""
    session = requests.Session()
    model = ask(session, "GET", url, "/v1/models", None, SECONDS)
    info = ask(session, "GET", url, "/server_info?config_format=json", None, SECONDS)
    try:
        served, length = str(model["data"][0]["id"]), int(model["data"][0]["max_model_len"])
        other = info["vllm_config"]["model_config"].get("hf_config") or {}
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise gone(url, f"an answer that cannot be read ({error!r})") from error
    if context is not None and length < context:
        raise UserError(
            f"the vLLM server at {url} reads {length:,} tokens, and the longest prompt with its response has "
            f"{context:,}; start it with --max-model-len {context}, or lower --max-tokens"
        )
    _compare(url, served, config, other)
    return served


def _compare(url: str, served: str, config: Any, other: Any) -> None:
    if not isinstance(other, Mapping):
        return
    for name in ("model_type", "hidden_size", "num_hidden_layers", "vocab_size"):
        mine, theirs = getattr(config, name, None), other.get(name)
        if mine is not None and theirs is not None and mine != theirs:
            raise UserError(
                f"the vLLM server at {url} serves {one_line(served, 80)} with {name} {one_line(str(theirs), 40)}, and "
                f"this run trains one with {mine}; serve the model that is trained"
            )


def ask(
    session: requests.Session,
    method: str,
    url: str,
    path: str,
    body: Mapping[str, Any] | None,
    seconds: float,
) -> dict[str, Any]:
    """An answer of a server as JSON; empty where it has none. Raises UserError where it is gone, or refuses."""
    try:
        reply = session.request(method, url + path, json=body, timeout=(SECONDS, seconds))
        if reply.status_code >= 400:
            raise gone(url, f"{path.partition('?')[0]}: {reply.status_code} {one_line(reply.text, 200)}")
        parsed = reply.json() if reply.content else {}
    except (requests.RequestException, ValueError) as error:
        raise gone(url, error) from error
    return parsed if isinstance(parsed, dict) else {}


def gone(url: str, why: object) -> UserError:
    """The line for a server that has left a run."""
    return UserError(
        f"the vLLM server at {url} failed ({_reason(why)}); start it again and run the same command again, which goes "
        "on from the last checkpoint"
    )


def _reason(why: object) -> str:
    if isinstance(why, requests.ConnectionError):
        return "no connection"
    if isinstance(why, requests.Timeout):
        return "no answer in time"
    return one_line(str(why), 200) or type(why).__name__
