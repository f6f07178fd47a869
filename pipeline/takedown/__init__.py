"""Records taken out of a finished output."""
