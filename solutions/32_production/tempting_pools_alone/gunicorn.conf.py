"""The routes mended, and nothing set here: one process as before. A deploy still closes the shop."""
