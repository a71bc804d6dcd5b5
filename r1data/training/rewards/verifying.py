"""Verifies responses in threads while others are still generated, and never waits longer than it may.

`begin` hands over a response as soon as it is there; `verdicts` hands over the rest and waits for all. Verifiers that
take responses one by one, and programs, run in as many threads as there are cores; each verifier that takes them in
batches (logic, a judge) has a thread of its own, which takes whatever waits by then.

Verifiers keep their own time limit, in processes that are killed. Where one does not (another package's, stuck in a
loop), a new thread takes the place of its own as soon as it is clearly over its limit, so that the other responses do
not wait behind it; after `STUCK` times the limit its response gets the verdict `timeout`. The lost thread goes on until
the program ends, as Python can end none. What has no verdict when the time of a rollout is over is `timeout` too.
Neither is ever `incorrect`.

Equal responses to a prompt are verified once.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError, wait
from dataclasses import dataclass, field
from typing import Any

from r1data.errors import UserError
from r1data.training.rewards.rollout import Rollout
from r1data.verifiers import registry
from r1data.verifiers.code.verifier import VERIFIER as CODE
from r1data.verifiers.failures import failed
from r1data.verifiers.verdict import Verdict, Verifier

OVER, OVER_SECONDS = 1.5, 0.5
"""A verifier is over its limit after so many time limits and so many seconds: ours."""
STUCK, STUCK_SECONDS = 10.0, 10.0
"""A verifier is stuck after so many time limits and so many seconds: ours, wide enough for a busy machine."""
LOOK_SECONDS = 0.5
"""How often a wait looks for verifiers that are stuck. Ours."""
MOST_AT_ONCE = 256
"""Responses that a verifier in batches gets at once; the judge asks its server about all of them together. Ours."""


@dataclass(slots=True)
class _Job:
    """A response that is verified.

    Attributes:
        began: when a thread took it, by the monotonic clock.
        given_up: nobody waits for its verifier any more.
        replaced: another thread has the place of the one that verifies it.
    """

    rollout: Rollout
    verdict: Future[Verdict] = field(default_factory=Future)
    began: float | None = None
    given_up: bool = False
    replaced: bool = False

    def settle(self, verdict: Verdict) -> bool:
        """Give it a verdict; False where it has one."""
        try:
            self.verdict.set_result(verdict)
        except InvalidStateError:
            return False
        return True

    def give_up(self, reason: str) -> bool:
        """Give it the verdict `timeout`; False where it has one."""
        self.given_up = self.settle(Verdict("timeout", reason=reason))
        return self.given_up


class Verification:
    """The verdicts of one run's responses.

    Args:
        time_limit: seconds for one verdict.
        overrides: verifiers that stand in for those of their name, a judge with its model say.
        threads: responses verified at once; by default the cores.
    """

    def __init__(
        self,
        time_limit: float,
        overrides: Mapping[str, Verifier] | None = None,
        threads: int | None = None,
    ) -> None:
        self.time_limit = time_limit
        self.overrides = dict(overrides or {})
        self.threads = threads or os.cpu_count() or 1
        self._jobs: dict[Rollout, _Job] = {}
        self._single: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._batches: dict[str, queue.SimpleQueue[_Job | None]] = {}
        self._started = 0

    def begin(self, rollout: Rollout) -> None:
        """Start to verify a response, if its prompt has a verifier; `verdicts` takes it up."""
        if rollout.verifier is None or rollout in self._jobs:
            return
        job = self._jobs[rollout] = _Job(rollout)
        if not self._is_batch(rollout.verifier):
            while self._started < min(self.threads, len(self._jobs)):
                self._start_single()
            self._single.put(job)
            return
        if rollout.verifier not in self._batches:
            jobs = self._batches[rollout.verifier] = queue.SimpleQueue()
            _start(self._verify_batches, rollout.verifier, jobs)
        self._batches[rollout.verifier].put(job)

    def verdicts(self, rollouts: Sequence[Rollout], seconds: float | None = None) -> list[Verdict | None]:
        """One verdict each, in order; None for a prompt that has no verifier.

        Args:
            rollouts: those of a whole rollout; what was begun and is not among them is forgotten.
            seconds: to wait at most; what has no verdict by then is `timeout`.
        """
        end = None if seconds is None else time.monotonic() + seconds
        for rollout in rollouts:
            self.begin(rollout)
        jobs, self._jobs = self._jobs, {}
        self._wait([jobs[one] for one in dict.fromkeys(rollouts) if one in jobs], end)
        if any(not job.verdict.done() for job in jobs.values()):
            self._abandon(jobs.values(), seconds or 0.0)
        return [jobs[one].verdict.result() if one in jobs else None for one in rollouts]

    def _wait(self, jobs: Sequence[_Job], end: float | None) -> None:
        """Waits for the verdicts of jobs until a time; gives up those that are stuck on the way."""
        over = OVER * self.time_limit + OVER_SECONDS
        stuck = STUCK * self.time_limit + STUCK_SECONDS
        open_jobs = list(jobs)
        while open_jobs:
            now = time.monotonic()
            if end is not None and now >= end:
                return
            pause = LOOK_SECONDS if end is None else min(LOOK_SECONDS, end - now)
            wait([job.verdict for job in open_jobs], pause)
            now = time.monotonic()
            open_jobs = [job for job in open_jobs if not job.verdict.done()]
            for job in open_jobs:
                # A program's tests have limits of their own, and are killed at them.
                if job.began is None or job.rollout.verifier == CODE.name:
                    continue
                if now - job.began > min(over, stuck) and not job.replaced:
                    job.replaced = True
                    self._start_single()
                if now - job.began > stuck:
                    job.give_up(f"its verifier did not stop at its limit of {self.time_limit:g} s")

    def _abandon(self, jobs: Iterable[_Job], seconds: float) -> None:
        """Gives up all that has no verdict; threads that are at it end when they are done, and others take over."""
        for job in jobs:
            job.give_up(f"no verdict within the {seconds:g} s of a rollout")
        for _ in range(self._started):
            self._single.put(None)
        for waiting in self._batches.values():
            waiting.put(None)
        self._single, self._batches, self._started = queue.SimpleQueue(), {}, 0

    def close(self) -> None:
        """End the threads that wait for responses."""
        self._abandon([], 0.0)

    def _start_single(self) -> None:
        self._started += 1
        _start(self._verify_single, self._single)

    def _verify_single(self, jobs: queue.SimpleQueue[_Job | None]) -> None:
        while (job := jobs.get()) is not None:
            job.began = time.monotonic()
            if not job.given_up:
                self._verify(job.rollout.verifier or "", [job])
            if job.given_up or job.replaced:
                return  # another thread has its place

    def _verify_batches(self, verifier: str, jobs: queue.SimpleQueue[_Job | None]) -> None:
        while (job := jobs.get()) is not None:
            batch = [job]
            while len(batch) < MOST_AT_ONCE and not jobs.empty():
                if (more := jobs.get()) is None:
                    jobs.put(None)
                    break
                batch.append(more)
            self._verify(verifier, [one for one in batch if not one.verdict.done()])

    def _verify(self, verifier: str, jobs: Sequence[_Job]) -> None:
        rollouts = [job.rollout for job in jobs]
        try:
            verdicts = registry.check_all(
                [verifier] * len(jobs),
                [one.response for one in rollouts],
                [one.truth for one in rollouts],
                [one.prompt for one in rollouts],
                [one.finish_reason for one in rollouts],
                time_limit=self.time_limit,
                overrides=self.overrides,
            )
        except BaseException as error:  # noqa: BLE001  a thread that died would be waited for in vain
            verdicts = [failed(verifier, error)] * len(jobs)
        for job, verdict in zip(jobs, verdicts, strict=True):
            job.settle(verdict)

    def _is_batch(self, name: str | None) -> bool:
        """Whether a verifier takes many responses at once. Programs do, but two at a time: here all cores run them."""
        verifier = self.overrides.get(name or "")
        try:
            verifier = verifier or registry.VERIFIERS[name or ""]
        except UserError:
            return False
        return verifier.batch and verifier.name != CODE.name


def _start(work: Any, *arguments: Any) -> None:
    """A thread that does not keep the program from ending, should it hang."""
    threading.Thread(target=work, args=arguments, daemon=True, name="r1-verify").start()
