from hopgym.agents.llm.generator import Generation, LateGenerator, forget
from hopgym.agents.llm.stops import Stop


class Loaded:
    tokenizer = "a tokenizer"

    def generate(self, prompts, rngs, stop):
        return [(prompt, rng, stop) for prompt, rng in zip(prompts, rngs, strict=True)]


def test_the_tail_is_what_follows_the_action():
    written = Generation([1], [0.0], "Vel</search>\n", "Vel</search>", "stop")
    assert written.tail == "\n"
    assert written._replace(text=written.written).tail == ""


def test_a_late_generator_is_loaded_once_and_only_when_used():
    loads = []
    late = LateGenerator(lambda: loads.append(1) or Loaded())
    assert loads == []
    assert late.tokenizer == "a tokenizer"
    assert late.generate([[1]], ["rng"], Stop(("x",))) == [([1], "rng", Stop(("x",)))]
    assert loads == [1]


def test_what_keeps_something_is_told_to_forget():
    class Keeps(Loaded):
        kept = True

        def forget(self):
            self.kept = False

    keeps = Keeps()
    late = LateGenerator(lambda: keeps)
    forget(late)
    assert keeps.kept  # nothing was loaded, so there is nothing to forget
    assert late.tokenizer == "a tokenizer"
    forget(late)
    assert not keeps.kept
    forget(Loaded())
