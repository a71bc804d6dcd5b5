"""The same responses through several graders, and who is right where they disagree."""
