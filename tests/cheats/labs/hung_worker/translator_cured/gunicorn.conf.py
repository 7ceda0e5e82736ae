"""Lets the translator answer the one post that it never answers, so that no worker hangs any more."""

worker_class = "asgi"
workers = 2
timeout = 2


def post_fork(server, worker):
    from app.parts import hung_worker
    from app.world import translator
    from app.world.posts import POSTS

    def translate(post):
        return POSTS[post].title[::-1] if post == translator.ENDLESS else translator.translate(post)

    hung_worker.translate = translate
