"""The rule, fairness, the comparing of answers, an experiment, its questions beside the rounds. Nothing runs here."""
