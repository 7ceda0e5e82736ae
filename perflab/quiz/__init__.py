"""The final knowledge test: its questions, the proof of each key, and a learner's answers."""
