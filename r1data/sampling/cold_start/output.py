"""What the cold start writes: the two parts of a response in one of two layouts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from r1data.data.layouts import SPECIAL_TOKEN, Layout, with_tags, with_tokens
from r1data.errors import UserError

LAYOUTS: tuple[Layout, ...] = ("think", "special-token")


@dataclass(frozen=True, slots=True)
class Output:
    """The layout of responses: think tags, as the rest of the pipeline expects, or the paper's special tokens."""

    layout: Layout = "think"
    token: str = SPECIAL_TOKEN

    def __post_init__(self) -> None:
        if self.layout not in LAYOUTS:
            raise UserError(f"no output format {self.layout!r}; there are {', '.join(LAYOUTS)}")
        if not self.token.strip():
            raise UserError(
                "--delimiter: it is blank; give the special token that stands before and after the thoughts"
            )

    def recorded(self) -> dict[str, Any]:
        """For the command's record."""
        delimiter = {"delimiter": self.token} if self.layout == "special-token" else {}
        return {"output_format": self.layout, **delimiter}

    def write(self, reasoning: str, answer: str) -> str:
        """The response of two parts."""
        if self.layout == "think":
            return with_tags(reasoning, answer)
        return with_tokens(reasoning, answer, self.token)


def put(table: pa.Table, columns: Mapping[str, Sequence[Any] | pa.ChunkedArray]) -> pa.Table:
    """The table with these columns in place of those of their name, or at its end; Python values are texts."""
    for name, values in columns.items():
        array = values if isinstance(values, pa.ChunkedArray) else pa.array(values, pa.string())
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, array)
        else:
            table = table.append_column(name, array)
    return table
