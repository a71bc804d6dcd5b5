"""What honest programs do with children, locks and mappings works behind limits that hold; what hides is refused."""

import fcntl
import os

import pytest

from r1data.sandbox import languages
from r1data.sandbox.inside import seccomp
from r1data.sandbox.job import Limits, Outcome, Program, ProgramInput
from r1data.sandbox.probe import way
from r1data.sandbox.running import run
from r1data.sandbox.servers import Kind, Servers

LIMITS = Limits(seconds=10.0)


def one(source: str, language: str = "python", limits: Limits = LIMITS) -> Outcome:
    (outcome,) = run(Program(source, language), [ProgramInput()], limits)  # type: ignore[arg-type]
    return outcome


HONEST = {
    "asyncio's child": """
import asyncio
async def main():
    child = await asyncio.create_subprocess_exec("/bin/echo", "x", stdout=-1)
    print((await child.communicate())[0].decode().strip(), child.returncode)
asyncio.run(main())
""",
    "jobs of bash": """
import subprocess
print(subprocess.run(["bash", "-c", "sleep .05 & wait; echo x $?"], capture_output=True, text=True).stdout.strip())
""",
    "a pipe of sh": "import os; os.system('echo x 0 | cat')",
    "perl": "import os; os.system('''perl -e '$x = `echo x`; chomp $x; print \"$x $?\"' ''')",
    "values in shared memory": """
import multiprocessing as mp
def add(value, array, lock):
    with lock:
        value.value += 1
        array[0] = 3
value, array, lock = mp.Value("i", 1), mp.Array("i", 5), mp.Lock()
children = [mp.Process(target=add, args=(value, array, lock)) for _ in range(3)]
for child in children: child.start()
for child in children: child.join()
print("x", value.value - 1 - array[0])
""",
    "a database": """
import sqlite3
c = sqlite3.connect("/tmp/x.db")
c.execute("create table t(a)"); c.execute("insert into t values (0)"); c.commit()
print("x", *c.execute("select a from t").fetchone())
""",
    "mappings": """
import mmap
private = mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE)
file = open("/tmp/x", "w+b")
file.truncate(4096)
shared = mmap.mmap(file.fileno(), 4096)
private[0] = shared[0] = ord("0")
print("x", file.read(1).decode())
""",
    "a handler for children": """
import os, signal
signal.signal(signal.SIGCHLD, lambda *_: None)
if os.fork() == 0: os._exit(0)
print("x", os.wait()[1])
""",
    "g++": """
import os
open("/tmp/a.cc", "w").write("int main() { return 0; }")
print("x", os.system("g++ -o /tmp/a /tmp/a.cc && /tmp/a"))
""",
}


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_program_works(name: str) -> None:
    outcome = one(HONEST[name])
    assert outcome.stdout.strip() == "x 0", outcome


def test_children_of_node_end_for_it() -> None:
    source = """
    const c = require('child_process');
    process.stdout.write(c.execSync('/bin/echo first').toString());
    const child = c.spawn('/bin/bash', ['-c', 'sleep .05 & wait'], {stdio: 'inherit'});
    child.on('exit', code => console.log('second', code));
    """
    outcome = one(source, "javascript")
    assert outcome.stdout == "first\nsecond 0\n", outcome


def test_workers_and_web_assembly_have_the_address_space_that_they_need() -> None:
    source = """
    const {Worker} = require('worker_threads');
    new Worker('require("worker_threads").parentPort.postMessage(5)', {eval: true}).on('message', console.log);
    console.log(new WebAssembly.Memory({initial: 1}).buffer.byteLength);
    """
    assert sorted(one(source, "javascript").stdout.split()) == ["5", "65536"]


def test_processor_time_of_all_processes_counts_together() -> None:
    source = "import os\nos.fork(); os.fork()\nwhile True: pass"
    outcome = one(source, limits=Limits(seconds=20.0, cpu_seconds=1.0))
    assert outcome.status == "timeout"
    assert 1 < outcome.cpu < 1.5
    assert outcome.seconds < 10


def test_children_of_who_ignores_them_are_counted() -> None:
    source = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for _ in range(4):
    if os.fork() == 0:
        while time.process_time() < 0.2: pass
        os._exit(0)
try:
    while True: os.wait()
except ChildProcessError:
    pass
"""
    outcome = one(source)
    assert outcome.status == "ok" and outcome.cpu > 0.7


def test_no_descriptor_is_inherited_whatever_its_number() -> None:
    source = """
import os, resource
found = []
for n in range(7, 5000):
    try:
        os.fstat(n); found.append(n)
    except OSError:
        pass
print(found)
"""
    # the caller's pidfd has a number that the old bound of 256 did not reach
    low = os.open("/dev/null", os.O_RDONLY)
    held = [fcntl.fcntl(low, fcntl.F_DUPFD, 3) for _ in range(400)]
    servers = Servers(1)
    try:
        with servers.one(Kind(way(), False, ())) as server:
            program = Program(source)
            reply = server.start(
                languages.order(program, LIMITS), languages.task(program, ProgramInput(), LIMITS)
            )
    finally:
        servers.close()
        for descriptor in [low, *held]:
            os.close(descriptor)
    assert reply["stdout"] == "[]\n", reply


@pytest.mark.parametrize("machine", seccomp.MACHINES)
@pytest.mark.parametrize("notify", [False, True])
def test_the_filter_fits_into_jumps_of_one_byte(machine: str, notify: bool) -> None:
    code = seccomp.program(machine, notify=notify)
    assert len(code) % 8 == 0 and len(code) // 8 < 256
