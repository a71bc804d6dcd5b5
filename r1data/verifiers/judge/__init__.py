"""A model as a judge, where rules cannot decide (R1 2.3.3; App., listing 4: question, reference, answer in, JSON out).

`prompt` shows a model texts that nobody vouches for, `asking` asks any engine k times and remembers the answers,
`answers` reads them, `judge` makes verdicts, `pairs` compares two answers, `agreement` says how far verdicts of a judge
and of rules agree. Not here: which rows are judged (verify/).
"""

from r1data.verifiers.judge.asking import JudgeSettings
from r1data.verifiers.judge.judge import Judge

__all__ = ["Judge", "JudgeSettings"]
