"""What the numbers in docs/performance.md come from: ratios, both sides in one run, CPU time first."""
