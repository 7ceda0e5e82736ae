"""Every process of a run: kept within limits, heard line by line, and ended with all that it started."""
