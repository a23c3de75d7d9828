"""The plots that a card may hold, described as a caller would: one function a plot.

Numbers are those of published cards or of their shape. Nothing is asserted here.
"""

from __future__ import annotations

from cardgen.plots.figure import Panel, Plot, Series

MODELS = (
    "Qwen/Qwen2.5-VL-3B-Instruct",
    "neuralmagic/Qwen2.5-VL-3B-Instruct-quantized.w8a8",
    "neuralmagic/Qwen2.5-VL-3B-Instruct-quantized.w4a16",
)


def series(label: str, *values: float | None, digits: int = 3, missing: str = "") -> Series:
    """A series whose shown numbers have fixed digits."""
    shown = tuple(missing if value is None else f"{value:.{digits}f}" for value in values)
    return Series(label, values, shown)


def batch_size() -> Plot:
    """Latency and energy along a doubling batch size, on two devices, with a gap."""
    x = ("1", "2", "4", "8", "16", "32")
    latency = Panel(
        "line",
        x,
        "Batch size",
        "Seconds per batch",
        (
            series("NVIDIA A100", 0.412, 0.498, 0.671, 1.024, 1.871, 3.602),
            series("NVIDIA RTX 4090", 0.355, 0.466, 0.702, 1.311, 2.618, None),
            Series(
                "Jetson AGX Orin",
                (1.71, 2.62, 4.48, None, None, None),
                ("1.71", "2.62", "4.48", "", "", ""),
                (1.6, 2.5, 4.2, None, None, None),
                (1.8, 2.8, 4.8, None, None, None),
            ),
        ),
        title="Latency",
        label_values=False,
    )
    energy = Panel(
        "line",
        x,
        "Batch size",
        "Joules per sample",
        (
            series("NVIDIA A100", 92.1, 58.4, 40.2, 31.7, 29.0, 27.9, digits=1),
            series("NVIDIA RTX 4090", 101.9, 70.3, 55.8, 49.9, 48.8, None, digits=1),
            series("Jetson AGX Orin", 41.3, 33.0, 29.2, None, None, None, digits=1),
        ),
        title="Energy",
        label_values=False,
    )
    return Plot(
        "batch-size",
        "Latency and energy by batch size",
        "Latency grows from 0.412 to 3.602 s; energy per sample falls from 92.1 to 27.9 J.",
        (latency, energy),
        absent="not measured",
    )


def image_size() -> Plot:
    """Latency of three datasets in one panel, and the quality of each in its own (Russian)."""
    x = ("224", "336", "448", "672", "896")
    names = ("TextVQA", "DocVQA", "ChartQA")
    latency = Panel(
        "line",
        x,
        "Размер изображения, пикс.",
        "Секунд на пакет",
        (
            series("TextVQA", 0.61, 0.72, 0.95, 1.66, 2.71, digits=2),
            series("DocVQA", 0.66, 0.80, 1.11, 1.98, 3.30, digits=2),
            series("ChartQA", 0.58, 0.69, 0.90, 1.52, 2.44, digits=2),
        ),
        title="Задержка",
        label_values=False,
    )
    rows = ((1.996, 1.981, 1.902, 1.871, 1.870), (31.899, 33.2, 35.05, 36.4, 36.6))
    quality = (*rows, (11.116, 11.9, 12.4, 12.5, 12.45))
    measures = ("Перплексия (меньше — лучше)", "ANLS, %", "Точность, %")
    panels = tuple(
        Panel("line", x, "Размер изображения, пикс.", measure, (series(name, *row),), title=name)
        for name, row, measure in zip(names, quality, measures, strict=True)
    )
    return Plot(
        "image-size",
        "Задержка и качество в зависимости от размера изображения",
        "Задержка растёт с размером изображения, качество — до 672 пикселей.",
        (latency, *panels),
        absent="не измерено",
    )


def sequence_length() -> Plot:
    """A sweep over powers of two, latency on a logarithmic axis, one quality panel with labels."""
    x = ("128", "256", "512", "1024", "2048", "4096", "8192")
    latency = Panel(
        "line",
        x,
        "Sequence length, tokens",
        "Seconds per batch (log scale)",
        (
            series("WikiText-2", 0.021, 0.035, 0.066, 0.131, 0.285, 0.68, 1.93),
            series("PG-19", 0.024, 0.04, 0.071, 0.15, 0.33, 0.81, 2.4),
        ),
        title="Latency",
        label_values=False,
        log=True,
    )
    quality = Panel(
        "line",
        x,
        "Sequence length, tokens",
        "Perplexity (lower is better)",
        (series("WikiText-2", 11.116, 9.4, 8.21, 7.44, 6.98, 6.71, 6.6),),
        title="Quality: WikiText-2",
    )
    return Plot(
        "sequence-length", "Latency and quality by sequence length", "…", (latency, quality)
    )


def optimisations() -> Plot:
    """What each optimisation does to latency, energy and quality, as a share of none."""
    x = ("none", "torch.compile", "FlashAttention-2", "INT8 weights, dynamic activations", "all")
    rows = (
        ("Latency", "s per batch", (1.398, 1.101, 0.986, 1.207, 0.702), 3),
        ("Energy", "J per sample", (92.4, 80.1, 71.3, 60.8, None), 1),
        ("Quality", "TextVQA accuracy, %", (79.02, 79.02, 79.01, 78.40, 78.38), 2),
    )
    panels = []
    for title, unit, values, digits in rows:
        base = values[0]
        assert base is not None
        shown = tuple(
            "not measured" if v is None else f"{v:.{digits}f} / {100 * v / base:.0f} %"
            for v in values
        )
        one = Series("Qwen2.5-VL-3B on NVIDIA A100", values, shown)
        panels.append(Panel("bar", x, "Optimisation", unit, (one,), title=title))
    return Plot(
        "optimisations",
        "What the optimisations change",
        "All optimisations together halve the latency; quality stays within 1 %.",
        tuple(panels),
    )


def recovery() -> Plot:
    """Recovery of two quantized models by benchmark, around 100 %."""
    x = ("MMMU", "ChartQA", "DocVQA", "Mathvista", "MMLU (5-shot)", "MGSM", "Average")
    panel = Panel(
        "dot",
        x,
        "Benchmark",
        "Recovery: score as a share of the base model's, %",
        (
            series(MODELS[1], 99.52, 100.34, 99.97, 98.65, 99.81, 101.2, 99.9, digits=2),
            series(
                MODELS[2],
                *(97.11, 98.76, 99.66, None, 98.9, 94.41, 97.8),
                digits=2,
                missing="not measured",
            ),
        ),
        reference=100.0,
        reference_label="100 %",
    )
    return Plot(
        "recovery", "Accuracy recovery", "Recovery lies between 94.41 and 101.2 %.", (panel,)
    )


def queries_per_dollar() -> Plot:
    """Queries per dollar of three models on three kinds of hardware, one panel a scenario."""
    x = ("A6000 ×1", "A100 ×1", "H100 ×1")
    panels = tuple(
        Panel(
            "bar",
            x,
            "Hardware",
            "Queries per dollar",
            tuple(
                series(model, *(factor * value for value in row), digits=0)
                for model, factor in zip(MODELS, (1.0, 1.42, 1.87), strict=True)
            ),
            title=title,
        )
        for title, row in (
            ("Document visual question answering", (1454.0, 1284.0, 1011.0)),
            ("Visual reasoning", (2210.0, 1903.0, 1722.0)),
            ("Image captioning", (2750.0, 2412.0, 2264.0)),
        )
    )
    return Plot(
        "queries-per-dollar",
        "Queries per dollar by hardware (multi-stream)",
        "The w4a16 model answers 1.87 times as many queries for a dollar.",
        panels,
    )


ALL = (
    batch_size(),
    image_size(),
    sequence_length(),
    optimisations(),
    recovery(),
    queries_per_dollar(),
)
