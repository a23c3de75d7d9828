"""Settings of a recipe or an evaluation against what text and tables say of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from cardgen.audit.commands import LARGEST, MOST, place, tasks
from cardgen.audit.findings import Finding, Input
from cardgen.audit.rules.misstatement import misstatement
from cardgen.audit.subject import Subject

SAMPLES = re.compile(
    r"(?<![\w.])(\d[\d,]{1,6})\s+(?:random |calibration |randomly selected )?(?:sequences|"
    r"samples|examples|instances)\b|"
    r"(?<![\w.])(\d{2,6})\s+(?:случайных |калибровочных )?"
    r"(?:последовательност|пример|образ(?:ец|ц))\w*",
    re.I,
)
CALIBRATED = re.compile(r"calibrat|quantiz|taken from|GPTQ|калибр|квантова", re.I)
CODE_SAMPLES = re.compile(
    r"(?i)(?<![\w-])(?:num_(?:calibration_)?samples|n_?samples|calib_size|calibration_samples|"
    r"nsample)\s{0,3}[=:]\s{0,3}(\d{1,6})\b|--(?:nsamples?|calib_size|"
    r"num_(?:calibration_)?samples)[ =](\d{1,6})\b|\.select\(range\((\d{1,6})\)\)"
)


def calibration_samples(subject: Subject) -> Iterator[Finding]:
    """The number of calibration samples in the text against the one in the recipe.

    A finding where the recipe gives numbers and none is the text's. Evaluation code is left out.
    """
    counts: dict[int, tuple[int, int]] = {}
    for fence in subject.document.fences[:MOST]:
        if not re.search(r"quantiz|oneshot|GPTQ|AutoFP8|calib", fence.text[:LARGEST], re.I):
            continue
        for match in CODE_SAMPLES.finditer(fence.text[:LARGEST]):
            start = match.start(match.lastindex or 0)
            if int(match[match.lastindex or 0]) >= 10:
                counts.setdefault(int(match[match.lastindex or 0]), place(fence, fence.text, start))
    if not counts:
        return
    for sentence in subject.document.sentences[:600]:
        if not CALIBRATED.search(sentence.text):
            continue
        for match in SAMPLES.finditer(sentence.text):
            said = int((match[1] or match[2]).replace(",", ""))
            if said in counts or said < 10:
                continue
            known, where = next(iter(counts.items()))
            yield misstatement(
                "calibration-samples",
                "warning",
                sentence,
                match.start(),
                match[0],
                str(known),
                f"the text says {match[0]}, the recipe {', '.join(map(str, counts))}",
                (Input("recipe", str(known), *where),),
            )
            return


SHOT = re.compile(r"\b(\d{1,2})[- ]?shots?\b", re.I)
TASK_TAIL = re.compile(
    r"(?:_llama(?:_?3[\d._]*)?(?:_instruct)?|_chat|_\d{1,2}_?shot|_instruct|_mc\d?|_leaderboard)+$"
)
WORDS = re.compile(r"[a-z0-9]+")


def few_shot_counts(subject: Subject) -> Iterator[Finding]:
    """The few-shot count of an evaluation command against the "(5-shot)" of the task's row.

    Task and label must have the same letters and digits but for the harness's endings. Cannot know:
    harnesses that count otherwise.
    """
    said: dict[str, dict[int, Input]] = defaultdict(dict)
    for table in subject.views:
        for row in table.rows[:500]:
            shot = SHOT.search(row.label)
            if shot is None:
                continue
            cot = "cot" if re.search(r"\bcot\b", row.label, re.I) else ""
            name = re.sub(r"[-_ ]?cot$", "", row.label.split("(")[0].strip(), flags=re.I)
            key = "".join(WORDS.findall(name.lower())) + cot
            said[key].setdefault(int(shot[1]), Input(row.label, row.label, row.line, 1))
    if not said:
        return
    for task in tasks(subject.document):
        if task.shots is None or not task.alone:
            continue
        name = TASK_TAIL.sub("", task.name.lower())
        key = "".join(
            WORDS.findall(TASK_TAIL.sub("", re.sub(r"_\d+shot", "", name)).replace("_cot", ""))
        ) + ("cot" if "_cot" in task.name.lower() else "")
        counts = said.get(key)
        if counts and task.shots not in counts:
            known, where = next(iter(counts.items()))
            yield Finding(
                "few-shot-count",
                "text-vs-metadata",
                "warning",
                task.line,
                task.column,
                f"{task.shots}",
                f"{known}",
                f"the command runs {task.name} with {task.shots} examples, the table says "
                f"{known}-shot",
                (where,),
            )
