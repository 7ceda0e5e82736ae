"""A second machine for one run: a real Dask scheduler with two workers, or the one that `DASK_SCHEDULER` names.

    python -m perflab.bench.dask FOLDER

The embedded one is played by processes of this machine, which are no part of any side. It prints `serving ADDRESS`. The
jobs that are done there enter the ledger in FOLDER (`LEDGER`). Each line of standard input is answered by `pending N`,
how many tasks are not done yet; `stop`, or the end of the input, ends it.
"""

import asyncio
import importlib.metadata
import logging
import os
import signal
import sys
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import dask
from distributed import Client, LocalCluster

ANSWER_WITHIN_S = 5.0
WORKERS = 2
LEDGER = "ledger"  # its name in the folder
VARIABLE = "DASK_SCHEDULER"
REMEDY = f"or unset {VARIABLE}: then the course brings its own."


def pending(dask_scheduler: Any = None) -> int:
    """How many tasks are neither done nor failed. Runs in the scheduler's process."""
    return sum(task.state in ("waiting", "queued", "no-worker", "processing") for task in dask_scheduler.tasks.values())


def known(dask_scheduler: Any = None) -> int:
    """How many tasks and results there are. Runs in the scheduler's process."""
    return len(dask_scheduler.tasks)


def forget(dask_scheduler: Any = None) -> None:
    """Forgets tasks, results, and what keeps them: datasets, variables, metadata. Runs in the scheduler's process."""
    dask_scheduler.extensions["publish"].datasets.clear()
    dask_scheduler.extensions["variables"].variables.clear()
    dask_scheduler.task_metadata.clear()
    wanted = {name: [task.key for task in client.wants_what] for name, client in dask_scheduler.clients.items()}
    for name, keys in wanted.items():
        dask_scheduler.client_releases_keys(keys=keys, client=name, stimulus_id="forget")


def use_ledger(path: str) -> bool:
    """Has the jobs of a worker enter this ledger. Returns whether it is there for this worker, and the site is, too."""
    import importlib.util
    import os.path

    os.environ["APP_LEDGER"] = path
    return os.path.exists(path) and importlib.util.find_spec("app") is not None  # noqa: PTH110  (of the worker)


def keep_to_other_cores() -> None:
    """Leaves the first cores to the sides: the workers of this process get the last ones, where there are enough."""
    if hasattr(os, "sched_setaffinity") and len(there := sorted(os.sched_getaffinity(0))) > WORKERS:
        os.sched_setaffinity(0, there[-WORKERS:])


@asynccontextmanager
async def embedded(folder: Path) -> AsyncIterator[str]:
    """Runs a scheduler and its workers while the block lasts. Yields the address. Raises SystemExit without them."""
    keep_to_other_cores()
    try:
        cluster = await LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            scheduler_port=0,
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address=None,
            memory_limit=0,
            local_directory=str(folder),
            silence_logs=logging.CRITICAL,
            asynchronous=True,
        )
    except (OSError, RuntimeError, TimeoutError) as error:
        sys.exit(f"The embedded Dask does not start ({error}). Name another scheduler in {VARIABLE}.")
    async with cluster:
        yield cluster.scheduler_address


async def check_fit(client: Client, ledger: Path) -> None:
    """Raises SystemExit where a scheduler of the user's is not fit for the course: workers, versions, files, tasks."""
    named = f"The Dask scheduler that {VARIABLE} names"
    found: Any = await client.get_versions()  # type: ignore[misc]
    ours = importlib.metadata.version("distributed")
    if not found["workers"]:
        sys.exit(f"{named} has no workers. Start some in the course's folder, {REMEDY}")
    for there in (found["scheduler"], *found["workers"].values()):
        theirs, python = there["packages"]["distributed"], there["packages"]["python"]
        if theirs != ours or not python.startswith("{}.{}.".format(*sys.version_info)):
            sys.exit(
                f"{named} runs distributed {theirs} on Python {python}, or a worker of it does, and the course has "
                f"{ours} on {sys.version.split()[0]}. Start it with the course's Python, {REMEDY}"
            )
    if others := await client.run_on_scheduler(known):
        sys.exit(f"{named} has {others} tasks or results of others. Name one for the course alone, {REMEDY}")
    if not all((await client.run(use_ledger, str(ledger))).values()):
        sys.exit(f"{named} has workers without the course's files. Start them in the course's folder, {REMEDY}")


async def serve(address: str, folder: Path, check: bool) -> None:
    """Answers lines until `stop`, or the end of the input or of the scheduler. Raises SystemExit without an answer."""
    try:
        async with asyncio.timeout(2 * ANSWER_WITHIN_S):  # one that accepts connections may still say nothing
            client = await Client(address, timeout=ANSWER_WITHIN_S, asynchronous=True, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        said = str(error) or type(error).__name__
        sys.exit(f"The Dask scheduler that {VARIABLE} names does not answer ({said}). Start it, {REMEDY}")
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    async with client:
        if check:
            await check_fit(client, folder / LEDGER)
        print(f"serving {address}", flush=True)
        try:
            while await lines.readline() not in (b"", b"stop\n"):
                print("pending", await client.run_on_scheduler(pending), flush=True)
        finally:
            await client.run_on_scheduler(forget)


async def run(folder: Path) -> None:
    """Serves the scheduler in `DASK_SCHEDULER`, or an embedded one."""
    if address := os.environ.get(VARIABLE):
        await serve(address, folder, check=True)
        return
    async with embedded(folder) as address:
        await serve(address, folder, check=False)


def main() -> None:
    """Serves a Dask scheduler, with a ledger in the folder of `sys.argv[1]`."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    warnings.simplefilter("ignore", RuntimeWarning)  # about coroutines, after the sentence that says what is missing
    dask.config.set({"distributed.worker.profile.enabled": False})  # it would cost CPU time, with or without jobs
    folder = Path(sys.argv[1])
    folder.mkdir()
    (folder / LEDGER).write_text("")
    os.environ["APP_LEDGER"] = str(folder / LEDGER)  # of the embedded workers
    asyncio.run(run(folder))


if __name__ == "__main__":
    main()
