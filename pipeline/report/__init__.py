"""What a job tells a person: the page, its numbers, the data card, Croissant."""
