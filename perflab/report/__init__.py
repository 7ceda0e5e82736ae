"""What a run came to: on disk, in words, in pictures, on a page."""
