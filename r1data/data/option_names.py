"""Renamed options of the command line. The old names still work in this release and will be removed in the next.

Command lines, recipes and the records of earlier runs use this one table; a note on stderr says that a name is old.
"""

from collections.abc import Sequence

RENAMED = {
    "--agree": "--min-agreement",
    "--agreement": "--measure-agreement",
    "--anyway": "--allow-settings-mismatch",
    "--by": "--samples",
    "--give-up": "--abandon-risk",
    "--inputs": "--max-inputs",
    "--maker": "--model-author",
    "--mend": "--repairable",
    "--name": "--model-name",
    "--near": "--dedup-threshold",
    "--onto": "--apply-to",
    "--patience": "--max-retry-time",
    "--policy": "--selection",
    "--price-per-mtok": "--output-token-price",
    "--price-per-mtok-in": "--input-token-price",
    "--replay": "--reverify",
    "--round": "--round-size",
    "--tests": "--max-tests",
    "--which": "--size",
    "--worth": "--min-pass-rate",
}
"""Old name → new name. No command has an option of an old name, so that an old name means one thing everywhere."""


def new_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """A command line's words under the new names, and the old names among them, in order and once each.

    Words behind `--` are no options and stay as they are.
    """
    end = list(words).index("--") if "--" in words else len(words)
    renamed, old_names = [], []
    for word in words[:end]:
        flag, equals, value = word.partition("=")
        if flag in RENAMED:
            old_names.append(flag)
        renamed.append(RENAMED.get(flag, flag) + equals + value)
    return [*renamed, *words[end:]], list(dict.fromkeys(old_names))


def new_key(key: str) -> str:
    """An option as a recipe writes it (`give_up` or `give-up`), under its new name."""
    renamed = RENAMED.get(f"--{key.replace('_', '-')}")
    return renamed.removeprefix("--") if renamed else key


def note(old_name: str) -> str:
    """What a user is told who wrote an old name, with or without its dashes."""
    dashes = "" if old_name.startswith("--") else "--"
    new = RENAMED[f"{dashes}{old_name.replace('_', '-')}"].removeprefix(dashes)
    return f"{old_name} is now {new}; the old name works until the next release"
