"""All attacks, by name."""

from tests.attacks import (
    cpp,
    disk,
    environment,
    files,
    following,
    hang,
    javascript,
    kernel,
    memory,
    mounts,
    network,
    newcomer,
    output,
    parent,
    passes,
    processes,
)

AREAS = [
    hang,
    memory,
    processes,
    disk,
    output,
    network,
    newcomer,
    files,
    environment,
    parent,
    mounts,
    kernel,
    following,
    passes,
    cpp,
    javascript,
]
ATTACKS = {attack.name: attack for area in AREAS for attack in area.ATTACKS}
