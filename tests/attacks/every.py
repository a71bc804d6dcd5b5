"""All attacks, by name."""

from tests.attacks import compiled, fakes, reach, resources

ATTACKS = {attack.name: attack for module in (resources, reach, fakes, compiled) for attack in module.ATTACKS}
