"""The fast tier: a logistic regression over hashed words, letter groups and pairs of words."""
