"""How often the judge is wrong: trials with fixes of known worth, other rules beside ours, the report."""
