"""Writes the draws of numpy.random.RandomState(seed) for a split, an initializer and the epochs, in the order of a Keras 2 notebook.

    python make_numpy_orders.py > numpy_orders.json

A case: `rows` are permuted (the first `test` of them are the test rows), `randint` is the seed of the initializer, then one index
array over the training rows is shuffled in place before each epoch. `words` counts the 32-bit words that randint consumed.
"""

import json

import numpy as np


def position(state):
    """Returns the number of words consumed since the state was regenerated."""
    return state.get_state()[2]


def case(seed, rows, test, epochs):
    state = np.random.RandomState(seed)
    permutation = state.permutation(rows)
    before = position(state)
    drawn = int(state.randint(10e6))
    words = (position(state) - before) % 624
    index = np.arange(rows - test)
    orders = []
    for _ in range(epochs):
        state.shuffle(index)
        orders.append(index.tolist())
    return {
        "seed": seed,
        "rows": rows,
        "test": permutation[:test].tolist(),
        "train": permutation[test:].tolist(),
        "randint": drawn,
        "words": words,
        "epoch_orders": orders,
    }


def main():
    cases = [case(seed, rows, test, epochs) for seed, rows, test, epochs in
             [(0, 20, 4, 3), (1, 33, 7, 2), (4294967295, 17, 5, 2), (123456789, 700, 10, 1)]]
    # Seeds for which randint rejects words, so that its number consumes more than one word.
    several = (case(seed, 9, 2, 2) for seed in range(1000))
    cases += [found for found in several if found["words"] >= 4][:2]
    print(json.dumps({"numpy": np.__version__, "cases": cases}, separators=(",", ":")))


if __name__ == "__main__":
    main()
