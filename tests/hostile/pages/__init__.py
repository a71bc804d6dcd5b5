"""Pages, cards and what else is rendered, made from input that is full of markup."""
