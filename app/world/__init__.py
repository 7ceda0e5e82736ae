"""Stand-ins for the world outside the site: other teams, machines, archives. Each takes its time, on every side."""
