"""The closed word lists of the header, licences apart: languages, tasks, relations and keys.

Only identifiers, as the Hub's documentation and its task list name them (August 2026).
"""

# ruff: noqa: SIM905 - a long list of identifiers reads better without its quotes

from __future__ import annotations

# ISO 639-1, with the withdrawn "sh" that published cards still carry.
TWO_LETTER_LANGUAGES: frozenset[str] = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da
    de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy
    hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg
    li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or
    os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw
    ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()
)
SPECIAL_LANGUAGES: frozenset[str] = frozenset({"code", "multilingual"})

# In the task list's order, which is the order of the Hub's own warning.
PIPELINE_TAGS: tuple[str, ...] = tuple(
    """
    text-classification token-classification table-question-answering question-answering
    zero-shot-classification translation summarization feature-extraction text-generation
    fill-mask sentence-similarity text-to-speech text-to-audio automatic-speech-recognition
    audio-to-audio audio-classification audio-text-to-text voice-activity-detection
    depth-estimation image-classification object-detection image-segmentation text-to-image
    image-to-text image-to-image image-to-video unconditional-image-generation
    video-classification reinforcement-learning robotics tabular-classification
    tabular-regression tabular-to-text table-to-text multiple-choice text-ranking text-retrieval
    time-series-forecasting text-to-video image-text-to-text image-text-to-image
    image-text-to-video visual-question-answering document-question-answering
    zero-shot-image-classification graph-ml mask-generation zero-shot-object-detection text-to-3d
    image-to-3d image-feature-extraction video-text-to-text keypoint-detection
    visual-document-retrieval any-to-any video-to-video other
    """.split()
)

RELATIONS: tuple[str, ...] = ("adapter", "merge", "quantized", "finetune")

# Keys with a documented meaning; only used to recognise a misspelt one.
HEADER_KEYS: tuple[str, ...] = tuple(
    """
    language license license_name license_link library_name tags datasets buckets metrics
    base_model base_model_relation new_version pipeline_tag co2_eq_emissions model-index
    thumbnail inference widget
    """.split()
)
EVAL_RESULT_KEYS: tuple[str, ...] = (
    "dataset",
    "value",
    "verifyToken",
    "date",
    "source",
    "evaluation_framework",
    "notes",
)
