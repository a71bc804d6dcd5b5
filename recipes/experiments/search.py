"""Two searches over the steps of a response, guided by a value model; both count every token that they generate.

`Tree` is a Monte-Carlo tree search in the manner of AlphaZero, small: a leaf is chosen by PUCT, gets some next steps
from the policy, and their values from the value model; the mean goes up to the root. No rollouts, and no verdict: the
search sees what a user would. Equal steps are one child, with a prior of their share. `beam` keeps the best of the
beginnings at each step. Neither reads a step twice, as with a cache.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from r1data.training.miniature.world import SumProblem

from .policy import Place, Policy, Response

EXPLORATION = 1.0
"""The constant of PUCT. Ours, as are the numbers of steps below."""
CHILDREN = 3
"""Next steps that a leaf gets."""
Values = Callable[[Sequence[tuple[SumProblem, Response]]], list[float]]
"""The value, from 0 to 1, of each response or beginning."""


@dataclass
class Node:
    """A beginning of a response: its value, and the visits and values of what goes on from it."""

    response: Response
    prior: float = 1.0
    visits: int = 0
    total: float = 0.0
    value: float = 0.0
    children: list["Node"] = field(default_factory=list)
    closed: bool = False
    """Whether nothing below it is left to expand."""


class Tree:
    """The search for one question."""

    def __init__(self, problem: SumProblem) -> None:
        self.problem = problem
        self.root = Node(Response((), False, ""))
        self.spent, self.expansions = 0, 0
        self.finished: list[tuple[Response, float]] = []
        self._path: list[Node] = []

    def choose(self) -> list[Place]:
        """Walk to the next leaf; the places from which the policy is to write one step each."""
        if self.root.closed:
            # all that was seen has ended: the root gets more first steps
            self._path = [self.root]
        else:
            self._path = [self.root]
            while self._path[-1].children:
                self._path.append(self._next(self._path[-1]))
        self.expansions += 1
        tokens = self._path[-1].response.tokens
        return [Place(self.problem, tokens, f"search {self.expansions} {n}") for n in range(CHILDREN)]

    def grow(self, steps: Sequence[Response], values: Sequence[float]) -> None:
        """Hang the steps under the leaf, and take their values up to the root."""
        leaf = self._path[-1]
        self.spent += sum(len(step.tokens) - len(leaf.response.tokens) for step in steps)
        known = {child.response.tokens: child for child in leaf.children}
        for step, value in zip(steps, values, strict=True):
            if step.tokens not in known:
                known[step.tokens] = Node(step, 0.0, closed=step.ended)
                leaf.children.append(known[step.tokens])
            child = known[step.tokens]
            child.prior += 1 / len(steps)
            child.value = value
            child.visits += 1
            child.total += value
            if step.ended:
                self.finished.append((step, value))
        for node in reversed(self._path):
            node.visits += len(values)
            node.total += sum(values)
            node.closed = all(child.closed for child in node.children)

    def open_leaf(self) -> Response:
        """The most valued beginning that has not ended, the longer of equals: where a response is closest."""
        leaves, waiting = [], [self.root]
        while waiting:
            node = waiting.pop()
            waiting += node.children
            if not node.children and not node.response.ended:
                leaves.append(node)
        return max(leaves, key=lambda node: (node.value, len(node.response.tokens))).response

    def _next(self, node: Node) -> Node:
        def attraction(child: Node) -> float:
            mean = child.total / child.visits
            return mean + EXPLORATION * child.prior * math.sqrt(node.visits) / (1 + child.visits)

        return max((child for child in node.children if not child.closed), key=attraction)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search comes to with some tokens: the responses that have ended with their values, tokens generated."""

    finished: list[tuple[Response, float]]
    spent: int


def tree_search(
    policy: Policy, values: Values, asked: Sequence[SumProblem], budgets: Sequence[float], seed: int
) -> dict[float, list[Outcome]]:
    """The outcome for each question as each budget, in tokens, is reached; one search, looked at several times.

    A search that has no whole response then finishes the most valued beginning, beside the search and counted.
    """
    trees = [Tree(problem) for problem in asked]
    outcomes: dict[float, list[Outcome]] = {}
    for budget in sorted(budgets):
        while active := [tree for tree in trees if tree.spent < budget]:
            places = [tree.choose() for tree in active]
            steps = policy.next_steps([place for some in places for place in some], seed)
            scores = values([(active[n // CHILDREN].problem, step) for n, step in enumerate(steps)])
            for n, tree in enumerate(active):
                own = slice(n * CHILDREN, (n + 1) * CHILDREN)
                tree.grow(steps[own], scores[own])
        outcomes[budget] = _at_budget(policy, values, trees, seed)
    return outcomes


def _at_budget(policy: Policy, values: Values, trees: Sequence[Tree], seed: int) -> list[Outcome]:
    unfinished = [n for n, tree in enumerate(trees) if not tree.finished]
    places = [
        Place(trees[n].problem, trees[n].open_leaf().tokens, f"finish {trees[n].expansions}")
        for n in unfinished
    ]
    responses = policy.finish(places, seed) if places else []
    scores = values([(place.problem, each) for place, each in zip(places, responses, strict=True)])
    outcomes = [Outcome(list(tree.finished), tree.spent) for tree in trees]
    for n, place, response, score in zip(unfinished, places, responses, scores, strict=True):
        extra = len(response.tokens) - len(place.tokens)
        outcomes[n] = Outcome([(response, score)], trees[n].spent + extra)
    return outcomes


def beam(policy: Policy, values: Values, asked: Sequence[SumProblem], width: int, seed: int) -> list[Outcome]:
    """A beam search for each question: `width` beginnings at a time, of which the best half get two next steps each.

    What has ended leaves the beam and its place in it; when nothing is left, all that ended is the outcome.
    """
    beams: list[list[Response]] = [[Response((), False, "")] * width for _ in asked]
    finished: list[list[tuple[Response, float]]] = [[] for _ in asked]
    spent = [0] * len(asked)
    depth = 0
    while any(beams):
        places = [
            (n, Place(asked[n], each.tokens, f"beam {width} {depth} {place}"))
            for n, some in enumerate(beams)
            for place, each in enumerate(some)
        ]
        steps = policy.next_steps([place for _, place in places], seed)
        scores = values([(asked[n], step) for (n, _), step in zip(places, steps, strict=True)])
        going: list[list[tuple[Response, float]]] = [[] for _ in asked]
        for (n, place), step, score in zip(places, steps, scores, strict=True):
            spent[n] += len(step.tokens) - len(place.tokens)
            (finished if step.ended else going)[n].append((step, score))
        beams = [_kept(some) for some in going]
        depth += 1
    return [Outcome(some, tokens) for some, tokens in zip(finished, spent, strict=True)]


def _kept(going: Sequence[tuple[Response, float]]) -> list[Response]:
    """The best half, each twice, as many as there were."""
    ranked = sorted(going, key=lambda each: -each[1])
    best = [response for response, _ in ranked[: (len(ranked) + 1) // 2]]
    return [*best, *best][: len(going)]
