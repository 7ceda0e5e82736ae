"""What a shell says does not reach the processes of a run where it would bend what is measured."""

import sys

import pytest

from perflab.process import environment
from perflab.process.managed import Process

BENT = {
    "http_proxy": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
    "ALL_PROXY": "socks://127.0.0.1:9",
    "no_proxy": "localhost,127.0.0.0/8,::1",
    "PYTHONOPTIMIZE": "2",
    "PYTHONASYNCIODEBUG": "1",
    "WEB_CONCURRENCY": "7",
    "GUNICORN_CMD_ARGS": "--workers 7",
    "UVICORN_WORKERS": "7",
    "LOCUST_USERS": "7",
    "APP_FIX": "elsewhere.py",
    "PGSSLMODE": "verify-full",
    "PGUSER": "somebody",
    "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
    "MALLOC_ARENA_MAX": "1",
    "NGINX": "7;",
}
KEPT = {
    "HOME": "/home/me",
    "PATH": "/bin",
    "LANG": "C.UTF-8",
    "PERFLAB_YOURS": "reference",
    "NGINX_BINARY": "/bin/nginx",
}


def test_what_bends_is_taken_out_and_the_rest_stays() -> None:
    assert environment.clean(BENT | KEPT) == KEPT
    assert set(environment.bending(BENT | KEPT)) == set(BENT)


def test_postgresqls_own_variables_stay_for_a_database_of_the_users() -> None:
    own = {"DATABASE_URL": "postgresql://db/site", "PGSSLMODE": "verify-full", "PGPASSWORD": "secret"}
    assert environment.clean(own | {"http_proxy": "http://127.0.0.1:9"}) == own


def test_dasks_own_variables_stay_for_a_scheduler_of_the_users() -> None:
    own = {"DASK_SCHEDULER": "tcp://10.0.0.7:8786", "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "True"}
    assert environment.clean(own) == own


def test_a_process_of_a_run_hears_nothing_of_the_shells_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in BENT.items():
        monkeypatch.setenv(name, value)
    code = "import os; print('has', *sorted(name for name in os.environ if name.upper() in set(%r)))"
    with Process([sys.executable, "-c", code % [name.upper() for name in BENT]]) as process:
        assert process.wait_for(lambda line: line.startswith("has"), 10) == "has"


def test_what_a_side_is_told_by_the_kit_reaches_it() -> None:
    code = "import os; print('told', os.environ['APP_PART'])"
    with Process([sys.executable, "-c", code], {"APP_PART": "blocked_loop"}) as process:
        assert process.wait_for(lambda line: line.startswith("told"), 10) == "told blocked_loop"
