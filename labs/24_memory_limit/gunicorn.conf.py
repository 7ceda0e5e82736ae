"""Lab 24: Why does a worker vanish now and then, with no error of its own in the log?

While this file sets nothing, gunicorn runs the site as shipped. `make start-24` copies the settings
of the slow side here, for you to change; `make reset-24` brings this file back.
"""
