"""What a policy's `[mitigate]` makes of kept records."""
