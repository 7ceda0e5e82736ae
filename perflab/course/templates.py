"""The learner's files: as the course ships them, and as `make start` writes them."""

from perflab.course.lab import Lab


def shipped(lab: Lab, file: str) -> str:
    """The learner's file as the course ships it: it changes nothing yet."""
    if file == "gunicorn.conf.py" and lab.own_gunicorn.is_file():
        return (
            f'"""Lab {lab.number}: {lab.question}\n\n'
            "While this file sets nothing, gunicorn runs the site as shipped. `make start-{0}` copies the settings\n"
            'of the slow side here, for you to change; `make reset-{0}` brings this file back.\n"""\n'
        ).replace("{0}", f"{lab.number:02d}")
    if file == "gunicorn.conf.py":
        return (
            f'"""Lab {lab.number}: how gunicorn runs the site.\n\n'
            "While this file sets nothing, the site runs as shipped, and uvicorn serves it. With the first\n"
            'setting you write here, gunicorn serves it in its place.\n"""\n'
        )
    about = f'"""Lab {lab.number}: {lab.question}\n\n'
    number = f"{lab.number:02d}"
    if file == "locustfile.py":
        return (
            f"{about}The users defined here replace the site's own load test. `make start-{number}` copies it\n"
            f'here, for you to change; `make reset-{number}` brings this file back.\n"""\n\n'
            f'from app.load_tests.{lab.name} import Visitor\n\n__all__ = ["Visitor"]\n'
        )
    return (
        f"{about}What you name here replaces the slow site's own. `make start-{number}` copies the slow code\n"
        f'in, for you to change; `make reset-{number}` brings this file back.\n"""\n\n'
        f'from app.parts.{lab.name} import router\n\n__all__ = ["router"]\n'
    )


def started(lab: Lab, file: str) -> str:
    """The learner's file as `make start` writes it: the slow source, or as shipped where there is none."""
    if file != "gunicorn.conf.py":
        return lab.slow_source.read_text()
    return lab.own_gunicorn.read_text() if lab.own_gunicorn.is_file() else shipped(lab, file)
