"""The graders by name, in the order in which they are shown."""

from r1data.evaluation.graders.grades import Grader
from r1data.evaluation.graders.lm_eval import LM_EVAL
from r1data.evaluation.graders.math_verify import MATH_VERIFY
from r1data.evaluation.graders.own import OURS, STRING

GRADERS: dict[str, Grader] = {grader.name: grader for grader in (OURS, STRING, MATH_VERIFY, LM_EVAL)}
