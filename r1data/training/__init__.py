"""Training: supervised fine-tuning, GRPO and distillation, each on TRL's own trainer.

`settings` and `students` import nothing heavy, so that a command line can show their defaults; torch, transformers and
TRL are imported by `sft`, `grpo` and what they use. Pre-training is not here, nor are reward models.
"""

import logging

# Where it is installed, accelerate imports it, and it notes what it lacks on a CPU.
logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
