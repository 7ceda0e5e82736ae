# gunicorn.conf.py: two workers, and another one in the place of each that ends

worker_class = "asgi"
workers = 2
preload_app = True  # the parent loads the site, once: a new worker then is ready sooner
