"""Which voice prompts are remembered."""

from __future__ import annotations

from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from stentor.types import Prompt
from stentor.voices.prompts import PromptMemory

PROMPTS = [Prompt.of({"number": number, "tensors": "A" * 10 * number}) for number in range(8)]


def test_what_was_kept_is_found_by_its_id() -> None:
    memory = PromptMemory()
    assert memory.find(PROMPTS[0].id) is None
    assert memory.keep(PROMPTS[0])
    found = memory.find(PROMPTS[0].id)
    assert found is not None
    assert found.content == {"number": 0, "tensors": ""}
    assert memory.find(PROMPTS[1].id) is None


def test_what_was_not_used_for_longest_goes_first() -> None:
    memory = PromptMemory(most=2)
    memory.keep(PROMPTS[0])
    memory.keep(PROMPTS[1])
    memory.find(PROMPTS[0].id)
    memory.keep(PROMPTS[2])
    assert [memory.find(prompt.id) for prompt in PROMPTS[:3]] == [PROMPTS[0], None, PROMPTS[2]]


def test_a_prompt_that_is_larger_than_all_there_is_drives_out_no_other() -> None:
    memory = PromptMemory(most_bytes=100)
    memory.keep(PROMPTS[0])
    assert not memory.keep(Prompt.of({"tensors": "A" * 100}))
    assert memory.find(PROMPTS[0].id)


@given(st.lists(st.sampled_from(PROMPTS), max_size=40), st.integers(0, 5), st.integers(0, 300))
def test_it_never_holds_more_than_it_may_and_forgets_no_more_than_it_must(
    used: list[Prompt], most: int, most_bytes: int
) -> None:
    memory = PromptMemory(most, most_bytes)
    kept: OrderedDict[str, Prompt] = OrderedDict()
    for prompt in used:
        memory.keep(prompt)
        if len(prompt.written) <= most_bytes:
            kept[prompt.id] = prompt
            kept.move_to_end(prompt.id)
        while len(kept) > most or sum(len(other.written) for other in kept.values()) > most_bytes:
            kept.popitem(last=False)
    assert {prompt.id for prompt in PROMPTS if memory.find(prompt.id)} == set(kept)
