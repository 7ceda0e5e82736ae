"""What a round leaves behind."""

import pytest
import toy

from perflab.measure.samples import Call, Conditions, Frame, Profile, Response, Samples, Usage, names
from perflab.report.store import SAMPLES


def response(**changes: object) -> Response:
    return Response("Reader:3/7/1", "/ping", 0.5, 250.0, 200, 10, 101, "digest")._replace(**changes)


def test_a_response_is_done_its_latency_after_its_intended_start() -> None:
    assert response().done_s == 0.75


@pytest.mark.parametrize(("status", "failed"), [(0, True), (200, False), (404, False), (499, False), (500, True)])
def test_no_answer_and_server_errors_are_failures(status: int, failed: bool) -> None:
    assert response(status=status).failed is failed


@pytest.mark.parametrize(
    ("status", "retry_after", "rejected"),
    [
        (503, True, True),
        (429, True, True),
        (503, False, False),
        (500, True, False),
        (200, True, False),
        (0, False, False),
    ],
)
def test_a_rejection_is_a_429_or_503_with_retry_after(status: int, retry_after: bool, rejected: bool) -> None:
    assert response(status=status, retry_after=retry_after).rejected is rejected


def test_a_rejection_is_a_failure_whatever_its_status() -> None:
    assert response(status=429, retry_after=True).failed


@pytest.mark.parametrize("key", ["Member:12/7/1", "Member:12/7", "Member:0"])
def test_the_user_of_a_response_is_the_class_that_sent_it(key: str) -> None:
    assert response(key=key).user == "Member"


def test_the_name_of_a_class_of_users_may_end_in_a_number() -> None:
    """The second user of the class `Http2` is labelled Http21."""
    assert toy.samples(user="Http2").select("Http2")


@pytest.mark.parametrize(("name", "count"), [("/ping", 2), ("Reader", 2), ("Member", 1), (None, 3), ("/pong", 0)])
def test_responses_are_selected_by_request_or_by_class_of_users(name: str | None, count: int) -> None:
    pings, page = toy.samples([1.0] * 2), toy.samples([1.0], name="/pages", user="Member")
    assert len(Samples(2.0, [*pings.responses, *page.responses]).select(name)) == count


def test_before_incident_ends_half_a_second_ahead_of_it() -> None:
    cut = toy.samples([1.0] * 20, seconds=2.0, incident_s=1.5).before_incident()
    assert cut.seconds == 1.0
    assert [one.intended_start_s for one in cut.responses] == pytest.approx([number / 10 for number in range(10)])


def test_without_an_incident_the_whole_round_is_before_it() -> None:
    round = toy.samples()
    assert round.before_incident() is round


def test_workers_are_the_processes_that_gave_an_id() -> None:
    responses = [response(worker=worker) for worker in (101, 102, 0, 101)]
    assert Samples(1.0, responses).workers == {101, 102}


def test_a_call_has_an_endpoint_and_a_key() -> None:
    call = Call("weather/17", 0.25, 0.5)
    assert (call.whom, call.about) == ("weather", "17")


def test_names_come_in_order_of_first_appearance() -> None:
    assert names(response(name=name) for name in ("/b", "/a", "/b")) == ["/b", "/a"]


@pytest.mark.parametrize("incident_s", [None, 1.5])
def test_samples_survive_json_but_for_the_excerpts_of_bodies(incident_s: float | None) -> None:
    usage = Usage(0.1, 50.25, (101, 102), True)
    whole = toy.samples(
        [1.5, 2.25],
        failed=1,
        rejected=1,
        conditions=Conditions(0.25, 0.01, 0.02, 0.5, 0.75, 4, True, {"slow": 0.25}, {"slow": 7}, "was stopped"),
        before=usage,
        until=None,
        after=usage,
        incident_s=incident_s,
        jobs=[0.5, 0.75],
        persisted=3,
        abandoned=4,
        served=2,
        stalls=[(0.25, 0.5)],
        calls=[Call("weather/17", 0.25, 0.5)],
        opened=7,
    )
    back = SAMPLES.validate_json(SAMPLES.dump_json(whole, exclude={"bodies"}))
    whole.bodies = {}
    assert back == whole


POSTS, TAG, ENCODE = Frame("posts", "fix.py", True), Frame("tag", "fix.py", True), Frame("encode", "lib.py", False)
PROFILE = Profile("py-spy", {(POSTS, TAG): 6, (POSTS,): 1, (ENCODE, POSTS, ENCODE): 3})


def test_a_profile_shares_out_what_was_on_the_stack_and_on_top() -> None:
    assert PROFILE.count == 10
    assert PROFILE.shares() == [(TAG, 0.6, 0.6), (ENCODE, 0.3, 0.3), (POSTS, 1.0, 0.1)]


def test_a_profile_survives_json() -> None:
    samples = toy.samples([1.0], profile=PROFILE)
    assert SAMPLES.validate_json(SAMPLES.dump_json(samples)).profile == PROFILE
