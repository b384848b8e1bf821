"""Language models behind an API as agents: `openai` (any compatible URL) and `gemini`.

`settings` is what they all take, `agent` plays, `chat` is one request, `session` sends a batch of
them; `openai` and `gemini` add the client. Clients, retries and budgets are the judges'.
"""
