"""What a round leaves behind."""

import pytest
import toy

from perflab.measure.samples import Call, Conditions, Frame, Profile, Response, Samples, Usage, names
from perflab.report.store import SAMPLES


def response(**changes: object) -> Response:
    return Response("Reader:3/7/1", "/ping", 0.5, 250.0, 200, 10, 101, "digest")._replace(**changes)


def test_an_answer_is_done_when_it_was_due_and_its_latency_later() -> None:
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
def test_a_refusal_says_not_now_and_when_to_come_again(status: int, retry_after: bool, rejected: bool) -> None:
    assert response(status=status, retry_after=retry_after).rejected is rejected


def test_whoever_is_refused_has_no_good_answer_whatever_the_status() -> None:
    assert response(status=429, retry_after=True).failed


@pytest.mark.parametrize("key", ["Member:12/7/1", "Member:12/7", "Member:0"])
def test_the_user_of_an_answer_is_the_class_that_asked(key: str) -> None:
    assert response(key=key).user == "Member"


def test_a_class_of_users_may_end_in_a_number_of_its_own() -> None:
    """The second user of the class `Http2` is labelled Http21."""
    assert toy.samples(user="Http2").select("Http2")


@pytest.mark.parametrize(("name", "count"), [("/ping", 2), ("Reader", 2), ("Member", 1), (None, 3), ("/pong", 0)])
def test_answers_are_found_by_request_or_by_class_of_users(name: str | None, count: int) -> None:
    pings, page = toy.samples([1.0] * 2), toy.samples([1.0], name="/pages", user="Member")
    assert len(Samples(2.0, [*pings.responses, *page.responses]).select(name)) == count


def test_before_the_incident_only_what_was_due_half_a_second_earlier_counts() -> None:
    cut = toy.samples([1.0] * 20, seconds=2.0, incident_s=1.5).before_incident()
    assert cut.seconds == 1.0
    assert [one.intended_start_s for one in cut.responses] == pytest.approx([number / 10 for number in range(10)])


def test_without_an_incident_the_whole_round_is_before_it() -> None:
    round = toy.samples()
    assert round.before_incident() is round


def test_workers_are_those_who_said_who_they_are() -> None:
    responses = [response(worker=worker) for worker in (101, 102, 0, 101)]
    assert Samples(1.0, responses).workers == {101, 102}


def test_a_call_says_whom_it_asked_and_about_what() -> None:
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


def test_a_profile_tells_what_was_at_work_and_what_was_at_the_top() -> None:
    assert PROFILE.count == 10
    assert PROFILE.shares() == [(TAG, 0.6, 0.6), (ENCODE, 0.3, 0.3), (POSTS, 1.0, 0.1)]


def test_a_profile_survives_being_written_down() -> None:
    samples = toy.samples([1.0], profile=PROFILE)
    assert SAMPLES.validate_json(SAMPLES.dump_json(samples)).profile == PROFILE
