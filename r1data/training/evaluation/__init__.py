"""Training watched by evaluation: accuracy on prompts that a run does not train on, measured as it goes on.

`prompts` reads and renders what `--eval-on` names, `rollouts` has a reinforcement-learning trainer's own engine answer,
`student` a model in supervised training by the engine of `r1 eval`; `callback` measures, stops early and keeps the best
weights, and `history` is what a checkpoint knows of it.
"""
