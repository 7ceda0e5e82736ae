"""Lab 32: how gunicorn runs the site.

While this file sets nothing, the site runs as shipped, in one uvicorn process. With the first
setting you write here, gunicorn serves it instead.
"""
