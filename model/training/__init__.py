"""From verified shards to a trained model."""
