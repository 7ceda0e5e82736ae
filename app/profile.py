"""`/profile?seconds=2`: the site samples its own stacks for a while, and returns them. Go has the same in `pprof`.

It samples the thread of this process's event loop only. The route exists only where `APP_PROFILE` is set: it costs
time, and shows strangers more than they should know.
"""

import asyncio

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse

INTERVAL_S = 0.002

router = APIRouter()


@router.get("/profile", response_class=PlainTextResponse)
async def profile(seconds: float) -> str:
    """Collapsed stacks, one a line: the frames from the outermost on, and in how many samples they were seen."""
    from pyinstrument import Profiler  # only now: nothing else needs it

    # "disabled" means: all that this thread does, not only what this request waits for.
    profiler = Profiler(interval=INTERVAL_S, async_mode="disabled")
    profiler.start()
    await asyncio.sleep(seconds)
    lines = []
    for stack, took_s in profiler.stop().frame_records:
        frames = [frame.partition("\x01")[0].split("\x00") for frame in stack]
        named = [f"{function} ({file})" for function, file, _ in frames if not function.startswith("[")]
        lines.append(f"{';'.join(named)} {max(1, round(took_s / INTERVAL_S))}")
    return "\n".join(lines)
