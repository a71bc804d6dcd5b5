"""On-policy distillation: the student samples, a teacher scores its tokens, and the divergence at each is the loss.

Not in R1's paper, which distils by supervised training alone (2.4). After Agarwal et al., "On-Policy Distillation of
Language Models" (arXiv 2306.13649), by TRL's `DistillationTrainer`; teachers behind a server, several teachers by
domain, and teachers whose vocabulary is padded to another size are added here.
"""
