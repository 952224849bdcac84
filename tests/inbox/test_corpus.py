"""The aims hold on labelled real mail, where a corpus is at hand: it is no part of the project."""

import pytest

from benchmarks.judgement import corpus_folder, judgement

_SCORES = {line["measure"]: line for line in judgement(corpus_folder(None)) or []}


@pytest.mark.skipif(not _SCORES, reason="there is no corpus of labelled mail (POSTROAD_CORPUS)")
@pytest.mark.parametrize("measure", [name for name in _SCORES if name != "false bounces"])
def test_real_mail_is_judged_as_well_as_we_aim(measure: str) -> None:
    assert _SCORES[measure]["value"] >= _SCORES[measure]["aim"]


@pytest.mark.skipif(not _SCORES, reason="there is no corpus of labelled mail (POSTROAD_CORPUS)")
def test_nothing_else_is_taken_for_a_bounce() -> None:
    assert _SCORES["false bounces"]["value"].startswith("0/")
