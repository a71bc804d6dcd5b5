"""`python -m tests.attacks.as_nobody WAY`, as root: all attacks again as a user without any rights, told as JSON.

`… limits NAMES`: those attacks on the limits that the JSON list names.

Where the interpreter or the checkout lies in a folder that only root may enter, a mount namespace of this process
shows it to nobody too; nothing changes outside.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from r1data.sandbox.inside import kernel

NOBODY = 65534


def main() -> None:
    """Becomes nobody with the same interpreter, and runs `attack_all` there."""
    become_nobody()
    os.execv(sys.executable, [sys.executable, "-m", "tests.attacks.as_nobody", *sys.argv[1:], "now"])


def become_nobody() -> None:
    """This process is nobody from here on, and can read the interpreter and the checkout."""
    root = Path(__file__).parents[2]
    kernel.unshare(kernel.CLONE_NEWNS)
    kernel.mount("none", "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    _open_to_all({place.resolve() for place in (Path(sys.base_prefix), Path(sys.prefix), root)})
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    os.environ |= {"HOME": "/home/nobody", "PYTHONDONTWRITEBYTECODE": "1"}


def _open_to_all(places: set[Path]) -> None:
    """Covers folders that nobody may enter by ones that hold nothing but the `places` below them."""
    closed = {place: folder for place in places if (folder := _closed(place))}
    kept = {place: os.open(place, os.O_PATH) for place in closed}
    for folder in set(closed.values()):
        kernel.mount("tmpfs", str(folder), "tmpfs", 0, "mode=755,size=1m")
    for place, descriptor in sorted(kept.items()):  # a folder before what lies in it
        if not place.exists():
            place.mkdir(parents=True)
            kernel.mount(f"/proc/self/fd/{descriptor}", str(place), None, kernel.MS_BIND | kernel.MS_REC)
        os.close(descriptor)


def _closed(place: Path) -> Path | None:
    """The first folder above that nobody may enter."""
    return next((folder for folder in reversed(place.parents) if not folder.stat().st_mode & 1), None)


def attack_all(way: str) -> None:
    """Prints what each attack achieved, by name; and who tried."""
    from r1data.sandbox.probe import isolation
    from tests.attacks.attack import fault, world
    from tests.attacks.every import ATTACKS

    with tempfile.TemporaryDirectory() as folder, world(Path(folder)) as outside:
        Path(folder).chmod(0o755)
        faults = {name: fault(ATTACKS[name], outside, way) for name in ATTACKS}
    print(json.dumps({"user": os.getuid(), "isolation": isolation().name, "faults": faults}))  # noqa: T201


def measure_all(names: list[str]) -> None:
    """Prints what passed its limit."""
    from r1data.sandbox.probe import WAYS
    from tests.attacks.limits import ALL, faults_of

    faults = [faults_of(name, WAYS[(list(ALL).index(name) + 1) % len(WAYS)]) for name in names]
    print(json.dumps({"user": os.getuid(), "faults": faults}))  # noqa: T201


if __name__ == "__main__":
    if sys.argv[-1] != "now":
        main()
    elif sys.argv[1] == "limits":
        measure_all(json.loads(sys.argv[2]))
    else:
        attack_all(sys.argv[1])
