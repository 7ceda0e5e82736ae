"""A notebook as a deck for a projector."""
