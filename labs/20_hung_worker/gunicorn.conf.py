"""Lab 20: how gunicorn runs the site.

While this file sets nothing, the site runs as shipped, and uvicorn serves it. With the first
setting you write here, gunicorn serves it in its place.
"""
