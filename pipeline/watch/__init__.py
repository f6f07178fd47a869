"""What is seen of a job while it runs."""
