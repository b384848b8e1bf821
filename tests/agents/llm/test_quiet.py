import warnings

from tiny_llms import needs_llms

needs_llms()
from transformers.utils import logging as log  # noqa: E402

from hopgym.agents.llm.quiet import quiet  # noqa: E402


def test_advice_and_bars_are_kept_back_and_settings_are_as_they_were(capsys):
    verbosity, bars = log.get_verbosity(), log.is_progress_bar_enabled()
    logger = log.get_logger("transformers.hopgym_test")
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        logger.warning("install something else")
        warnings.warn("of one library about another", FutureWarning, stacklevel=1)
        assert not log.is_progress_bar_enabled()
    assert (log.get_verbosity(), log.is_progress_bar_enabled()) == (verbosity, bars)
    assert "something else" not in capsys.readouterr().err
