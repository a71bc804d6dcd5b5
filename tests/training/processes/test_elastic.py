"""Which signal stopped a launch, by the exit codes of its processes."""

import signal
from pathlib import Path

import pytest
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError, ProcessFailure

from r1data.training.loop.stopping import StopRequest
from r1data.training.processes.elastic import _stopped_by


def stopped_by(codes: list[int], request: StopRequest) -> int:
    failures = {
        rank: ProcessFailure(rank, pid=1, exitcode=code, error_file="") for rank, code in enumerate(codes)
    }
    return _stopped_by(ChildFailedError("worker", failures), request)


@pytest.mark.parametrize("second", [130, -signal.SIGTERM, 143])
def test_the_signal_is_the_one_asked_by_though_the_launcher_ends_the_second_process_by_another(
    second: int, tmp_path: Path
) -> None:
    request = StopRequest(tmp_path / "stop")
    request.share(signal.SIGINT)
    assert stopped_by([130, second], request) == signal.SIGINT


@pytest.mark.parametrize(
    ("codes", "number"),
    [
        ([130, -signal.SIGTERM], signal.SIGINT),
        ([143, -signal.SIGTERM], signal.SIGTERM),
        ([-signal.SIGTERM], signal.SIGTERM),
    ],
)
def test_a_signal_to_the_processes_alone_is_known_by_their_codes(
    codes: list[int], number: int, tmp_path: Path
) -> None:
    assert stopped_by(codes, StopRequest(tmp_path / "stop")) == number


@pytest.mark.parametrize("codes", [[1, 130], [-signal.SIGKILL, -signal.SIGTERM], [1]])
def test_a_process_that_failed_was_not_stopped(codes: list[int], tmp_path: Path) -> None:
    request = StopRequest(tmp_path / "stop")
    request.share(signal.SIGINT)
    assert not stopped_by(codes, request)
