"""`python -m tests.hostile [ARGUMENTS]`: all hostile samples and all attacks, as root and as a user without any rights.

Started by root, it runs them as root, then as nobody. Started by another user, it runs them as that user and says that
the half as root was not run. ARGUMENTS go to pytest: `-k model`, or `-n 4`. `make hostile` is this command.

HOSTILE=all makes every test run over all of its samples, 500 poisons a stage; what CI runs is a seeded part of them.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.attacks.as_nobody import NOBODY, become_nobody

ROOT = Path(__file__).parents[2]
PLACES = ("tests/hostile", "tests/attacks")
NO_TESTS = 5
"""What pytest ends with where ARGUMENTS leave no test."""


def main(arguments: list[str]) -> int:
    """Runs the halves, says how each ended, and returns 1 where one failed."""
    if arguments[:1] == ["--as-nobody"]:
        _run_as_nobody(arguments[1:])
    ends = {
        "root" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name: _half(arguments, nobody=False)
    }
    if os.geteuid() == 0:
        ends["nobody"] = _half(arguments, nobody=True)
    print()  # noqa: T201
    for user, (code, seconds) in ends.items():
        print(f"as {user}: {'passed' if code in (0, NO_TESTS) else 'FAILED'} in {seconds:.0f} s")  # noqa: T201
    if os.geteuid() != 0:
        print("as root: not run; start it as root for that half")  # noqa: T201
    return int(any(code not in (0, NO_TESTS) for code, _ in ends.values()))


def _half(arguments: list[str], *, nobody: bool) -> tuple[int, float]:
    """One user's half: pytest's exit code, and seconds."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="r1-hostile-") as name:
        if nobody:
            os.chown(name, NOBODY, NOBODY)
            words = ["-m", "tests.hostile", "--as-nobody", name, *arguments]
        else:
            words = ["-m", "pytest", *_options(Path(name)), *arguments]
        done = subprocess.run([sys.executable, *words], cwd=ROOT, env={**os.environ, **_environment(name)})
    return done.returncode, time.monotonic() - start


def _run_as_nobody(arguments: list[str]) -> None:
    """Turns this process into pytest, run by nobody."""
    name = arguments[0]
    become_nobody()
    os.environ |= _environment(name) | {"HOME": name}
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *_options(Path(name)), *arguments[1:]])


def _options(own: Path) -> list[str]:
    # The checkout need not be writable: no cache of pytest's in it.
    return [*PLACES, "-q", "-p", "no:cacheprovider", f"--basetemp={own / 'pytest'}"]


def _environment(own: str) -> dict[str, str]:
    return {
        "HOSTILE": os.environ.get("HOSTILE", "all"),
        "HF_HUB_OFFLINE": "1",
        "TMPDIR": own,
        "HYPOTHESIS_STORAGE_DIRECTORY": str(Path(own) / "hypothesis"),
    }


if __name__ == "__main__":
    if not shutil.which("strace"):
        print("strace is not installed: the audit hook and inotify watch alone", file=sys.stderr)  # noqa: T201
    sys.exit(main(sys.argv[1:]))
