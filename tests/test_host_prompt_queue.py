from __future__ import annotations

import threading
from typing import Any

from gates.host.prompt_queue import PromptQueue


class Server:
    def __init__(self) -> None:
        self.updates = 0

    def queue_updated(self) -> None:
        self.updates += 1


def item(number: float, prompt_id: str) -> tuple[Any, ...]:
    return (number, prompt_id, {"1": {}}, {}, ["1"], {"secret": "s"})


def make() -> tuple[PromptQueue, list[str]]:
    stopped: list[str] = []
    return PromptQueue(Server(), lambda: stopped.append("stopped")), stopped


def test_the_lowest_number_comes_first() -> None:
    queue, _ = make()
    for number in (3, -1, 2):
        queue.put(item(number, str(number)))
    assert [queue.get()[0][0] for _ in range(3)] == [-1, 2, 3]  # type: ignore[index]


def test_nothing_comes_after_the_time_is_over_or_it_is_closed() -> None:
    queue, _ = make()
    assert queue.get(timeout=0.01) is None
    closer = threading.Timer(0.05, queue.close)
    closer.start()
    assert queue.get(timeout=5) is None
    closer.join()


def test_only_the_running_prompt_is_interrupted() -> None:
    queue, stopped = make()
    queue.put(item(1, "a"))
    queue.put(item(2, "b"))
    queue.get()
    assert not queue.interrupt_if_running("b")
    assert queue.interrupt_if_running("a")
    assert stopped == ["stopped"]


def test_what_is_done_is_history_without_its_secrets() -> None:
    queue, _ = make()
    queue.put(item(1, "a"))
    taken = queue.get()
    assert taken is not None
    queue.task_done(taken[1], {"outputs": {"1": {}}}, None, lambda shown: shown[:5])
    assert queue.get_history()["a"]["outputs"] == {"1": {}}
    assert "secret" not in str(queue.get_history())
    assert queue.get_tasks_remaining() == 0


def test_deleting_the_last_one_is_told_twice() -> None:
    server = Server()
    queue = PromptQueue(server, lambda: None)
    for prompt_id in "ab":
        queue.put(item(1, prompt_id))
    told = []
    for prompt_id in "ab":
        before = server.updates
        assert queue.delete_by_id(prompt_id)
        told.append(server.updates - before)
    assert told == [1, 2]


def test_deleting_leaves_a_heap() -> None:
    queue, _ = make()
    for number in (5, 1, 4, 2, 3):
        queue.put(item(number, str(number)))
    assert queue.delete_by_id("1")
    assert not queue.delete_by_id("1")
    assert [queue.get()[0][0] for _ in range(4)] == [2, 3, 4, 5]  # type: ignore[index]
