"""How often the judge is wrong: trials with fixes of known worth, a comparison with other rules, the report."""
