"""Where a run's processes are: options, and SLURM's environment."""

import pytest

from r1data.errors import UserError
from r1data.training.processes.placement import Placement, first_host, place, refuse_other_launchers

SLURM = {
    "SLURM_NNODES": "4",
    "SLURM_NODEID": "2",
    "SLURM_JOB_NODELIST": "gpu-[07-09,12]",
    "SLURM_JOB_ID": "123456",
}


@pytest.mark.parametrize(
    ("nodelist", "host"),
    [
        ("gpu7", "gpu7"),
        ("gpu7,gpu9", "gpu7"),
        ("gpu-[07-09,12],login", "gpu-07"),
        ("gpu-[01-04,07]-ib", "gpu-01-ib"),
        ("rack[0-1]node[3-5]", "rack0node3"),
        ("rack[2,4]", "rack2"),
    ],
)
def test_the_first_host_of_slurm_s_list(nodelist: str, host: str) -> None:
    assert first_host(nodelist) == host


def test_srun_needs_no_options() -> None:
    placement = place(environment=SLURM)
    assert (placement.nodes, placement.rank, placement.address) == (4, 2, ("gpu-07", 23_456))


def test_a_step_on_part_of_the_job_s_nodes_counts() -> None:
    step = {"SLURM_STEP_NUM_NODES": "2", "SLURM_STEP_NODELIST": "gpu-[08-09]", "SLURM_NODEID": "1"}
    placement = place(environment=SLURM | step)
    assert (placement.nodes, placement.rank, placement.address[0]) == (2, 1, "gpu-08")


def test_the_launching_node_s_address_is_taken_where_there_is_no_list() -> None:
    environment = {"SLURM_NNODES": "2", "SLURM_NODEID": "1", "SLURM_LAUNCH_NODE_IPADDR": "10.0.0.7"}
    assert place(environment=environment).address == ("10.0.0.7", 20_000)


def test_options_go_before_slurm() -> None:
    placement = place(2, 0, "other:1234", environment=SLURM)
    assert (placement.nodes, placement.rank, placement.address) == (2, 0, ("other", 1234))
    assert place(1, environment=SLURM) == Placement()


def test_one_node_of_slurm_is_this_machine() -> None:
    assert place(environment=SLURM | {"SLURM_NNODES": "1"}).nodes == 1


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ("host", ("host", 29_500)),
        ("host:1", ("host", 1)),
        ("10.0.0.1:77", ("10.0.0.1", 77)),
        ("[fe80::1]:77", ("fe80::1", 77)),
        ("fe80::1", ("fe80::1", 29_500)),
    ],
)
def test_addresses(head: str, address: tuple[str, int]) -> None:
    assert Placement(nodes=2, head=head).address == address


@pytest.mark.parametrize(
    ("options", "environment", "message"),
    [
        ({"nodes": 2, "head": "a"}, {}, "needs --rank"),
        ({"nodes": 2, "rank": 1}, {}, "needs --head"),
        ({"rank": 1, "head": "a"}, {}, "add --nodes"),
        ({"nodes": 2, "rank": 2, "head": "a"}, {}, "from 0 to 1"),
        ({"nodes": 2, "rank": 1, "head": ":29500"}, {}, "no address"),
        ({"executor": "ray", "rank": 1}, {}, "places the processes itself"),
        ({}, SLURM | {"SLURM_NTASKS": "32"}, "srun -n 4"),
    ],
)
def test_what_is_incomplete_is_refused(
    options: dict[str, object], environment: dict[str, str], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        place(**options, environment=environment)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1"}, "torchrun .* 2 times"),
        ({"WORLD_SIZE": "2", "ACCELERATE_USE_CPU": "False"}, "accelerate launch .* 2 times"),
        # accelerate starts one process here, whatever was asked for
        ({"ACCELERATE_USE_CPU": "True"}, "accelerate launch .* --processes N"),
    ],
)
def test_other_launchers_are_refused(environment: dict[str, str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        refuse_other_launchers(environment)


def test_what_accelerate_sets_for_two_processes_on_a_cpu_is_known() -> None:
    from accelerate.commands.launch import launch_command_parser
    from accelerate.utils.launch import prepare_simple_launcher_cmd_env

    words = "--cpu --num_processes=2 --num_machines=1 --num_cpu_threads_per_process=1 --mixed_precision=no"
    words += " --dynamo_backend=no script.py"
    _, environment = prepare_simple_launcher_cmd_env(launch_command_parser().parse_args(words.split()))
    with pytest.raises(UserError, match="accelerate launch"):
        refuse_other_launchers(environment)


def test_a_command_alone_is_no_other_launcher_s() -> None:
    refuse_other_launchers({})
    refuse_other_launchers({"WORLD_SIZE": "1", "MASTER_ADDR": "localhost"})
