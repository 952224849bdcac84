"""(f) How well and how fast mail that came back is judged.

Well: by the scorer of a corpus of labelled real mail, which is no part of the project; fast: mails
of 10 KB a second on one core.
"""

import importlib.util
import os
import time
from collections.abc import Callable
from dataclasses import asdict
from itertools import cycle, islice
from pathlib import Path
from types import ModuleType
from typing import Any

from postroad.inbox.judge import judge
from tests.inbox.notices import SAMPLES

_VARIABLE = "POSTROAD_CORPUS"
_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "corpus"
_MAIL_BYTES = 10_000

_MEASURES = {
    "bounce F1": ("bounce_f1", 0.985),
    "false bounces": ("false_positives", "1 in 77"),
    "recipient set": ("recipient_set_exact", 0.97),
    "status": ("status_exact", 0.97),
    "hard or soft": ("hard_soft", 0.95),
    "reason": ("reason_accept", 0.92),
    "original Message-ID": ("original_message_id", 0.97),
    "auto-reply precision": ("auto_reply_p", 0.95),
    "auto-reply recall": ("auto_reply_r", 0.95),
}
"""What we tell: the scorer's word for it, and what we aim at."""


def corpus_folder(chosen: Path | None) -> Path:
    """Return where the corpus should be: as chosen, as the environment says, or beside us."""
    return chosen or Path(os.environ.get(_VARIABLE) or _BESIDE)


def judgement(folder: Path) -> list[dict[str, Any]] | None:
    """Score the judgement on a corpus; None where there is none."""
    if not (folder / "score.py").is_file():
        return None
    result, *_ = _scorer(folder).evaluate(str(folder / "mixed"), _as_scored)
    return [
        {"measure": name, "value": result[word], "aim": aim}
        for name, (word, aim) in _MEASURES.items()
    ]


def judgement_speed(mails: int) -> list[dict[str, Any]]:
    """Measure how many mails of 10 KB are judged in a second of one core."""
    content = list(islice(cycle([_padded(sample.mail) for sample in SAMPLES]), mails))
    return [{"measure": "mails of 10 KB per second", "value": _per_second(judge, content)}]


def _per_second(judge_one: Callable[[bytes], object], content: list[bytes]) -> float:
    judge_one(content[0])
    began = time.process_time()
    for raw in content:
        judge_one(raw)
    return len(content) / (time.process_time() - began)


def _padded(raw: bytes) -> bytes:
    line = b"What our mail said, for so long.\n"
    return raw + line * ((_MAIL_BYTES - len(raw)) // len(line))


def _as_scored(raw: bytes) -> dict[str, Any]:
    return asdict(judge(raw))


def _scorer(folder: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", folder / "score.py")
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder / 'score.py'} is no Python module")
    scorer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scorer)
    return scorer
