"""One slow thing each. Read one before its lab: the mistake is in plain sight, and looks like work."""
