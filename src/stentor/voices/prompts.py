"""Voice prompts that callers sent, so that they need not send them again."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stentor.types import Prompt


class PromptMemory:
    """Keeps the prompts that were used last, in memory: at most `most`, of at most `most_bytes` together."""

    def __init__(self, most: int = 1000, most_bytes: int = 2**27) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self._bytes = 0
        self._prompts: OrderedDict[str, Prompt] = OrderedDict()

    def keep(self, prompt: Prompt) -> bool:
        """Keep a prompt, in place of those that were not used for longest; tells whether it fits at all."""
        if len(prompt.written) > self._most_bytes:
            return False
        if prompt.id not in self._prompts:
            self._bytes += len(prompt.written)
            self._prompts[prompt.id] = prompt
        self._prompts.move_to_end(prompt.id)
        while self._bytes > self._most_bytes or len(self._prompts) > self._most:
            _, oldest = self._prompts.popitem(last=False)
            self._bytes -= len(oldest.written)
        return True

    def find(self, identity: str) -> Prompt | None:
        """Return the prompt of an id, which is used by that; None if it is not here."""
        found = self._prompts.get(identity)
        if found:
            self._prompts.move_to_end(identity)
        return found
