"""Settings of training runs, with the paper's figures as defaults. Each setting is an option of the command line.

A file for each kind of training, and one for what they share. Where the sources are silent a default is ours and its
help says "ours". Nothing heavy is imported here.
"""

from r1data.training.settings.grpo import GrpoSettings
from r1data.training.settings.on_policy import OnPolicySettings
from r1data.training.settings.reward_model import RewardModelSettings
from r1data.training.settings.sft import SftSettings
from r1data.training.settings.shared import Settings

__all__ = ["GrpoSettings", "OnPolicySettings", "RewardModelSettings", "Settings", "SftSettings"]
