"""Whether two sides give the same responses to the same requests, without load and under load."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from perflab.measure.samples import Response, Samples

NO_ANSWER = "no answer"
SHOWN, BEFORE = 200, 60  # characters of a response, and of these before the first difference


@dataclass(frozen=True)
class Difference:
    """The first request with two different responses, and both of them, shortened."""

    request: str
    expected: str
    got: str
    under_load: bool
    when: str = ""  # in words, as in "after visitors hung up": what had gone wrong, or went wrong meanwhile
    error: list[str] = field(default_factory=list)  # what the server printed, where it failed

    @property
    def shown(self) -> list[str]:
        """Both responses, as learners read them."""
        return [f"expected  {self.expected}", f"got       {self.got}"]

    @property
    def rejects(self) -> bool:
        """Whether yours rejects the request, as overloaded sites do, without saying when to try again."""
        return self.got.startswith(("429", "503"))

    @property
    def is_failure(self) -> bool:
        """Whether yours responded with an error of the server (5xx)."""
        return self.got.startswith("5")


def _by_key(responses: Iterable[Response]) -> dict[str, Response]:
    return {response.key: response for response in responses}


def not_compared(others: Iterable[Samples], yours: Samples) -> list[str]:
    """The keys of visits with a good response of yours that was compared with none: the others gave none."""
    given = {response.key for other in others for response in other.responses if not response.failed}
    return visits(one for one in yours.responses if not one.failed and one.body and one.key not in given)


def served(samples: Samples) -> Samples:
    """Only the responses with what was asked for (2xx): what one fix refuses, another may refuse in other words."""
    return replace(samples, responses=[one for one in samples.responses if 200 <= one.status < 300])


def visits(responses: Iterable[Response]) -> list[str]:
    """The keys of the visits that these requests were part of, each once: a request's key without its number."""
    return list(dict.fromkeys(one.key.rpartition("/")[0] for one in responses))


def around(expected: str, got: str) -> tuple[str, str]:
    """Both responses, cut to the part around their first difference."""
    same = next((index for index, (one, other) in enumerate(zip(expected, got, strict=False)) if one != other), None)
    begin = max(0, (min(len(expected), len(got)) if same is None else same) - BEFORE)
    if max(len(expected), len(got)) <= SHOWN:
        begin = 0
    head, end = "…" if begin else "", begin + SHOWN
    return head + expected[begin:end], head + got[begin:end]


GOES_ON_SHARE = 0.5  # of the events that the slow side sends meanwhile: a busy machine may be late with some
FLOODS_TIMES = 3  # as many events


def stream_difference(
    slow: Samples, yours: Samples, under_load: bool, *, may_say_more: bool = False
) -> Difference | None:
    """The first difference between responses without an end: status, form, what comes first, and that it goes on.

    One that says far more differs as well, unless it may: as where it tells what the load does.
    """
    heard = {stream.key: stream for stream in yours.streams}
    for expected in slow.streams:
        got = heard.get(expected.key)
        if not got or not got.status:
            return Difference(expected.name, expected.form, NO_ANSWER, under_load)
        if got.form != expected.form:
            return Difference(expected.name, expected.form, got.form, under_load)
        both = min(len(expected.events), len(got.events))
        if expected.events[:both] != got.events[:both]:
            shown = around(" ".join(expected.events[:both]), " ".join(got.events[:both]))
            return Difference(expected.name, *shown, under_load)
        few = len(got.events) < math.ceil(len(expected.events) * GOES_ON_SHARE) or (got.ended and not expected.ended)
        if few or (not may_say_more and len(got.events) > FLOODS_TIMES * len(expected.events)):
            return Difference(expected.name, expected.in_words, got.in_words, under_load)
    return None


def collected_difference(expected: Samples, yours: Samples, under_load: bool) -> Difference | None:
    """The first result of an accepted request that differs; under load only where both sides have one."""
    got = {one.key: one for one in yours.collected}
    for one in (one for one in expected.collected if one.good):
        other = got.get(one.key)
        if under_load and not (other and other.good):
            continue
        if not other or other.body != one.body:
            shown = yours.bodies.get(other.body, NO_ANSWER) if other else "no place where it is to be asked for"
            what = f"the result of {one.name}"
            return Difference(what, *around(expected.bodies.get(one.body, ""), shown), under_load)
    return None


def unrefused(slow: Samples, yours: Samples) -> Difference | None:
    """The first bad request that the slow side refuses (4xx), and yours does not."""
    statuses = dict(yours.refused)
    for request, expected in slow.refused:
        got = statuses.get(request, 0)
        if 400 <= expected < 500 and not 400 <= got < 500:
            return Difference(request, str(expected), str(got or NO_ANSWER), under_load=False)
    return None


def first_difference(slow: Samples, yours: Samples, under_load: bool) -> Difference | None:
    """The first difference between the responses to requests that both sides were sent; None where there is none.

    Without load a missing response is a difference. Under load the slow side may well fail, and the metrics count the
    failures of yours: only responses that both gave are compared then, and no streaming ones.
    """
    got = _by_key(yours.responses)
    for key, expected in _by_key(slow.responses).items():
        response = got.get(key)
        if under_load and (not response or expected.failed or response.failed or not expected.body):
            continue
        if not response or response.body != expected.body:
            shown = yours.bodies.get(response.body, NO_ANSWER) if response else NO_ANSWER
            return Difference(expected.name, *around(slow.bodies.get(expected.body, NO_ANSWER), shown), under_load)
    return None
