"""The audit of a filter: does what it decides hang on which group a sentence is about?"""
