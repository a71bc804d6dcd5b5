"""Training: supervised fine-tuning, GRPO and distillation, each on TRL's own trainer.

`settings` and `students` import nothing heavy, so that a command line can show their defaults. `launch` starts a run or
goes on with one; `sft`, `grpo` and `on_policy` are the trainers. Beneath them: `examples` (rows as token ids), `models`
(loading, sharding, positions, adapters), `rollouts`, `loop` (what all trainers share), `processes` (several, on one
machine or many), `output` (the run's folder and what comes out), `plan` (dry runs). `verdict_service` serves verifiers
and rewards to other trainers. Pre-training is not here.
"""

import logging

# Where bitsandbytes is installed, transformers and peft import it whatever is trained, and it warns of kernels that
# only quantised models would use.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
