"""Waiting with a limit, and being cancelled at the worst moment."""

from __future__ import annotations

import asyncio

import pytest

from gates.client.within import within


async def test_what_is_awaited_comes_back() -> None:
    assert await within(asyncio.sleep(0, "done"), 10) == "done"
    assert await within(asyncio.sleep(0, "done"), None) == "done"


async def test_an_error_comes_through() -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await within(fails(), 10)


async def test_what_takes_too_long_is_ended() -> None:
    ended = asyncio.Event()

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    with pytest.raises(asyncio.TimeoutError):
        await within(slow(), 0.01)
    assert ended.is_set()


@pytest.mark.parametrize("steps", range(6))
async def test_a_cancellation_that_comes_with_the_result_is_not_lost(steps: int) -> None:
    told = asyncio.Event()

    async def follows() -> None:
        while True:
            await within(told.wait(), 10)

    task = asyncio.create_task(follows())
    for _ in range(4):
        await asyncio.sleep(0)
    told.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait({task}, timeout=5)
    assert done and task.cancelled()
