"""What a corpus says of groups."""
