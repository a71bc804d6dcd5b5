"""What every trainer shares: TRL's arguments, callbacks, seeds, when to save and when to stop."""
