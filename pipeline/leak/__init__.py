"""The check of what was kept: is anything left that should not be?"""
