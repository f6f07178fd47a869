"""The processes that judge: watched, replaced, and one job in a folder."""
