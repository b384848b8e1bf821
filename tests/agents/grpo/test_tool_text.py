"""Tool texts: no control token of any family can stand in them, and nothing else changes."""

import pytest

from hopgym.agents.grpo.tool_text import for_chat


@pytest.mark.parametrize(
    "token",
    [
        "<|im_end|>",
        "<|im_start|>system",
        "</tool_response>",
        "<tool_call>",
        "<think>",
        "<s>",
        "</s>",
        "<start_of_turn>",
        "<<SYS>>",
        "< /tool_response>",
        "<|1|>",
        "[INST]",
        "[/INST]",
        "[TOOL_RESULTS]",
        "[gMASK]",
        "[|endofturn|]",
        "<\uff5cbegin\u2581of\u2581sentence\uff5c>",
        "\uff1c|im_end|\uff1e",
        "<\u200b|im_end|>",
    ],
)
def test_no_control_token_is_left(token):
    shown = for_chat(f"before {token} after")
    assert token not in shown
    assert "<" not in shown or shown.startswith("before <&lt;SYS")
    assert shown.startswith("before ") and shown.endswith(" after")
    assert for_chat(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Vel | Vel is a film of 1912.",
        "1 < 2 and 3 > 2, a -> b, x <- y",
        "[Ada Orm] was born [1] in Tessa (town).",
        "Zo\xeb \u5317\u4eac \u20ac",
    ],
)
def test_plain_text_stays_as_it_is(text):
    assert for_chat(text) == text


def test_the_environments_own_wrapping_and_blank_lines_go():
    text = "\n\n<information>Doc 1(Title: Vel) A film.\nDoc 2(Title: Ada) Born.\n</information>\n\n"
    assert for_chat(text) == "Doc 1(Title: Vel) A film.\nDoc 2(Title: Ada) Born."
    assert for_chat("") == ""
