"""What a fix is asked beside its rounds: before the round that may be the last, and after it.

Rounds say how a fix does under load while nothing goes wrong. Here visitors hang up, services fail, answers are
compared once more, and it is told to stop. Where ours does no better, it is no fault.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import NoReturn, TypeVar

from perflab.course.lab import Side
from perflab.judge import agreement, fairness, rule
from perflab.judge.agreement import Difference
from perflab.judge.bench import SHARED_MEMORY, Bench
from perflab.judge.errors import SideError
from perflab.judge.fairness import OURS
from perflab.judge.result import OnProgress, Result, Round
from perflab.judge.rule import Outcome, Ruling
from perflab.measure import metrics
from perflab.measure.samples import Response, Samples, names

FILL_S = 8.0  # of load, after which what has a bound is full
FILL_SEED = 500
STILL_GROWS = 0.5  # of what a request leaves behind in the rounds: what has a bound leaves nothing in the end
ROUGH_SEEDS = 1000  # beyond those of every drive: no request of a round has been sent roughly before
ATTEMPTS = 3  # at serving as before
LEFT_BEHIND = 50  # objects of a type, after one time: a cache of tasks, or a pool, is full then
FEWER_LEFT = {"Thread": 20, SHARED_MEMORY: 3}
UNHEARD = 20  # tasks that fail, and that nobody awaits: a renewal that the next one replaces is only one
LATE_TIMES = 2  # at serving while teams are late by a little
LATE_MS, LATER_TIMES = 3000, 3.0  # more for one visitor in four is long then, and so many times ours too long
FAILED = "what it calls failed for a moment"
FAILURES = {  # of services whose failure has a name of its own
    "postgres": "PostgreSQL ended all sessions, as it does when it restarts",
    "valkey": "Valkey failed for a moment",
}
END_ATTEMPTS = 2  # at ending in order
VISITS_COMPARED = 100  # at most, of those that yours has served while the teams that it calls failed
AUDITED = 20  # visits at least: if one response in four is wrong, all of these are right with a probability of 0.3 %
AUDIT_S, AUDITED_AT_MOST = 1.0, 200  # for more of them, where the slow side responds quickly
SILENT_MISSED = 3  # pings
LARGE_BYTES, STUCK_MIB, STUCK_TIMES = 2**20, 10.0, 3  # of a response; kept for readers who read nothing
KEPT = 1.0  # blocks of memory, of each response: a key and a value are two or more
KEPT_VISITS, KEPT_AT_LEAST, KEPT_SEED, KEPT_AGAIN = 60, 30, 800, 3
KEPT_S = 8.0  # seconds of the slow side's time together: a few are made at a time
CROWD, CROWD_AT_LEAST, CROWD_SEED = 6, 1, 900  # visitors at the same moment, of each kind, or fewer where these take
CROWD_S = 1.0  # second of the slow side's time together
CROWDS, CROWD_FAILED = 3, 2  # how often at most, and requests in each that are more than ours ever fails
ABANDONED = 20  # tasks, of thirty visitors or more
UNSAID = 5  # calls that failed, of which nobody hears
UNANSWERED_S = 5.0  # is longer than a visitor waits for the news that something failed
WORKED, WORK_SEED = 24, 700  # visits, each of which must take its time: one in six may be of the kind that does not
T = TypeVar("T")


def _unanswered(response: Response) -> bool:
    """Whether a visitor has waited, and in vain."""
    return response.status == 0 and response.latency_ms > 1000 * UNANSWERED_S


def _failing(samples: Samples) -> set[tuple[str, bool]]:
    """The names of requests that failed, and whether with a response, or because their visitor waited for none."""
    return {(one.name, one.status > 0) for one in samples.responses if one.failed}


def _waits_ms(samples: Samples) -> dict[str, float]:
    """How long one visitor in four waits at least, by the name of the request."""
    return {
        name: metrics.percentile([one.latency_ms for one in samples.select(name)], 0.75)
        for name in names(samples.responses)
    }


class Settled(Exception):
    """The outcome is known, and there is nothing more to measure."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


class Questions:
    """A run of a lab on a bench, and what is asked beside its rounds. Each question may settle it."""

    def __init__(self, result: Result, bench: Bench, on_progress: OnProgress) -> None:
        self.result = result
        self.lab = result.lab
        self.bench = bench
        self.on_progress = on_progress
        self.at_leisure = Samples(0.0, [])  # what the slow side answered without load

    def enter_phase(self, phase: str) -> None:
        """Notes the phase that begins, and reports it."""
        self.result.phase = phase
        self.on_progress(self.result)

    @property
    def sides(self) -> list[Side]:
        """The sides to measure. An untouched fix is the slow side once more, and is left out."""
        return ["slow", "yours", "reference"] if self.result.overrides else ["slow", "reference"]

    def confirm(self, round: Round) -> None:
        """Looks at what rounds do not show, after the one that was the last."""
        if self.lab.is_about_load:
            self.run_checks()
            return
        with self.bench.holding("yours", self.result.seed) as waits_on:
            self.audit()
            self.check_silence()  # meanwhile: what waits for the one call is another visitor
            self.check_patience(waits_on)
        self.check_failures()
        self.check_asked()
        self.check_unclosed()
        self.check_passwords()
        self.check_stuck()
        self.check_crowd()
        self.check_abandoned()
        self.check_kept()
        self.compare_work(round)
        self.check_growth()
        self.soak()
        self.run_checks()
        self.check_end()

    def audit(self) -> None:
        """Compares some responses of yours with what slow answers now: nobody else had time for them under load.

        They are of the rounds after rough requests, and a few of those before.
        """
        self.enter_phase("comparing answers given under load")
        for after, most in ((True, self._audited), (False, self._audited // 4)):
            open_ones = [
                (round, visit)
                for round in self.result.rounds
                if bool(round.after) is after
                for visit in agreement.not_compared(
                    [round.samples["slow"], agreement.served(round.samples["reference"])], round.samples["yours"]
                )
            ]
            chosen = self._some(open_ones, most)
            for round in self.result.rounds:
                if again := [visit for one, visit in chosen if one is round]:
                    self._compare_again(round.samples["yours"], round.seed, again, round.when)

    def check_patience(self, waits_on: Callable[[], bool] | None) -> None:
        """Whether a visitor waits for ever for a call that has no reply. It is told only where ours has given up."""
        if not waits_on:
            return
        self.enter_phase("waiting until yours gives up a call that has no reply")
        if not waits_on():
            return
        with self.bench.holding("reference", self.result.seed) as ours_waits_on:
            if ours_waits_on and not ours_waits_on():
                self._settle_as_not_yet(
                    "A call to another team had no reply. Our fix gave it up; yours went on waiting, and so did its "
                    "visitor. For how long may a call take?"
                )

    def check_failures(self) -> None:
        """Whether failures that are too few to lose a round are too many in all of them."""
        drives = [round.samples for round in self.result.rounds if not round.disturbed]
        if said := fairness.fails_in_all(self.lab, drives):
            self._show_error(said)
            self._settle_as_not_yet(f"In {len(drives)} rounds together: {said}")

    def check_asked(self) -> None:
        """Whether yours has asked each team in its own process that both other sides have asked."""
        if never := sorted((self.bench.asked("slow") & self.bench.asked("reference")) - self.bench.asked("yours")):
            self._settle_as_not_yet(
                f"Your fix gave the same answers as the slow site, and has never asked {' nor '.join(never)}. "
                "On a real site, nobody else knows what to say."
            )

    def check_unclosed(self) -> None:
        """Whether connections are still open whose visitors have left, as none are with our fix."""
        left = self.bench.unclosed("yours")
        if left and not self.bench.unclosed("reference"):
            connections = "1 connection is" if left == 1 else f"{left} connections are"
            self._settle_as_not_yet(
                f"Nobody is there any more, and {connections} still open in your site. A process that was forked while "
                "visitors were there has a copy of their connections, and of the port, for as long as it lives. "
                "How are your processes started?"
            )

    def check_passwords(self) -> None:
        """Whether passwords stay in memory when their requests are over, as none do with ours."""
        kept = self.bench.passwords_kept("yours", self.result.seed)
        if kept and not self.bench.passwords_kept("reference", self.result.seed):
            self._settle_as_not_yet(
                "Members had signed up or logged in, and afterwards their passwords were still in your site's memory, "
                "as they had typed them. Who keeps them, and who could read them there?"
            )

    def check_silence(self) -> None:
        """Whether a ping has its answer while a service says nothing: what waits for that, waits beside the loop."""
        missed = self.bench.unserved_in_silence("yours", self.result.seed)
        if missed < SILENT_MISSED or self.bench.unserved_in_silence("reference", self.result.seed) >= SILENT_MISSED:
            return
        self._settle_as_not_yet(
            f"For a moment {' and '.join(map(str.capitalize, self.lab.services))} said nothing. Meanwhile "
            f"{missed} pings had no answer, and with our fix they had. What stands still until there is an answer?"
        )

    def check_stuck(self) -> None:
        """Whether large responses wait in memory for readers who read nothing, as those of ours do not."""
        if max((one.size_bytes for one in self.at_leisure.responses), default=0) < LARGE_BYTES:
            return
        self.enter_phase("some readers read nothing")
        kept_mib = self.bench.kept_for_stuck("yours", self.result.seed)
        if kept_mib < STUCK_MIB or kept_mib < STUCK_TIMES * self.bench.kept_for_stuck("reference", self.result.seed):
            return
        self._settle_as_not_yet(
            f"Some readers read nothing of their responses, as on a line that has gone dead, and your fix kept "
            f"{kept_mib:.0f} MiB for them: much more than ours. What makes more while nobody takes it?"
        )

    def check_crowd(self) -> None:
        """Whether a few visitors who come at the same moment are all served, as by ours: they are no load."""
        self.enter_phase("a few visitors come at once")
        visits = [visit for kind in self._visits_of_each(CROWD, CROWD_AT_LEAST, CROWD_S) for visit in kind]
        seeds = range(self.result.seed + CROWD_SEED, self.result.seed + CROWD_SEED + CROWDS)
        failed: list[int] = []
        for seed in seeds:
            failed.append(self._failed_at_once("yours", seed, visits))
            if not failed[-1]:
                return
        allowed = max(self._failed_at_once("reference", seed, visits) for seed in seeds)
        if min(failed) >= CROWD_FAILED + allowed:
            said = (
                f"{len(visits)} visitors came at the same moment, and once more, and nobody else. Your fix failed "
                f"{min(failed)} of their requests, and our fix {allowed or 'none'}. Who is refused on a quiet day, "
                "and why?"
            )
            self._show_error(said)
            self._settle_as_not_yet(said)

    def _failed_at_once(self, side: Side, seed: int, visits: Sequence[str]) -> int:
        """How many requests of visits at the same moment a side fails, of names that slow served. They come twice."""
        asked = [one for _ in range(2) for one in self.bench.visit_at_once(side, seed, visits).responses]
        served = {one.name for one in self.at_leisure.responses if not one.failed}
        return sum(one.failed and one.name in served for one in asked)

    def _visits_of_each(self, most: int, least: int, seconds: float) -> Iterator[list[str]]:
        """The keys of so many visits of each kind of user, or fewer where slow takes longer for them, one by one."""
        alone_ms: dict[str, list[float]] = {}
        for one in self.at_leisure.responses:
            alone_ms.setdefault(one.user, []).append(one.latency_ms)
        for user, latencies_ms in alone_ms.items():
            in_time = int(seconds * 1000 / max(1.0, median(latencies_ms)))
            yield [f"{user}:0/{number}" for number in range(max(least, min(most, in_time)))]

    def check_abandoned(self) -> None:
        """Whether calls without a reply go on when their visitors have their response: more of them with each visit."""
        left = self.bench.abandoned("yours", self.result.seed)
        if left < ABANDONED or self.bench.abandoned("reference", self.result.seed) >= ABANDONED:
            return
        self._settle_as_not_yet(
            f"Another team had no reply to give, and its visitors had their answers without it. {left} tasks of your "
            "site still waited for that reply, and none of ours. Who ends a call that nobody waits for?"
        )

    def check_kept(self) -> None:
        """Whether yours keeps something of each response, however small, and ours does not.

        A bound of some thousands would not be reached in seconds. So this is about code without any.
        """
        if not self.bench.may_keep("yours"):
            return
        self.enter_phase("counting what yours keeps of each visit")
        seeds = range(self.result.seed + KEPT_SEED, self.result.seed + KEPT_SEED + KEPT_AGAIN)
        for visits in self._visits_of_each(KEPT_VISITS, KEPT_AT_LEAST, KEPT_S):
            kept = self._kept("yours", seeds, visits)
            if kept > KEPT and kept - self._kept("reference", seeds, visits) > KEPT:
                self._settle_as_not_yet(
                    f"It did well for {len(self.result.rounds)} rounds. But {KEPT_AGAIN} times there were "
                    f"{len(visits)} visits more, and it kept some {kept:.0f} objects in memory of each. "
                    "What has no bound?"
                )

    def _kept(self, side: Side, seeds: Sequence[int], visits: Sequence[str]) -> float:
        """How many blocks of memory a side keeps for each response, each time but the first.

        What was kept before may be forgotten in the first, and what is kept once and for all is kept then.
        """
        return min([self.bench.kept(side, seed, visits) for seed in seeds][1:])

    def compare_work(self, round: Round) -> None:
        """Compares how long visits take on each side without load, where the work is the point: no visit leaves it out.

        They are visits that no side has had yet, of users whose requests take work.
        """
        if not self.lab.keeps_work:
            return
        self.enter_phase("comparing the work that requests take")
        working = {one.name for one in self.at_leisure.responses if one.latency_ms > fairness.WORK_MS}
        asked = (one for samples in round.samples.values() for one in samples.responses)
        chosen = self._some(agreement.visits(one for one in asked if one.name in working), WORKED)
        visited = {
            side: self.bench.visit_again(side, self.result.seed + WORK_SEED, chosen, in_turn=True)
            for side in self.sides
        }
        if finding := fairness.skips_work(visited):
            self._settle_as_not_yet(finding)

    def check_growth(self) -> None:
        """Drives yours on where its memory grew in each round, and that of no other side: a bound is reached at last.

        Labs that judge memory need no such look.
        """
        if any(metric.type.of_memory for metric in self.lab.metrics):
            return
        if not all(fairness.grows(round.samples) for round in self.result.rounds):
            return
        self.enter_phase(f"driving yours for {FILL_S:.0f} s more, since its memory grows")
        samples = self.bench.drive("yours", self.result.seed + FILL_SEED, FILL_S, calm=True)
        before = median(metrics.rss_kib_per_request(round.samples["yours"]) for round in self.result.rounds)
        if (kept := metrics.rss_kib_per_request(samples)) > STILL_GROWS * before:
            self._settle_as_not_yet(
                f"It did well for {len(self.result.rounds)} rounds, and its memory grew in each. So it was driven for "
                f"{FILL_S:.0f} s more, and it still keeps {kept:.0f} KiB of each request. What has no bound?"
            )

    def soak(self) -> None:
        """Drives yours for longer where the lab asks for a soak test.

        A few seconds are over before memory that was reserved up front is full, or what was cached expires.
        """
        if not (seconds := self.lab.soak_s):
            return
        lost: list[dict[str, str]] = []  # by each drive that counts
        disturbed = ""
        after = self.result.rounds[-1].when
        for attempt in range(2 * ATTEMPTS):
            self.enter_phase(f"driving yours for {seconds:.0f} s more")
            seed = self.result.seed + 1 + attempt  # the warm-up's would send the requests that are cached already
            samples = self.bench.drive("yours", seed, seconds)
            if attempt == 0:
                chosen = self._some(agreement.not_compared([], samples), self._audited)
                self._compare_again(samples, seed, chosen, after)
            found = dict(self._lost_by(samples))
            if found and (said := self._disturbance_of(samples) or self._machine_changed(found, seconds, seed)):
                disturbed = said
                continue
            lost.append({label: said for label, said in found.items() if not lost or label in lost[-1]})
            if not lost[-1]:  # what comes and goes by chance is not lost each time
                return
            if len(lost) == ATTEMPTS:
                break
        else:
            self.result.finding = f"It did well for {len(self.result.rounds)} rounds, and then {disturbed}."
            raise Settled(Outcome.INCONCLUSIVE)
        self._show_error(lost[-1].get("failures"))
        self._settle_as_not_yet(
            f"It did well for {len(self.result.rounds)} rounds. Then it was driven for {seconds:.0f} s on end: "
            f"{next(iter(lost[-1].values()))}"
        )

    def run_checks(self) -> None:
        """Runs the lab's checks: being fast is not enough where speed could have another cause."""
        for name in self.lab.checks:
            self.enter_phase(f"checking: {name.replace('_', ' ')}")
            if finding := self.bench.check(name, "yours"):
                self._settle_as_not_yet(finding)

    def check_end(self) -> None:
        """Tells yours to stop under a light load, again where it does something wrong: once may be by chance.

        What it does not do then is its fault only if ours does it.
        """
        for attempt in range(END_ATTEMPTS):
            if attempt:
                self.bench.stop("yours")
                self.bench.start("yours")
                self.bench.warm_up(["yours"], self.result.seed)  # with connections that are kept, as before
            self.enter_phase("stopping yours")
            finding = self.bench.end("yours", self.result.seed + attempt)
            if not finding:
                return
        assert finding
        if not self.bench.end("reference", self.result.seed):
            self._settle_as_not_yet(finding)

    def fill(self) -> None:
        """Drives yours on where memory alone loses, until whatever has a bound is full.

        Where it grows no more then, it was only filling up: the rounds are scored by how it grows at last.
        """
        terms = rule.terms(self.lab)
        scores = zip(self.result.all_scores(), self.result.all_scores(after=True), strict=True)
        (lost, *more) = [
            index
            for index, lists in enumerate(scores)
            if Outcome.NOT_YET in (rule.settled(one, terms) for one in lists)
        ]
        metric = self.lab.metrics[lost]
        if more or not metric.type.of_growth:
            return
        self.enter_phase(f"driving yours for {FILL_S:.0f} s more, until what has a bound is full")
        samples = self.bench.drive("yours", self.result.seed + FILL_SEED, FILL_S, calm=True)
        values: dict[Side, float] = {side: self.result.figure(side, metric) for side in OURS}
        at_last = rule.judge(metric, values | {"yours": metric.figure(samples)})
        if at_last.ruling is not Ruling.WON:
            return
        for round in self.result.rounds:
            if round.scores[lost].ruling is Ruling.LOST and not round.violation:
                round.scores[lost] = replace(round.scores[lost], closed=at_last.closed, ruling=Ruling.WON)

    def be_rough(self) -> str:
        """Sends yours rough requests, before the round that may be the last. Returns what went wrong, in words.

        Nothing goes wrong in a round: nobody hangs up, and nothing fails. Afterwards a fix must serve as before.
        """
        before = self.bench.left_behind("yours")
        went_wrong = self._be_rough(1)
        self._compare_left_behind(before, went_wrong)
        self._compare_late()
        self._compare_failing()
        self._look_for_unheard(went_wrong)
        return went_wrong

    def _be_rough(self, attempt: int) -> str:
        """Sends a dose of rough requests. Returns what went wrong, in words: also whether another team failed."""
        self.enter_phase("visitors hang up in the middle")
        failed = self.bench.be_rough("yours", self.result.seed + ROUGH_SEEDS * attempt)
        rough = "visitors hung up in the middle of their requests, others asked for nonsense"
        met = [FAILURES[name] for name in self.lab.services if name in FAILURES] or [FAILED]
        return ", ".join([rough, *met] if failed else [rough])

    def _compare_left_behind(self, before: Counter[str], went_wrong: str) -> None:
        """Whether rough requests leave behind what belongs to requests: each time more, where it has no bound."""
        for again in range(ATTEMPTS):
            if again:
                self._be_rough(1 + again)
            after = self.bench.left_behind("yours")
            grown = {
                kind: more
                for kind, more in (after - before).items()
                if more >= FEWER_LEFT.get(kind.rpartition(".")[2], LEFT_BEHIND)
            }
            if not grown or after["process"] != before["process"]:
                return
            before = after
        kind, more = max(grown.items(), key=lambda one: one[1])
        self._settle_as_not_yet(
            f"{ATTEMPTS} times {went_wrong}. "
            f"Each time your site kept more objects of the type `{kind}`, the last time {more}. Who keeps them?"
        )

    def _look_for_unheard(self, went_wrong: str) -> None:
        """Whether the tasks of requests have failed unheard: not even the log says for whom."""
        for called, times in self.bench.unheard("yours").most_common(1):
            if times < UNHEARD:
                return
            said = (
                f"When {went_wrong}, {times} tasks of `{called}` failed, and nobody heard of it: "
                "asyncio printed *Task exception was never retrieved*. Who awaits them, or catches what they raise?"
            )
            self._show_error(said)
            self._settle_as_not_yet(said)

    def _compare_late(self) -> None:
        """Compares what yours answers while the teams that it calls are late, by little and not each time.

        That is no reason to make it up, or to fail, or to let all wait for each other.
        """
        failing: list[set[tuple[str, bool]]] = []  # each time: once, one may fail, as under load
        waits_ms: dict[str, float] = {}
        always = _failing(self.at_leisure)
        for seed in range(self.result.seed, self.result.seed + LATE_TIMES):
            late = self.bench.visit_late("yours", seed)
            when = "while what it calls was late"
            if self.lab.ignore_fields_under_load:  # those without load were compared whole
                self._compare_again(late, seed, agreement.not_compared([], late), when)
            elif seed == self.result.seed and (  # the same visits
                difference := agreement.first_difference(self.at_leisure, late, under_load=True)
            ):
                self._settle_as_wrong(replace(difference, when=when))
            failing.append(_failing(late) - always)
            waits_ms = _waits_ms(late)
            if not set.intersection(*failing) and max(waits_ms.values(), default=0.0) < LATE_MS:
                return
        visited = self.bench.visit_late("reference", seed)
        for name, ours_ms in _waits_ms(visited).items():
            if waits_ms.get(name, 0.0) > max(LATE_MS, LATER_TIMES * ours_ms):
                self._settle_as_not_yet(
                    "Some of the calls to other teams took half a second longer than usual, and some visitors came at "
                    f"once. Of {name}, one in four took more than {waits_ms[name] / 1000:.1f} s, and with our fix "
                    f"{ours_ms / 1000:.1f} s. Who waits for whom?"
                )
        ours = _failing(visited)
        ours |= {(name, False) for name, _ in ours}  # who waits fails no more than who gives up
        for name, _ in set.intersection(*failing) - ours:
            said = (
                "Some of the calls to other teams took half a second longer than usual. Meanwhile requests to "
                f"{name} failed, and our fix waited. How much patience is right?"
            )
            self._show_error(said)
            self._settle_as_not_yet(said)

    def _compare_failing(self) -> None:
        """Compares what yours serves while the teams that it calls fail with what slow and ours serve.

        An answer that it could not have is made up, and none at all keeps visitors waiting for as long as the failure
        lasts. And in a lab about a team that hangs, who knows what to say while it is silent knows it as well when it
        says that it has failed.
        """
        yours = self.bench.visit_failing("yours", self.result.seed)
        if chosen := self._some(agreement.not_compared([], yours), VISITS_COMPARED):
            self._compare_again(yours, self.result.seed, chosen, "while what it calls failed")
        unsaid = self.bench.unsaid("yours")
        quiet = unsaid >= UNSAID and not any(one.failed for one in yours.responses)
        if not (self.lab.hangs or quiet or any(_unanswered(one) for one in yours.responses)):
            return
        ours = self.bench.visit_failing("reference", self.result.seed)
        if quiet and not self.bench.unsaid("reference"):
            self._settle_as_not_yet(
                f"What it calls failed {unsaid} times. No visitor was told, and your site has not printed a word. "
                "Ours has. How does anybody notice?"
            )
        for name in names(ours.responses):
            asked = yours.select(name)
            unanswered = sum(map(_unanswered, asked))
            if unanswered > len(asked) / 2 and not any(map(_unanswered, ours.select(name))):
                self._settle_as_not_yet(
                    f"While what it calls answered with errors, {unanswered} of {len(asked)} requests to {name} had no "
                    f"answer at all from your fix, for {UNANSWERED_S:.0f} s. Ours had an answer for each, if only that "
                    "it failed. For how long may it try again?"
                )
            if not self.lab.hangs:
                continue
            failed = [one for one in asked if one.failed and not (self.lab.may_reject and one.rejected)]
            if failed and not any(one.failed for one in ours.select(name)):
                said = (
                    f"While what it calls answered with errors, your fix failed {len(failed)} of {len(asked)} requests "
                    f"to {name}, and our fix served them all. Which errors do you catch?"
                )
                self._show_error(said)
                self._settle_as_not_yet(said)

    def _compare_again(self, samples: Samples, seed: int, visits: Sequence[str], when: str) -> None:
        """Compares what yours answered to these visits, of a drive with that seed, with what slow answers now."""
        slow = self.bench.visit_again("slow", seed, visits)
        difference = agreement.first_difference(slow, samples, under_load=True)
        if difference := difference or agreement.collected_difference(slow, samples, under_load=True):
            self._settle_as_wrong(replace(difference, when=when))

    @property
    def _audited(self) -> int:
        """How many visits are audited: as many as the slow side can repeat in a moment."""
        took_s = sum(one.latency_ms for one in self.at_leisure.responses) / 1000
        of_each_s = took_s / max(1, len(agreement.visits(self.at_leisure.responses)))
        return min(AUDITED_AT_MOST, max(AUDITED, int(AUDIT_S / max(of_each_s, 0.001))))

    def _some(self, visits: Sequence[T], most: int) -> list[T]:
        """Some of these visits, drawn by the seed."""
        return random.Random(self.result.seed).sample(visits, min(most, len(visits)))

    def _disturbance_of(self, samples: Samples) -> str | None:
        """Why a drive of yours alone does not count against it, beside the last round of the others."""
        others = {side: one.conditions for side, one in self.result.rounds[-1].samples.items() if side in OURS}
        return fairness.disturbance({**others, "yours": samples.conditions})

    def _machine_changed(self, found: Collection[str], seconds: float, seed: int) -> str | None:
        """Why a drive of yours alone does not count, where ours now loses by one of the same labels.

        The rounds that both are held against were a while ago, and a machine may be slower by now.
        """
        self.enter_phase(f"driving reference for {seconds:.0f} s more")
        ours = self.bench.drive("reference", seed, seconds)
        lost = [label for label, _ in self._lost_by(ours) if label in found]
        return f"our own fix was worse than in the rounds, too ({lost[0]})" if lost else None

    def _lost_by(self, samples: Samples) -> Iterator[tuple[str, str]]:
        """What a fix loses by a drive of its own, against the others' rounds: a label, and a sentence."""
        for metric in self.lab.metrics:
            values: dict[Side, float] = {"yours": metric.figure(samples)}
            values |= {side: self.result.figure(side, metric) for side in OURS}
            if rule.judge(metric, values).ruling is Ruling.LOST:
                yield metric.label, f"{metric.label}, {metric.in_words(values['yours'])}."
        if said := self._failures(samples):
            yield "failures", said

    def _failures(self, samples: Samples) -> str | None:
        return fairness.fails(self.lab, {"slow": self.result.rounds[-1].samples["slow"], "yours": samples})

    def _show_error(self, failures: str | None) -> None:
        """Where requests to yours failed, as this sentence says, the learner needs to see the error."""
        if failures and (printed := self.bench.error("yours")):
            self.result.error = SideError("yours", failures, printed)

    def _settle_as_wrong(self, difference: Difference) -> NoReturn:
        """Yours responds differently. If it failed, the learner needs to see the error."""
        error = self.bench.error("yours") if difference.is_failure else []
        self.result.difference = replace(difference, error=error)
        raise Settled(Outcome.WRONG)

    def _settle_as_not_yet(self, finding: str) -> NoReturn:
        self.result.finding = finding
        raise Settled(Outcome.NOT_YET)
