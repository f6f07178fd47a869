"""gemsieve: sieve what a model learns from, guard what it says, under one policy."""
