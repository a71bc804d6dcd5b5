"""Those of the thirty attacks of `newcomer` that no program does alone: they want a verdict, or what is beside them."""

import inspect
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from r1data.sandbox import Limits, Outcome, Program, ProgramInput, run
from r1data.verifiers.registry import check
from r1data.verifiers.verdict import Verdict

CALLS: dict[str, Any] = {"asserts": ["assert f(2) == 4", "assert f(3) == 9"]}
VALUES: dict[str, Any] = {"tests": [{"args": [2], "returns": 4}], "function": "f"}
PRINTS: dict[str, Any] = {"tests": [{"stdin": "2\n", "stdout": "4\n"}]}
REPORTS = [
    '{"value": true}',
    '{"value": [true, true]}',
    '{"value": {"$tuple": [true, true]}, "status": "ok", "passed": 1}',
    '{"value": [{"verdict": "correct"}], "verdict": "correct", "code": 0, "why": ""}',
    '{"value": {"$float": "nan"}}',
    '{"value": {"$set": [[1]]}}',
    '{"value": {"$opaque": 1}}',
    '{"value": "\\ud800"}',
    '{"value": 1e999}',
    '{"value": NaN}',
    '{"value": {"$int": "0x' + "f" * 5000 + '"}}',
    '{"value": ' + "[" * 5000 + "]" * 5000 + "}",
    '{"error": null, "status": "ok", "value": null}',
    '{"value":',
    "[1]",
    "null",
]
EQUAL_TO_ALL = "'__eq__': lambda s, o: True, '__ne__': lambda s, o: False"
TYPES = [
    f"type('I', (int,), {{{EQUAL_TO_ALL}, '__hash__': int.__hash__}})(5)",
    f"type('S', (str,), {{{EQUAL_TO_ALL}, '__str__': lambda s: '4', '__hash__': str.__hash__}})('x')",
    f"type('L', (list,), {{{EQUAL_TO_ALL}, '__len__': lambda s: 7}})()",
    f"type('C', (), {{{EQUAL_TO_ALL}, '__class__': property(lambda s: int), '__index__': lambda s: 5}})()",
    f"type('F', (float,), {{{EQUAL_TO_ALL}, '__repr__': lambda s: '4'}})(5)",
    "__import__('unittest.mock').mock.ANY",
    "__import__('unittest.mock').mock.MagicMock()",
    "{'$int': '0x4'}",
    "{'$tuple': [4]}",
    "NotImplemented",
]
WANTED = [
    "f(2) == 4",
    "f(2) == [4]",
    "f(2) == '4'",
    "f(2) == {'a': 4}",
    "sorted(f(2)) == [4, 4]",
    "len(f(2)) == 8",
]
SIGNALLED = "import os, signal\nsignal.signal({0}, signal.SIG_DFL)\nos.kill(os.getpid(), {0})"
SPY = """
import gc, glob, os, time
found, word = set(), "SIB" + "LING"
end = time.time() + 1.5
while time.time() < end:
    for place in ("/tmp/*", "/dev/shm/*", "/opt/*", "/job/tmp/*", "/proc/*", "/run/*"):
        found.update(glob.glob(place))
    for pid in {*range(2, 400)} - {os.getpid()}:
        try: os.kill(pid, 0)
        except OSError: continue
        found.add(pid)
    time.sleep(0.05)
found.update("object" for item in gc.get_objects() if type(item) in (str, bytes) and word in str(item))
print(found - {"/opt/node", "/opt/outside"})
"""
VICTIM = """
import time
secret = "SIBLING"
for name in ("/tmp/v", "/dev/shm/v"): open(name, "w").write(secret)
time.sleep(1)
print(input())
"""
OPEN = """
import os
found = []
for number in range(20000):
    try: os.fstat(number)
    except OSError: continue
    found.append(number)
    try: found += [number] * (b"canary" in os.pread(number, 100, 0))
    except OSError: pass
print(found)
"""
NODE_OPEN = """
const fs = require("fs"), found = [];
for (let i = 3; i < 20000; i++) {
    const b = Buffer.alloc(100);
    try { fs.readSync(i, b, 0, 100, 0); if (String(b).includes("canary")) found.push(i) } catch (e) {}
}
console.log(JSON.stringify(found));
"""


def verdict_of(program: str, truth: dict[str, Any]) -> Verdict:
    return check("code", f"<think>\n</think>\n```python\n{program}\n```", json.dumps(truth))


# found: nothing
@pytest.mark.parametrize("truth", [CALLS, VALUES, PRINTS], ids=["calls", "values", "prints"])
def test_no_report_of_its_own_passes(truth: dict[str, Any]) -> None:
    for report in REPORTS:
        for end in (
            "os._exit(0)",
            "os.fork() or (time.sleep(0.02), os.pwrite(3, TEXT, 0))\ndef f(x): return 5",
        ):
            program = f"import os, time\nTEXT = {report.encode()!r}\nos.write(3, TEXT)\n{end}"
            assert verdict_of(program, truth).verdict not in ("correct", "error"), (report, end)


# found: pages of its disk, one for 256 characters of the longest output that a test expects
def test_limits_tell_nothing_of_the_answer() -> None:
    program = (
        "import os, resource\n"
        "raise Exception((os.statvfs('/tmp').f_blocks, [resource.getrlimit(n) for n in range(16)]))"
    )
    told = {
        verdict_of(program, {"tests": [{"stdin": "", "stdout": "x" * length}]}).reason
        for length in (0, 1, 700, 60_000, 120_000)
    }
    assert len(told) == 1


# found: `timeout`, "no end after 17 s", for what ended at once
@pytest.mark.parametrize("name", ["SIGXCPU", "SIGXFSZ", "SIGKILL", "SIGSYS", "SIGALRM"])
def test_a_signal_of_its_own_is_no_limit(name: str) -> None:
    program = f"import os, signal\nos.kill(os.getpid(), signal.{name})"
    if name != "SIGKILL":
        program = SIGNALLED.format(f"signal.{name}")
    assert verdict_of(program, PRINTS).verdict == "incorrect"


def test_a_limit_on_processor_time_is_still_one() -> None:
    (outcome,) = run(Program("while True: pass"), [ProgramInput()], Limits(seconds=20, cpu_seconds=1))
    assert outcome.status == "timeout"


def colliding_pairs(number: int) -> list[tuple[int, int]]:
    """Pairs with the same hash, by undoing the last step of how CPython makes it."""
    all_bits, first, second, start = (
        (1 << 64) - 1,
        11400714785074694791,
        14029467366897019727,
        2870177450012600261,
    )
    pairs: list[tuple[int, int]] = []
    n = 0
    while len(pairs) < number:
        n += 1
        lane = (start + n * second) & all_bits
        lane = ((lane << 31 | lane >> 33) & all_bits) * first & all_bits
        other = (123456789123456789 - lane) * pow(second, -1, 1 << 64) & all_bits
        other -= (other >> 63) << 64
        if other != -1 and abs(other) < (1 << 61) - 1:
            pairs.append((n, other))
    return pairs


# found: nothing; hashes that collide are seen before a set is made of them
@pytest.mark.parametrize("test", ["f(2) == {1}", "set(map(tuple, f(2))) == {1}", "len(set(f(2))) == 4"])
def test_pairs_of_one_hash_take_no_time_outside(test: str) -> None:
    assert len(set(map(hash, colliding_pairs(9)))) == 1
    program = f"{inspect.getsource(colliding_pairs)}\ndef f(x): return colliding_pairs(12000)"
    start = time.process_time()
    assert verdict_of(program, {"asserts": [f"assert {test}"]}).verdict != "correct"
    assert time.process_time() - start < 2


# found: nothing
@pytest.mark.parametrize("wanted", WANTED)
def test_no_type_hides_an_answer(wanted: str) -> None:
    for value in TYPES:
        verdict = verdict_of(f"def f(x): return {value}", {"asserts": [f"assert {wanted}"]})
        assert verdict.verdict not in ("correct", "error"), value


# found: nothing
def test_rows_at_work_see_nothing_of_each_other() -> None:
    outcomes: list[Outcome] = []

    def start(source: str) -> None:
        outcomes.extend(run(Program(source), [ProgramInput("a\n")], Limits(seconds=30)))

    threads = [threading.Thread(target=start, args=[source]) for source in (VICTIM, SPY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    start(SPY)
    assert sorted(outcome.stdout for outcome in outcomes) == ["a\n", "set()\n", "set()\n"]


# found: nothing
def test_no_descriptor_is_inherited(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("canary")
    code = (
        "import os, sys\n"
        "from r1data.sandbox import Limits, Program, ProgramInput, run\n"
        f"for _ in range(400): os.set_inheritable(os.open({str(canary)!r}, os.O_RDONLY), True)\n"
        "for source, language in zip(sys.argv[1::2], sys.argv[2::2]):\n"
        "    print(run(Program(source, language), [ProgramInput()], Limits(seconds=30))[0].stdout, end='')\n"
    )
    command = [sys.executable, "-c", code, OPEN, "python", NODE_OPEN, "javascript"]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | {"LANG": "C.UTF-8"}
    )
    assert told.stdout == "[0, 1, 2, 3]\n[]\n"
