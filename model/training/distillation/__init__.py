"""Learning from a teacher: asked in every step, beforehand, or of the student's own answers."""
