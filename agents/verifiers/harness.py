"""A chat with the model and nothing else, in this process.

verifiers' own chat harness starts a Python process for each turn, for tools that an environment in text
does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import httpx

from ...errors import require

if TYPE_CHECKING:
    import verifiers.v1 as vf
else:
    vf = require("verifiers.v1", "verifiers")


class HopgymHarnessConfig(vf.HarnessConfig):  # type: ignore[misc]
    """It has no options of its own."""


class HopgymHarness(vf.Harness[HopgymHarnessConfig]):  # type: ignore[misc]
    """Sends the conversation to the model once for each turn."""

    APPENDS_SYSTEM_PROMPT: ClassVar[bool] = True
    SUPPORTS_RESUME: ClassVar[bool] = True
    EXECUTES_CODE: ClassVar[bool] = False
    NEEDS_CONTAINER: ClassVar[bool] = False

    async def launch(
        self,
        ctx: vf.ModelContext,
        trace: vf.Trace,
        runtime: vf.Runtime,
        endpoint: str,
        secret: str,
        mcp_urls: dict[str, str],
        data: vf.TaskData,
    ) -> vf.ProgramResult:
        """Ask the model for its next message; verifiers records it at `endpoint`."""
        wire = require("verifiers.v1.dialects.chat", "verifiers").message_to_wire
        system, prompt = self.resolve_prompt(data)
        messages: list[Any] = [{"role": "system", "content": system}] if system else []
        if isinstance(prompt, str):
            messages.append({"role": "user", "content": prompt})
        else:
            messages.extend(map(wire, prompt or []))
        # The limits on time are verifiers' own; a proxy leads away from this machine.
        async with httpx.AsyncClient(timeout=None, trust_env=False) as client:
            answer = await client.post(
                f"{endpoint}/chat/completions",
                headers={"Authorization": f"Bearer {secret}"},
                json={"model": ctx.model, "messages": messages},
            )
        failed = answer.is_error
        return vf.ProgramResult(int(failed), "", answer.text[:2000] if failed else "")
