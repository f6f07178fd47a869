"""Models on disk, in our own form and in the world's."""
