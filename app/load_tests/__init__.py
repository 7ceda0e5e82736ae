"""Load tests that came with the site. Locust runs them, in a process of its own; the site never imports them."""
