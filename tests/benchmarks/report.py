"""The lines that the benchmarks print when all of them are done."""

REPORT: list[str] = []
