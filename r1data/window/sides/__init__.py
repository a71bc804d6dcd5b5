"""Two texts, or two sets of responses, beside each other: what differs."""
