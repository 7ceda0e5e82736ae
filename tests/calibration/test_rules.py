"""Recorded rounds, judged again: each rule on rounds where the right verdict is known."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
import toy

from perflab.calibration import rules
from perflab.calibration.rules import Rule, Said
from perflab.calibration.trials import Record
from perflab.course.lab import Lab
from perflab.judge.rule import ROUNDS_AT_MOST, Outcome


def a_round(slow: float, yours: float, reference: float = 1.0, *, seed: int = 1, disturbed: bool = False) -> Any:
    """A round in which every side's latencies lie around a figure, each with noise of its own, in milliseconds."""
    rng = Random(seed)
    figures = {"slow": slow, "yours": yours, "reference": reference}
    latencies = {side: [int(100 * ms * rng.uniform(0.8, 1.2)) for _ in range(100)] for side, ms in figures.items()}
    return {
        "disturbed": "a storm" if disturbed else None,
        "figures": [figures],
        "conditions": {side: [0.3, 0.0] for side in figures},
        "latencies": latencies,
    }


SAME = [a_round(100, 100, seed=seed) for seed in range(ROUNDS_AT_MOST)]
FASTER = [a_round(100, 1, seed=seed) for seed in range(ROUNDS_AT_MOST)]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_every_rule_sees_a_plain_effect(lab: Lab, rule: Rule) -> None:
    assert rule.says(lab, FASTER).outcome is Outcome.SOLVED


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.name)
def test_no_rule_calls_slower_code_faster(lab: Lab, rule: Rule) -> None:
    assert rule.says(lab, [a_round(100, 120)] * ROUNDS_AT_MOST).outcome is Outcome.NOT_YET


def test_our_rule_is_that_of_the_course(lab: Lab) -> None:
    assert rules.ours(lab, SAME) == (Outcome.NOT_YET, 2)
    assert rules.ours(lab, [a_round(100, 1), *SAME]) == (Outcome.NOT_YET, 4)
    assert rules.ours(lab, [a_round(100, 1, disturbed=True)] * ROUNDS_AT_MOST).outcome is Outcome.INCONCLUSIVE


def test_a_figure_that_could_not_be_computed_makes_a_round_void(lab: Lab) -> None:
    without = {**a_round(100, 1), "figures": [{"slow": None, "yours": 1.0, "reference": 1.0}]}
    assert rules.ours(lab, [without] * ROUNDS_AT_MOST).outcome is Outcome.INCONCLUSIVE


def test_looking_after_each_run_finds_effects_by_chance(lab: Lab) -> None:
    """Each look is another chance for an error: without an effect, more than 5 in 100 sequences are "faster"."""
    rounds = [a_round(100, 100, seed=seed) for seed in range(40)]
    once, *_, until = rules.RULES[3:]
    assert rules.error(lab, until, rounds, 200).solved > rules.error(lab, once, rounds, 200).solved


@pytest.mark.parametrize(("by", "solved"), [(0.04, False), (0.06, True)])
def test_a_fixed_percentage_is_of_the_median(lab: Lab, by: float, solved: bool) -> None:
    round = a_round(100, 100)
    round["latencies"] = {"slow": [1000] * 9, "yours": [int(1000 * (1 - by))] * 9, "reference": [1] * 9}
    assert (rules.one_run(lab, [round]).outcome is Outcome.SOLVED) == solved


def test_an_error_is_a_share_of_sequences_and_seconds_of_load(lab: Lab) -> None:
    error = rules.error(lab, rules.RULES[0], SAME, 50)
    assert error == (0.0, 1.0, 0.0, 2 * lab.seconds * 3)
    error = rules.error(lab, rules.RULES[1], FASTER, 50)
    assert error == (1.0, 0.0, 0.0, 1 * lab.seconds * 2)


def test_the_same_rounds_give_the_same_error(lab: Lab) -> None:
    mixed = SAME + FASTER
    assert rules.error(lab, rules.RULES[0], mixed, 100) == rules.error(lab, rules.RULES[0], mixed, 100)


def test_no_round_comes_twice_in_a_sequence(lab: Lab) -> None:
    def twice(lab: Lab, sequence: Sequence[Any]) -> Said:
        drawn = [id(round) for round in sequence]
        return Said(Outcome.SOLVED if len(set(drawn)) < len(drawn) else Outcome.NOT_YET, len(drawn))

    for count in (ROUNDS_AT_MOST - 3, ROUNDS_AT_MOST + 3):
        rounds = [a_round(100, 100, seed=seed) for seed in range(count)]
        error = rules.error(lab, Rule("twice", twice, rules.ALL), rounds, 50)
        assert error == (0.0, 1.0, 0.0, min(count, ROUNDS_AT_MOST) * lab.seconds * 3)


def test_five_runs_together_see_what_one_is_too_short_for(lab: Lab) -> None:
    rounds = [a_round(100, 97, seed=seed) for seed in range(60)]
    once, five = rules.RULES[3:5]
    assert rules.error(lab, five, rounds, 200).solved > rules.error(lab, once, rounds, 200).solved


def test_other_rules_are_asked_where_lower_latency_is_the_goal(lab: Lab) -> None:
    assert rules.is_asked(lab)
    assert not rules.is_asked(lab.model_copy(update={"metrics": (toy.metric("failed"),)}))


def test_rounds_are_drawn_from_one_candidate_where_there_are_enough(lab: Lab) -> None:
    def record(candidate: str, condition: str, rounds: list[Any]) -> Record:
        return Record(lab.name, candidate, "slow", condition, Outcome.NOT_YET, 1.0, rounds)

    unanswered = {**a_round(1, 1), "latencies": {"slow": [], "yours": [1], "reference": [1]}}
    records = [
        record("slow", "quiet", SAME[:6]),
        record("slow", "quiet", [*SAME[6:12], unanswered]),
        record("slow", "bursts", SAME[:5]),
        record("slow", "neighbour", SAME[5:8]),
        record("reference", "quiet", FASTER),
    ]
    assert rules.pool(lab, records, "slow", ["quiet"]) == SAME[:12]
    assert rules.pool(lab, records, "slow", ["neighbour", "bursts"]) == []
    assert rules.pool(lab, records, "slow", ["quiet", "neighbour"]) == [*SAME[:12], *SAME[5:8]]
