"""Markdown made of texts from strangers, for the cards of datasets and models: values are literal text, no markup."""

import re
from collections.abc import Iterable, Sequence

MAX_CHARACTERS = 80
"""Maximum characters of a value; ours."""
LICENSES = re.compile(
    r"apache-2\.0|mit|isc|unlicense|cc0-1\.0|cc-by(-nc)?(-sa|-nd)?-[234]\.0|bsd-[23]-clause|agpl-3\.0|gpl-[23]\.0|"
    r"lgpl-(2\.1|3\.0)|mpl-2\.0|cdla-(permissive-[12]|sharing-1)\.0|odc-by|odbl|pddl|openrail|gfdl"
)
"""Licenses that the hub knows by these names; another one goes under `license_name`."""
# Everything but what Markdown and HTML take as plain text; the dot of `www.` is enough to make a link of what follows.
_ACTIVE = re.compile(r"""[^\w .,;/()'"=+%?-]|_|(?<=www)\.""", re.IGNORECASE)


def escape_markdown(value: object) -> str:
    """A value as literal Markdown text on one line: no markup, no links."""
    text = str(value)
    text = text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 1]}…"
    visible = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return _ACTIVE.sub(lambda match: f"&#{ord(match[0])};", visible)


def table(title: str, header: Sequence[str], rows: Iterable[tuple[object, ...]]) -> str:
    """A section with a table; empty where there are no rows."""
    lines = ["| " + " | ".join(map(escape_markdown, row)) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"## {title}", "", f"| {' | '.join(header)} |", "|---" * len(header) + "|", *lines])


def license_matter(licenses: list[str]) -> dict[str, str]:
    """The front matter of the license that all have, as the hub knows it; empty for none or several."""
    if len(licenses) != 1 or licenses[0] == "none":
        return {}
    name = re.sub(r"[^a-z0-9.]+", "-", licenses[0].lower()).strip("-")
    return (
        {"license": name}
        if LICENSES.fullmatch(name)
        else {"license": "other", "license_name": name[:MAX_CHARACTERS]}
    )
