"""The terminal's devices: interfaces, and the simulated ones behind them. Each keeps its own durable book in its own file.

The runner drives them through `interface`; the panel and the control port also use what only a simulated one has (drop a
coin, take the paper, jam).
"""
