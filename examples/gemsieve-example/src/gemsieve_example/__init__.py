"""What another package may add to gemsieve: a detector, a reader, a reporter."""
