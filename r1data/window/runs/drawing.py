"""Places a recipe's steps on a canvas: inputs above, what is made from them below, lines that pass between the steps.

A layered drawing after Sugiyama: a step's layer is the longest path to it from a step without inputs; steps go down to
just above their readers where that makes no more lines longer than shorter; lines over several layers get a place in
each; and the order within a layer follows the neighbours' (barycentres). Loops, which no recipe has, are cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 164, 58
"""Of a step's box."""
GAP, RISE = 14, 34
"""Between boxes of a layer, and between layers."""
LANE = 8
"""Width that a line takes in a layer that it passes."""
MARGIN = 6
FAR = 2
"""Layers over which a step without inputs still has a line to its reader. A set of problems that every evaluation reads
would draw a bundle across all; those readers name it in their boxes. Ours."""
SWEEPS = 12
MAX_STEPS, MAX_LINES, MAX_LANES = 500, 2_000, 4_000
"""Steps and lines of a drawing, and places of lines that pass a layer; the longest shipped recipe has 38, 50 and 30.
Beyond the first two nothing is drawn, beyond the last lines go straight. Ours."""


@dataclass(frozen=True)
class Box:
    """A step's box: its upper left corner, and the inputs that have no line to it."""

    name: str
    x: float
    y: float
    named: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A line from a step to one that reads what it wrote; `path` as SVG has it."""

    start: str
    end: str
    path: str


@dataclass(frozen=True)
class Drawing:
    """Boxes and lines on a canvas of `width` x `height`."""

    width: float
    height: float
    boxes: list[Box]
    links: list[Link]


Place = tuple[str, int]
"""A box (its name, -1) or a lane: the number of its line as text, and its layer."""


def draw(inputs: Mapping[str, Sequence[str]]) -> Drawing:
    """The drawing of steps, each with the steps that it reads; names that are no step are left out.

    Empty where there are none, or more than anybody could look at.
    """
    reads = _without_loops({name: [i for i in before if i in inputs] for name, before in inputs.items()})
    if not reads or len(reads) > MAX_STEPS or sum(map(len, reads.values())) > MAX_LINES:
        return Drawing(0, 0, [], [])
    layers = _layers(reads)
    named = {
        name: tuple(i for i in before if not reads[i] and layers[name] - layers[i] > FAR)
        for name, before in reads.items()
    }
    reads = {name: [i for i in before if i not in named[name]] for name, before in reads.items()}
    rows: list[list[Place]] = [[] for _ in range(max(layers.values()) + 1)]
    for name, layer in layers.items():
        rows[layer].append((name, -1))
    chains: list[tuple[str, str, list[Place]]] = []
    lanes = 0
    for end, starts in reads.items():
        for start in starts:
            between = range(layers[start] + 1, layers[end])
            lanes += len(between)
            passed = [(str(len(chains)), layer) for layer in between] if lanes <= MAX_LANES else []
            for place in passed:
                rows[place[1]].append(place)
            chains.append((start, end, [(start, -1), *passed, (end, -1)]))
    _order(rows, chains)
    x = _across(rows, chains)
    boxes = [
        Box(place[0], round(x[place] - WIDTH / 2, 1), MARGIN + layer * (HEIGHT + RISE), named[place[0]])
        for layer, row in enumerate(rows)
        for place in row
        if place[1] < 0
    ]
    top = {box.name: box.y for box in boxes}
    links = [Link(start, end, _path(chain, x, top)) for start, end, chain in chains]
    width = max(box.x for box in boxes) + WIDTH + MARGIN
    width = max([width, *(x[place] + LANE for row in rows for place in row)])
    return Drawing(round(width, 1), MARGIN * 2 + len(rows) * (HEIGHT + RISE) - RISE, boxes, links)


def _without_loops(reads: dict[str, list[str]]) -> dict[str, list[str]]:
    """Each step after its inputs; an input that leads back to its reader is left out."""
    ordered: dict[str, list[str]] = {}
    open_steps: set[str] = set()
    for root in reads:
        stack = [(root, iter(reads[root]))]
        open_steps.add(root)
        while stack:
            name, rest = stack[-1]
            following = next((i for i in rest if i not in ordered and i not in open_steps), None)
            if following is not None:
                open_steps.add(following)
                stack.append((following, iter(reads[following])))
                continue
            stack.pop()
            if name not in ordered:
                ordered[name] = list(dict.fromkeys(i for i in reads[name] if i in ordered))
            open_steps.discard(name)
    return ordered


def _layers(reads: Mapping[str, Sequence[str]]) -> dict[str, int]:
    layers: dict[str, int] = {}
    for name, before in reads.items():
        layers[name] = 1 + max((layers[i] for i in before), default=-1)
    readers: dict[str, list[str]] = {}
    for name, before in reads.items():
        for i in before:
            readers.setdefault(i, []).append(name)
    for name in reversed(list(reads)):
        # down to its readers, unless that makes more of its lines longer than shorter
        if len(reads[name]) <= len(after := readers.get(name, [])):
            layers[name] = min(layers[reader] for reader in after) - 1 if after else layers[name]
    return layers


def _neighbours(
    chains: Sequence[tuple[str, str, list[Place]]],
) -> tuple[dict[Place, list[Place]], dict[Place, list[Place]]]:
    above: dict[Place, list[Place]] = {}
    below: dict[Place, list[Place]] = {}
    for _, _, chain in chains:
        for upper, lower in pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    return above, below


def _order(rows: list[list[Place]], chains: Sequence[tuple[str, str, list[Place]]]) -> None:
    """Sorts each row by its neighbours' places in the row before, then after, again and again."""
    above, below = _neighbours(chains)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        numbers = {place: i / max(1, len(row) - 1) for row in rows for i, place in enumerate(row)}
        for row in rows if down else reversed(rows):
            beside = above if down else below
            centres = {
                place: sum(numbers[n] for n in near) / len(near)
                if (near := beside.get(place))
                else numbers[place]
                for place in row
            }
            row.sort(key=centres.__getitem__)
            numbers.update({place: i / max(1, len(row) - 1) for i, place in enumerate(row)})


def _across(rows: list[list[Place]], chains: Sequence[tuple[str, str, list[Place]]]) -> dict[Place, float]:
    """The centre of every place: near its neighbours, in the row's order, without overlaps."""
    above, below = _neighbours(chains)
    both = _both(above, below)
    x: dict[Place, float] = {}
    for row in rows:
        left = 0.0
        for place in row:
            x[place] = left + _wide(place) / 2
            left += _wide(place) + GAP
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else list(reversed(rows)):
            beside = (above if down else below) if sweep < SWEEPS - 2 else both
            aims = [
                sum(x[n] for n in near) / len(near) if (near := beside.get(place)) else x[place]
                for place in row
            ]
            _settle(row, aims, x)
    least = min(x[place] - _wide(place) / 2 for row in rows for place in row)
    return {place: value - least + MARGIN for place, value in x.items()}


def _both(above: dict[Place, list[Place]], below: dict[Place, list[Place]]) -> dict[Place, list[Place]]:
    return {place: [*above.get(place, []), *below.get(place, [])] for place in {*above, *below}}


def _settle(row: Sequence[Place], aims: Sequence[float], x: dict[Place, float]) -> None:
    """Puts a row as near to its aims as its order and widths let it: the mean of packing from the left and right."""
    lefts: list[float] = []
    rights: list[float] = []
    edge = float("-inf")
    for place, aim in zip(row, aims, strict=True):
        lefts.append(max(aim, edge + _wide(place) / 2))
        edge = lefts[-1] + _wide(place) / 2 + GAP
    edge = float("inf")
    for place, aim in zip(reversed(row), reversed(aims), strict=True):
        rights.append(min(aim, edge - _wide(place) / 2))
        edge = rights[-1] - _wide(place) / 2 - GAP
    for place, left, right in zip(row, lefts, reversed(rights), strict=True):
        x[place] = (left + right) / 2


def _wide(place: Place) -> int:
    return WIDTH if place[1] < 0 else LANE


def _path(chain: Sequence[Place], x: Mapping[Place, float], top: Mapping[str, float]) -> str:
    """From the lower edge of a box, straight through the lanes' layers, to the upper edge of another."""
    start, *passed, end = chain
    x_now, y_now = x[start], top[start[0]] + HEIGHT
    path = f"M{x_now:.1f},{y_now:.1f}"
    for place in passed:
        y = MARGIN + place[1] * (HEIGHT + RISE)
        path += _curve(x_now, y_now, x[place], y) + f"V{y + HEIGHT:.1f}"
        x_now, y_now = x[place], y + HEIGHT
    return path + _curve(x_now, y_now, x[end], top[end[0]])


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (y + to_y) / 2
    return f"C{x:.1f},{middle:.1f} {to_x:.1f},{middle:.1f} {to_x:.1f},{to_y:.1f}"
