"""What a run reads: sieved text, tokens and rows, in an order that the seed and the step decide."""
