"""Whether two sides give the same answers."""

import pytest
import toy

from perflab.judge.agreement import (
    BEFORE,
    NO_ANSWER,
    SHOWN,
    around,
    collected_difference,
    first_difference,
    not_compared,
    served,
    stream_difference,
)
from perflab.measure.samples import Collected, Samples, Stream


def without(samples: Samples, number: int) -> Samples:
    """Samples without one of the responses."""
    return Samples(samples.seconds, samples.responses[:number] + samples.responses[number + 1 :], bodies=samples.bodies)


@pytest.mark.parametrize("under_load", [False, True])
def test_the_same_answers_agree_however_long_they_took(under_load: bool) -> None:
    assert first_difference(toy.samples([1.0] * 3), toy.samples([900.0] * 3), under_load) is None


@pytest.mark.parametrize("under_load", [False, True])
def test_another_answer_is_shown_with_the_one_expected(under_load: bool) -> None:
    found = first_difference(toy.samples(body="six"), toy.samples(body="seven"), under_load)
    assert found
    assert (found.request, found.expected, found.got, found.under_load) == (
        "/ping",
        "200 application/json  six",
        "200 application/json  seven",
        under_load,
    )


def test_the_order_of_the_answers_does_not_matter() -> None:
    yours = toy.samples()
    yours.responses.reverse()
    assert first_difference(toy.samples(), yours, under_load=False) is None


def test_the_first_difference_is_the_first_in_the_slow_sides_order() -> None:
    slow, yours = toy.samples([1.0] * 3), toy.samples([1.0] * 3)
    slow.responses[1] = slow.responses[1]._replace(name="/first")
    yours.responses[1:] = [response._replace(body="other") for response in yours.responses[1:]]
    found = first_difference(slow, yours, under_load=False)
    assert found
    assert found.request == "/first"


def test_without_load_a_missing_answer_is_a_difference() -> None:
    found = first_difference(toy.samples([1.0] * 3), without(toy.samples([1.0] * 3), 2), under_load=False)
    assert found
    assert found.got == NO_ANSWER


def test_without_load_a_failure_is_a_difference() -> None:
    found = first_difference(toy.samples([1.0] * 3), toy.samples([1.0] * 2, failed=1), under_load=False)
    assert found
    assert found.got == NO_ANSWER


def test_under_load_a_missing_answer_is_left_to_the_metrics() -> None:
    assert first_difference(toy.samples([1.0] * 3), without(toy.samples([1.0] * 3), 2), under_load=True) is None


@pytest.mark.parametrize(("slow", "yours"), [(1, 0), (0, 1), (1, 1)])
def test_under_load_failures_are_left_to_the_metrics(slow: int, yours: int) -> None:
    sides = [toy.samples([1.0] * (3 - failed), failed=failed) for failed in (slow, yours)]
    assert first_difference(*sides, under_load=True) is None


def test_under_load_rejections_are_left_to_the_metrics() -> None:
    rejected = toy.samples([1.0] * 2, rejected=1)
    rejected.responses[2] = rejected.responses[2]._replace(status=429)
    assert first_difference(toy.samples([1.0] * 3), rejected, under_load=True) is None
    assert first_difference(toy.samples([1.0] * 3), rejected, under_load=False) is not None


def test_under_load_a_wrong_answer_among_failures_is_found() -> None:
    found = first_difference(toy.samples([1.0] * 3), toy.samples([1.0], failed=2, body="other"), under_load=True)
    assert found
    assert found.got == "200 application/json  other"


def test_under_load_a_request_sent_to_one_side_is_not_compared() -> None:
    assert first_difference(toy.samples(user="Reader"), toy.samples(user="Member", body="other"), True) is None


# What is left to compare after the rounds.


def test_nothing_is_left_where_both_sides_gave_every_answer() -> None:
    assert not_compared([toy.samples([1.0] * 3)], toy.samples([1.0] * 3)) == []


def test_visits_that_slow_had_no_time_for_are_left() -> None:
    assert not_compared([toy.samples([1.0] * 2)], toy.samples([1.0] * 4)) == ["Reader:0/2", "Reader:0/3"]


def test_visits_that_ours_had_time_for_are_not_left() -> None:
    slow, ours = toy.samples([1.0] * 1), toy.samples([1.0] * 3)
    assert not_compared([slow, ours], toy.samples([1.0] * 4)) == ["Reader:0/3"]


def test_what_was_refused_or_failed_was_not_served() -> None:
    samples = toy.samples([1.0] * 3, failed=1)
    samples.responses[0] = samples.responses[0]._replace(status=422)
    assert served(samples).responses == samples.responses[1:3]


def test_visits_that_failed_on_slow_are_left() -> None:
    assert not_compared([toy.samples([1.0] * 2, failed=1)], toy.samples([1.0] * 3)) == ["Reader:0/2"]


def test_failures_and_streaming_answers_are_never_left() -> None:
    """They have no body to compare."""
    assert not_compared([toy.samples([])], toy.samples([], failed=3)) == []
    assert not_compared([toy.samples([])], toy.samples([1.0] * 3, body="")) == []


def test_a_visit_of_several_requests_is_left_once() -> None:
    yours = toy.samples([1.0] * 2)
    yours.responses += [response._replace(key=response.key[:-1] + "1") for response in yours.responses]
    assert not_compared([toy.samples([])], yours) == ["Reader:0/0", "Reader:0/1"]


# Answers as they are shown.


def test_short_answers_are_shown_whole() -> None:
    assert around("200 six", "200 seven") == ("200 six", "200 seven")


def test_long_answers_are_shown_where_they_part() -> None:
    expected, got = "x" * 1000 + "one" + "y" * 1000, "x" * 1000 + "two" + "y" * 1000
    shown = around(expected, got)
    assert [text[: BEFORE + 5] for text in shown] == ["…" + "x" * BEFORE + word + "y" for word in ("one", "two")]
    assert {len(text) for text in shown} == {SHOWN + 1}


def test_an_answer_cut_short_is_shown_where_it_ends() -> None:
    expected, got = around("x" * 1000 + "more", "x" * 1000)
    assert (expected, got) == ("…" + "x" * BEFORE + "more", "…" + "x" * BEFORE)


# The results of accepted requests.


def collected(*results: tuple[int, str]) -> Samples:
    found = [Collected(f"Reader:0/{number}/0", "/jobs", *result) for number, result in enumerate(results)]
    return Samples(2.0, [], bodies={"a": "200  a", "b": "200  b"}, collected=found)


@pytest.mark.parametrize("under_load", [False, True])
def test_another_result_is_a_difference(under_load: bool) -> None:
    expected = collected((200, "a"), (200, "a"))
    assert collected_difference(expected, expected, under_load) is None
    found = collected_difference(expected, collected((200, "a"), (200, "b")), under_load)
    assert found
    assert (found.request, found.expected, found.got) == ("the result of /jobs", "200  a", "200  b")


def test_a_missing_result_is_a_difference_without_load_only() -> None:
    for yours in (collected((404, "c")), collected()):
        assert collected_difference(collected((200, "a")), yours, under_load=True) is None
        assert collected_difference(collected((200, "a")), yours, under_load=False)


def test_a_result_that_the_other_side_has_lost_is_not_compared() -> None:
    assert collected_difference(collected((404, "c")), collected((200, "a")), under_load=False) is None


@pytest.mark.parametrize("may_say_more", [False, True])
def test_a_stream_that_tells_the_load_may_say_more(may_say_more: bool) -> None:
    said = [toy.samples(streams=[Stream("a", "/live", 200, "text", ("hello",) * count, False)]) for count in (1, 9)]
    differs = stream_difference(*said, under_load=True, may_say_more=may_say_more) is not None
    assert differs is not may_say_more
