"""A learner in the terminal: files, hints and progress, the lab as it runs, and this machine."""
