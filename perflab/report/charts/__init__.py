"""The charts: one for each kind of bottleneck, and those that every lab has. Samples go in, a figure comes out."""
