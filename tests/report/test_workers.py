"""The workers of a side, as a terminal and a notebook show them."""

import pytest
import toy

from perflab.measure.samples import ProcessUsage, Samples, Usage
from perflab.report import page
from perflab.report.workers import HEADINGS, Board


def usage(**processes: tuple[float, float]) -> Usage:
    """What processes had used by now, each named like `p101`: seconds of CPU, and MiB."""
    by_process = {int(name[1:]): ProcessUsage(*used) for name, used in processes.items()}
    return Usage(0.0, sum(one.rss_mib for one in by_process.values()), tuple(by_process), by_process=by_process)


def drive(before: Usage, after: Usage, answered: dict[int, int], **others: object) -> Samples:
    """A drive of two seconds in which each of these processes gave so many responses."""
    rounds = [toy.samples([5.0] * count, worker=pid, seconds=2.0) for pid, count in answered.items()]
    responses = [response for one in rounds for response in one.responses]
    return Samples(2.0, responses, before=before, after=after, **others)  # type: ignore[arg-type]


@pytest.fixture
def board() -> Board:
    """A parent and two workers, the first of which was then killed and replaced."""
    made = Board(limit_mib=150.0)
    first = usage(p100=(1.0, 20.0), p101=(2.0, 40.0), p102=(2.0, 50.0))
    made.add(drive(usage(p100=(1.0, 20.0), p101=(1.0, 40.0), p102=(1.5, 50.0)), first, {101: 30, 102: 10}))
    then = usage(p100=(1.0, 20.0), p102=(3.0, 60.0), p103=(0.5, 30.0))
    made.add(drive(first, then, {101: 3, 102: 20, 103: 5}, killed={101: 0.5}))
    return made


def test_a_new_process_takes_the_place_of_the_one_that_is_gone(board: Board) -> None:
    assert [(row.number, row.pid, row.restarts) for row in board.rows()] == [(None, 100, 0), (0, 103, 1), (1, 102, 0)]


def test_requests_add_up_and_cpu_is_that_of_the_last_drive(board: Board) -> None:
    rows = {row.pid: row for row in board.rows()}
    assert {pid: row.requests for pid, row in rows.items()} == {100: 0, 102: 30, 103: 5}
    assert {pid: row.cpu_share for pid, row in rows.items()} == {100: 0.0, 102: 0.5, 103: 0.25}


def test_the_caption_says_what_the_rows_come_to(board: Board) -> None:
    assert board.caption == "110 of 150 MiB in all, 68 requests answered, 1 killed for memory"
    board.limit_mib = None
    assert board.caption == "110 MiB in all, 68 requests answered"


def test_a_worker_that_has_answered_nothing_since_keeps_its_place(board: Board) -> None:
    now = usage(p100=(1.0, 20.0), p102=(3.0, 60.0), p103=(0.5, 30.0))
    board.add(drive(now, now, {102: 1}))
    assert [(row.number, row.pid) for row in board.rows()] == [(None, 100), (0, 103), (1, 102)]


def test_each_cell_has_its_heading(board: Board) -> None:
    assert {len(row.cells) for row in board.rows()} == {len(HEADINGS)}
    assert list(board.rows()[2].cells) == ["1", "102", "50%", "60 MiB", "30", "0", "0 s"]


def test_the_table_of_a_notebook_says_what_each_cell_belongs_to(board: Board) -> None:
    text = page.workers(board)
    assert text.count('scope="col"') == len(HEADINGS)
    assert text.count('scope="row"') == 3
    assert f"<caption>{board.caption}</caption>" in text
