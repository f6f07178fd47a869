"""How equally the filter judges: sentences with their groups swapped."""
