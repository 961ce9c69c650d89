"""Sending a prompt so that it is queued once: what may have arrived is looked up before it is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ..errors import ServerTrouble, Unreachable, WorkflowRefused
from .answers import Accepted, read_accepted, read_refusal
from .exchange import NOTHING, TRY_AGAIN, Answer, Exchange
from .inquiries import Inquiries
from .pauses import pause_before
from .values import State

LOOKUPS = 3  # a prompt that was just sent may still be being validated


class Submission:
    """Sends prompts. The id comes from the caller, so it can be asked for whatever becomes of the answer."""

    def __init__(self, exchange: Exchange, inquiries: Inquiries) -> None:
        self._exchange = exchange
        self._inquiries = inquiries

    async def send(self, body: Mapping[str, Any]) -> Accepted:
        """Raises WorkflowRefused, or ServerTrouble; `prompt_id` in its data then names what may be there."""
        prompt_id = str(body["prompt_id"])
        limits = self._exchange.limits
        for retry in range(limits.retries + 1):
            headers: Mapping[str, str] = NOTHING
            try:
                answer = await self._exchange.once("POST", "/prompt", json=body)
                if answer.status == 200:
                    return self._exchange.read(answer, "The answer to the workflow", read_accepted)
            except ServerTrouble as error:
                trouble, again = error, isinstance(error, Unreachable)
            else:
                headers, trouble = answer.headers, self._said_no(answer)
                again = answer.status in TRY_AGAIN
            trouble.data["prompt_id"] = prompt_id
            if trouble.data.get("reached", True) and await self._arrived(prompt_id, trouble):
                return Accepted(prompt_id)
            if not again or retry == limits.retries:
                raise trouble
            await asyncio.sleep(pause_before(retry, headers, limits))
        raise AssertionError("the last try returns or raises")

    def _said_no(self, answer: Answer) -> ServerTrouble:
        """The trouble with an answer that leaves open whether the prompt is queued; raises what is final."""
        trouble = self._exchange.trouble(answer)
        if answer.status >= 500 or answer.status in TRY_AGAIN:
            return trouble
        refusal = None
        if answer.status == 400:
            refusal = self._exchange.read(answer, "The refusal of the workflow", read_refusal)
        if refusal is None:
            raise trouble
        sentence, node_errors = refusal
        raise WorkflowRefused(
            f"{self._exchange.name} refuses the workflow. {sentence}", node_errors=node_errors
        )

    async def _arrived(self, prompt_id: str, trouble: ServerTrouble) -> bool:
        """Whether the server has the prompt after all. Raises `trouble` where it does not even say that."""
        limits = self._exchange.limits
        for number in range(LOOKUPS):
            await asyncio.sleep(pause_before(number, NOTHING, limits))
            try:
                if await self._inquiries.lookup(prompt_id) is not State.UNKNOWN:
                    return True
            except ServerTrouble as error:
                unsure = f"{trouble} It cannot be asked whether it has the prompt {prompt_id}."
                raise Unreachable(unsure, prompt_id=prompt_id, reached=True) from error
        return False
