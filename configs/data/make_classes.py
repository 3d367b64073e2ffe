"""Generates classes.csv, an invented data set: hours of study, and whether an exam was passed.

The probability to pass is 1/(1 + exp(-1.1 (hours - 4.5))). The seed is fixed, so every machine generates an identical file. The classes
overlap, so the logistic loss has an optimum.

    python make_classes.py > classes.csv
"""

import math
import random

random.seed(7)
print("hours,passed")
for _ in range(120):
    hours = round(random.uniform(0.0, 9.0), 2)
    chance = 1.0 / (1.0 + math.exp(-1.1 * (hours - 4.5)))
    print(f"{hours},{int(random.random() < chance)}")
