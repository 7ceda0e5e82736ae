"""A small community site, slow on purpose.

Members sign in, read posts, look for related ones. Each module in `app.parts` holds one thing this site
does badly; `python -m app` serves them all. Nobody edits this package: a fix is laid over it.
"""
