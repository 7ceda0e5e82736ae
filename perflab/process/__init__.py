"""Every process of a run: kept within limits, read line by line, and ended with all that it started."""
