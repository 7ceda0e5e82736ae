"""The rule, what makes a round fair, the comparing of answers, and the order of an experiment. Nothing runs here."""
