"""What is written over findings: placeholders, masks, keyed hashes, ciphertexts and stand-ins."""
