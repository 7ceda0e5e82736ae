"""A lab as declared, the course in order, and the files that it ships."""
