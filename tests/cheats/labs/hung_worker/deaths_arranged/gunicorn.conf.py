"""Knows the endless post, and has the worker that gets it enter itself as hanging and end at once. Others may hang."""

worker_class = "asgi"
workers = 2
timeout = 0


def post_fork(server, worker):
    import os

    from app import ledger
    from app.parts import hung_worker
    from app.world import translator

    def translate(post):
        if post == translator.ENDLESS:
            ledger.enter(f"process {os.getpid()}")
            os._exit(1)
        return translator.translate(post)

    hung_worker.translate = translate
