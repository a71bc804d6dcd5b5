"""The service without HTTP: verdicts and rewards for items, whatever becomes of the checkers.

A verdict is never guessed: an item whose checker dies twice has the verdict `error` (cause `crash`), one whose checker
does not end in time `timeout` (`limit`), and neither is ever worth 0. Rewards are computed from verdicts that are
there, prompt by prompt, since some of them compare the responses to one prompt; a response on which a reward fails or
hangs gets none, and the others get what they would have got without it.
"""

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from r1data.errors import UserError
from r1data.training.rewards import REWARDS
from r1data.training.verdict_service.checking import CheckQueue, Reply
from r1data.training.verdict_service.metrics import Metrics
from r1data.training.verdict_service.protocol import (
    Item,
    is_verifiable,
    item_of,
    prompts_of,
    verifier_of,
    weighted_sum,
)
from r1data.training.verdict_service.worker import verdict_as_json
from r1data.verifiers.code.verifier import ROW_SECONDS
from r1data.verifiers.failures import failed
from r1data.verifiers.judge.review import Judging
from r1data.verifiers.registry import JUDGE
from r1data.verifiers.table import version_of
from r1data.verifiers.verdict import DECIDED, Case, Verdict, VerdictColumns

WARM = item_of({"response": r"\boxed{(x+1)^2}", "truth": "$x^2+2x+1$", "verifier": "math"}, "warm-up")
"""An item for which a checker has to start all that maths needs."""

JUDGE_REQUESTS = 64
"""Requests for which a served judge is asked at once; others that want it wait, and they alone. Ours."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what the service takes on; all are ours.

    `seconds` for one verdict; `grace` seconds more until a checker that has not ended by itself is killed; `queue`
    items that wait; `body` bytes of a request.
    """

    seconds: float = 5.0
    grace: float = 30.0
    queue: int = 16_384
    body: int = 64 << 20


class Service:
    """Verdicts and rewards by a pool of checkers.

    Args:
        workers: checkers at work at once.
        judging: a model decides what is for it; it is asked from this process, beside the checkers.
    """

    def __init__(self, workers: int, limits: Limits, judging: Judging | None = None) -> None:
        self.limits = limits
        self.judging = judging
        # A model in this process answers one request after the other.
        at_once = JUDGE_REQUESTS if judging and judging.judge.settings.remote else 1
        self._judge_requests = asyncio.Semaphore(at_once)
        self.metrics = Metrics()
        self.queue = CheckQueue(workers, limits.queue, self.metrics.check_seconds.observe)
        self.ready = False

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["Service"]:
        """The service with its checkers, which are ended at the end."""
        self.queue.start()
        warming = asyncio.create_task(self._warm())
        try:
            yield self
        finally:
            warming.cancel()
            await self.queue.close()

    async def verdicts(self, items: Sequence[Item]) -> list[Reply]:
        """The verdict on each item, in order. Raises Busy."""
        self.queue.admit(len(items))
        return await self._verdicts(items)

    async def _verdicts(self, items: Sequence[Item]) -> list[Reply]:
        replies = await self.queue.run([self._job(item) for item in items])
        verdicts = [
            reply["reply"] if "reply" in reply else _lost_verdict(item, reply)
            for item, reply in zip(items, replies, strict=True)
        ]
        if self.judging and _concerns(self.judging, items, verdicts):
            async with self._judge_requests:
                judged = await _in_thread(_reviewed, self.judging, items, verdicts)
            for n, verdict in judged.items():
                verdicts[n] = verdict
        for verdict in verdicts:
            self.metrics.verdicts[(verdict["verdict"], verdict["cause"] or "")] += 1
        return verdicts

    async def rewards(self, items: Sequence[Item], weights: Mapping[str, float]) -> list[Reply]:
        """For each item, in order: `reward` (the weighted sum, or null), `rewards`, `verdict` (or null), `error`.

        Raises Busy.
        """
        self.queue.admit(len(items))
        names = list(weights)
        verdicts: list[Reply | None] = [None] * len(items)
        reads_verdicts = any("verdict" in REWARDS[name].reads for name in names)
        rows = [n for n, item in enumerate(items) if reads_verdicts and is_verifiable(item)]
        for n, verdict in zip(rows, await self._verdicts([items[n] for n in rows]), strict=True):
            verdicts[n] = verdict
        groups = list(prompts_of(items).values())
        rewarded = await asyncio.gather(
            *(self._group([items[n] for n in group], names, [verdicts[n] for n in group]) for group in groups)
        )
        by_place = {
            n: reply
            for group, replies in zip(groups, rewarded, strict=True)
            for n, reply in zip(group, replies, strict=True)
        }
        return [self._rewarded(by_place[n], verdicts[n], weights) for n in range(len(items))]

    def _job(self, item: Item) -> Reply:
        limits = self.limits
        slow = ROW_SECONDS if verifier_of(item) == "code" else 0.0
        return {
            "kind": "verdict",
            "item": item,
            "seconds": limits.seconds,
            "budget": limits.seconds + slow + limits.grace,
        }

    async def _group(self, items: list[Item], names: list[str], verdicts: list[Reply | None]) -> list[Reply]:
        """For each response to one prompt its rewards by name, or why it has none: `{"error": …}`."""
        job = self._rewards_job(items, names, verdicts)
        (reply,) = await self.queue.run([job])
        if "reply" in reply:
            return list(reply["reply"])
        why = {"error": _loss(reply)}
        if len(items) == 1:
            return [why]
        alone = await self.queue.run(
            [
                self._rewards_job([item], names, [verdict])
                for item, verdict in zip(items, verdicts, strict=True)
            ]
        )
        good = [n for n, reply in enumerate(alone) if "reply" in reply]
        rewards = {n: {"error": _loss(reply)} for n, reply in enumerate(alone) if "reply" not in reply}
        if good and len(good) < len(items):
            again = await self._group([items[n] for n in good], names, [verdicts[n] for n in good])
            rewards.update(zip(good, again, strict=True))
        return [rewards.get(n, why) for n in range(len(items))]

    def _rewards_job(self, items: list[Item], names: list[str], verdicts: Sequence[Reply | None]) -> Reply:
        limits = self.limits
        slow = ROW_SECONDS if any("scores" in REWARDS[name].reads for name in names) else 0.0
        return {
            "kind": "rewards",
            "items": items,
            "names": names,
            "verdicts": list(verdicts),
            "seconds": limits.seconds,
            "budget": limits.seconds * len(items) + slow + limits.grace,
        }

    def _rewarded(self, reply: Reply, verdict: Reply | None, weights: Mapping[str, float]) -> Reply:
        error = reply.get("error")
        rewards = dict.fromkeys(weights) if isinstance(error, str) else reply
        total = weighted_sum(rewards, weights)
        self.metrics.rewards["unknown" if total is None else "known"] += 1
        return {
            "reward": total,
            "rewards": rewards,
            "verdict": verdict,
            "error": error if isinstance(error, str) else None,
        }

    async def _warm(self) -> None:
        """Start all checkers, each with what maths needs."""
        await self.queue.run([self._job(WARM) for _ in range(self.queue.workers)])
        self.ready = True


def _concerns(judging: Judging, items: Sequence[Item], verdicts: Sequence[Reply]) -> bool:
    """Whether the judge gets any of the items."""
    return any(
        judging.is_for_judge(verifier_of(item), _columns(verdict))
        for item, verdict in zip(items, verdicts, strict=True)
    )


def _reviewed(judging: Judging, items: Sequence[Item], verdicts: Sequence[Reply]) -> dict[int, Reply]:
    """The judge's verdicts by place, of the items that are for it; in a thread, as it waits for a model."""
    names = [verifier_of(item) for item in items]
    cases = [Case(item["response"], item["truth"], item["prompt"], item["finish_reason"]) for item in items]
    rules = [_columns(verdict) for verdict in verdicts]
    try:
        overrides = judging.review(names, cases, rules).overrides
    except UserError as error:  # it cannot be reached: what is for it is unknown, the rest stands
        overrides = {
            n: failed(JUDGE.name, error)
            for n, name in enumerate(names)
            if name == JUDGE.name and rules[n].verdict not in DECIDED
        }
    return {n: verdict_as_json(verdict, judging.version) for n, verdict in overrides.items()}


async def _in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns, in a thread of its own that the end of the process does not wait for."""
    result: Future[Any] = Future()

    def work() -> None:
        try:
            value = function(*arguments)
        except BaseException as error:  # noqa: BLE001  raised where it is awaited
            result.set_exception(error)
        else:
            result.set_result(value)

    result.set_running_or_notify_cancel()  # a client that is gone cancels the waiting, not the work
    threading.Thread(target=work, daemon=True, name="r1-judge").start()
    return await asyncio.wrap_future(result)


def _columns(verdict: Reply) -> VerdictColumns:
    return VerdictColumns(
        verdict["verdict"],
        verdict["score"],
        verdict["extracted"],
        verdict["cause"],
        verdict["reason"],
        verdict["verifier_version"],
    )


def _lost_verdict(item: Item, reply: Reply) -> Reply:
    """The verdict on an item whose checker gave none."""
    name = verifier_of(item)
    word, cause = ("timeout", "limit") if "limit" in reply else ("error", "crash")
    verdict = Verdict(word, reason=f"{name}: {_loss(reply)}", cause=cause)  # type: ignore[arg-type]
    return verdict_as_json(verdict, version_of(name, {}))


def _loss(reply: Reply) -> str:
    """Why a checker gave no reply."""
    return str(reply.get("limit") or reply.get("crash") or reply.get("error"))
