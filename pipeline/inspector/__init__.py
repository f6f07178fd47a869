"""An output in a browser: search, look, mark."""
