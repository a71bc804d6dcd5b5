"""`r1 serve-verdicts`: verifiers and rewards as an HTTP service, one pool of checkers for a cluster of trainers.

`frontend` speaks HTTP, `protocol` reads requests, `service` answers them, `checking` shares the checkers out fairly,
`worker` is a checker's process, `run` starts and stops it all. `nemo_gym` and `openrlhf` are the shapes of those
projects. `clients` holds what trainers need to ask the service: the standard library alone, and none of the rest.

Not here: reward models, which are served by an engine.
"""
