"""A small community site, slow on purpose.

Members sign in, read posts, look for related ones. Each module in `app.parts` is one thing that this site does badly;
`python -m app` serves them all. Do not edit this package: a fix is laid over it.
"""
