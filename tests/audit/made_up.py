"""Small made-up cards for the audit: what is right in them is right to the last digit.

No model, number or sentence of a published card. `QUANTIZED` has scores of a base and its quantized
model, averages, recoveries and a serving table; `REPORT` is a report of one model on a device.
`RUSSIAN` is a card like `QUANTIZED`, in Russian.
"""

from __future__ import annotations

QUANTIZED = """\
---
tags:
- int4
- vllm
base_model: acme/Foo-7B-Chat
---

# Foo-7B-Chat-quantized.w4a16

## Model Overview
- **Model Architecture:** Foo-7B-Chat
- **Model Optimizations:**
  - **Weight quantization:** INT4
  - **Activation quantization:** None
- **Release Date:** 2025-03-04

Quantized version of [acme/Foo-7B-Chat](https://huggingface.co/acme/Foo-7B-Chat).
It achieves an average score of 69.00 on the suite, whereas the unquantized model achieves 70.00.
The model reaches 98.57% recovery on the suite.

Quantizing the weights of [Foo-7B-Chat](https://huggingface.co/acme/Foo-7B-Chat) to INT4 data type
reduces the number of bits from 16 to 4, and the size by approximately 75%.
It was calibrated with 512 samples.

## Deployment

```python
from vllm import LLM
llm = LLM(model="acme/Foo-7B-Chat-quantized.w4a16")
```

## Creation

```python
from llmcompressor import oneshot
MODEL_ID = "acme/Foo-7B-Chat"
num_samples = 512
oneshot(model=MODEL_ID, scheme="W4A16", num_calibration_samples=num_samples)
```

## Evaluation

```bash
lm_eval --model vllm \\
  --model_args pretrained="acme/Foo-7B-Chat-quantized.w4a16",dtype=auto \\
  --tasks mmlu \\
  --num_fewshot 5
```

| Category | Benchmark | acme/Foo-7B-Chat | acme/Foo-7B-Chat-quantized.w4a16 | Recovery |
|---|---|---|---|---|
| **Suite** | MMLU (5-shot) | 60.00 | 59.10 | 98.50% |
| | GPQA (0-shot) | 70.00 | 70.70 | 101.00% |
| | HumanEval (pass@1) | 80.00 | 77.20 | 96.50% |
| | **Average** | **70.00** | **69.00** | **98.57%** |

## Inference Performance

This model achieves up to 2.0x speedup in single-stream deployment.

<table>
  <thead>
    <tr><th></th><th></th><th></th><th colspan="2">Chat</th><th colspan="2">RAG</th></tr>
    <tr>
      <th>Hardware</th><th>Model</th><th>Average cost reduction</th>
      <th>Latency (s)</th><th>QPD</th>
      <th>Latency (s)</th><th>QPD</th>
    </tr>
  </thead>
  <tbody>
    <tr>
      <td rowspan="2">A100x1</td><td>acme/Foo-7B-Chat</td><td></td>
      <td>4.00</td><td>500</td>
      <td>8.00</td><td>250</td>
    </tr>
    <tr>
      <td>acme/Foo-7B-Chat-quantized.w4a16</td><td>1.80</td>
      <td>2.00</td><td>1000</td>
      <td>5.00</td><td>400</td>
    </tr>
  </tbody>
</table>
"""

REPORT = """\
# acme/Bar-3B

[`acme/Bar-3B`](https://huggingface.co/acme/Bar-3B) is measured here.

## Batch Tests

Dataset: Set
ImgSize: 224
SeqLen: 200
Optimization: fp16
Device: Cuda

| batch_size | Latency (per batch) | Energy (per sample) |
|---|---|---|
| 1 | 0.500 | 40 |
| 16 | 2.000 | 20 |

## Optimization Tests

Dataset: Set
BatchSize: 16
ImageSize: 224
SeqLen: 200
Device: Cuda

| Optimization | Latency | % of original Latency | Energy | % of original Energy |
|---|---|---|---|---|
| fp16 | 2.000 | 100 | 20.00 | 100 |
| Compile | 1.500 | 75.0 | 18.00 | 90.0 |
"""

SPECULATOR = """\
# acme/Foo-7B-speculator.draft

This is a speculator model for [acme/Foo-7B](https://huggingface.co/acme/Foo-7B).

```bash
vllm serve acme/Foo-7B \\
  --speculative-config '{"model": "acme/Foo-7B-speculator.draft", "num_speculative_tokens": 3}'
```

| Dataset | Pos 1 | Pos 2 | Pos 3 | Avg Length |
|---|---|---|---|---|
| code | 80.0% | 60.0% | 40.0% | 2.80 |
| prose | 70.0% | 50.0% | 30.0% | 2.50 |
| maths | 90.0% | 70.0% | 50.0% | 3.10 |
"""

DRAWN = """\
# Foo-7B-FP8

Quantized version of [acme/Foo-7B](https://huggingface.co/acme/Foo-7B) to FP8.

```
+----------+-------+------+
| model    | score | ppl  |
+----------+-------+------+
| baseline | 0.800 | 4.00 |
| FP8-RTN  | 0.760 | 4.10 |
| FP8-best | 0.784 | 4.04 |
+----------+-------+------+

Recovery
+----------+-------+-------+
| FP8-best | 98.0% | 99.0% |
+----------+-------+-------+
```

| | Foo-7B | Foo-7B-FP8 |
|---|---|---|
| A | 50.00 | 49.00 |
| B | 60.00 | 58.00 |
| **Average** | 55.00 | 53.50 |
| **Recovery** | 100.00 | 97.27 |

| Bits | Foo-7B | Foo-8B |
|---|---|---|
| BF16 | 0.800 (100%) | 0.600 (100%) |
| 4 | 0.760 (95.0%) | 0.591 (98.5%) |
| 5 | 0.784 (98.0%) | 0.594 (99.0%) |

| Precision | One | Two | Avg | Score retention |
|---|---|---|---|---|
| BF16 | 80.0 | 90.0 | 85.0 | 100% |
| FP8 | 78.0 | 88.0 | 83.0 | 97.6% |
| FP8-best | 80.0 | 88.0 | 84.0 | 98.8% |

| Task | Foo-7B | Foo-7B-FP8 | Foo-7B-FP8-dynamic |
|---|---|---|---|
| A | 50.00 | 49.00 (98.0%) | 49.50 (99.0%) |
| B | 60.00 | 59.40 (99.0%) | 57.00 (95.0%) |

| Model | Average | One | Two | Three |
|---|---|---|---|---|
| a | 20.00 | 10.00 | 20.00 | 30.00 |
| b | 30.00 | 20.00 | 30.00 | 40.00 |
| c | 50.00 | 40.00 | 50.00 | 60.00 |
"""

RUSSIAN = """\
# Foo-7B-Chat-quantized.w4a16

## О модели
- **Архитектура модели:** Foo-7B-Chat
- **Квантование весов:** INT4
- **Квантование активаций:** нет

Квантованная версия [acme/Foo-7B-Chat](https://huggingface.co/acme/Foo-7B-Chat).
Модель показывает средний результат 69.00, тогда как базовая модель набирает 70.00.
Она сохраняет 98.57% качества.

Модель получена квантованием [acme/Foo-7B-Chat](https://huggingface.co/acme/Foo-7B-Chat) в формат
INT4: число бит уменьшилось с 16 до 4 бит, а размер примерно на 75%.
Для квантования взято 512 калибровочных примеров.

## Развёртывание

```python
from vllm import LLM
llm = LLM(model="acme/Foo-7B-Chat-quantized.w4a16")
```

## Создание модели

```python
from llmcompressor import oneshot
MODEL_ID = "acme/Foo-7B-Chat"
num_samples = 512
oneshot(model=MODEL_ID, scheme="W4A16", num_calibration_samples=num_samples)
```

## Оценка качества

| Категория | Бенчмарк | Базовая модель | Квантованная модель | Восстановление (%) |
|---|---|---|---|---|
| **Набор** | MMLU (5-shot) | 60.00 | 59.10 | 98.50% |
| | GPQA (0-shot) | 70.00 | 70.70 | 101.00% |
| | HumanEval (pass@1) | 80.00 | 77.20 | 96.50% |
| | **Среднее** | **70.00** | **69.00** | **98.57%** |

| Задача | Исходная модель | Квантованная модель | Разница |
|---|---|---|---|
| А | 20.00 | 19.00 | -1.00 |
| Б | 12.00 | 10.00 | -2.00 |
| В | 15.00 | 15.50 | 0.50 |
| Г | 16.00 | 15.80 | -0.20 |

| Раздел | Вопросов | Ответов |
|---|---|---|
| А | 10 | 3 |
| Б | 20 | 4 |
| Итого | 30 | 7 |

## Производительность

Ускорение до 2.0 раза в режиме одного потока.

<table>
  <thead>
    <tr><th></th><th></th><th></th><th></th><th colspan="2">Чат</th><th colspan="2">Поиск</th></tr>
    <tr>
      <th>Оборудование</th><th>Модель</th><th>Снижение стоимости</th><th>Ускорение</th>
      <th>Задержка (с)</th><th>Запросов на доллар</th>
      <th>Задержка (с)</th><th>Запросов на доллар</th>
    </tr>
  </thead>
  <tbody>
    <tr>
      <td rowspan="2">A100x1</td><td>acme/Foo-7B-Chat</td><td></td><td></td>
      <td>4.00</td><td>500</td>
      <td>8.00</td><td>250</td>
    </tr>
    <tr>
      <td>acme/Foo-7B-Chat-quantized.w4a16</td><td>1.80</td><td>1.800</td>
      <td>2.00</td><td>1000</td>
      <td>5.00</td><td>400</td>
    </tr>
  </tbody>
</table>
"""
