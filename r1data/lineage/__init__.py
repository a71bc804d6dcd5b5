"""Looking at datasets: what they hold, where rows came from and went, whether they are intact; and their repair."""
