"""Makes classes.csv: hours studied, and whether an exam was passed. Invented: chances are logistic, 1.1 per hour about 4.5 hours, and
the seed is fixed, so that the file is the same everywhere. The classes overlap: the logistic loss has an optimum.

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
