"""What is told of a run: metrics, its page, speed, spikes, where its time went."""
