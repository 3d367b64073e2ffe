"""Keras, as in a notebook: one Dense(1) per learning rate, fit() with a callback that stores get_weights() after each batch.

rebuild: a new model, compile() and fit() for each learning rate, as in a notebook. reuse: one compiled model, reset before each run."""
import os

os.environ |= {"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
import keras
import numpy as np
from common import *

args = arguments(__doc__, variant=["rebuild", "reuse"], jit=["auto", "off"], measured=20)
x, y = data()
rates = learning_rates(args.runs)
# Of the `runs` learning rates of the sweep, `measured` evenly spaced ones are timed.
chosen = rates[np.linspace(0, args.runs - 1, min(args.measured, args.runs)).round().astype(int)]
MAKE = {
    "rmsprop": lambda lr: keras.optimizers.RMSprop(learning_rate=lr, rho=RHO, epsilon=EPSILON),
    "sgd": lambda lr: keras.optimizers.SGD(learning_rate=lr, momentum=MOMENTUM),
    "adam": lambda lr: keras.optimizers.Adam(learning_rate=lr, beta_1=BETA_1, beta_2=BETA_2, epsilon=EPSILON),
}[args.optimizer]


class Record(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.path = []

    def on_train_batch_end(self, batch, logs=None):
        self.path.append(self.model.get_weights())


def build(lr):
    layer = keras.layers.Dense(1, kernel_initializer=keras.initializers.Constant(W0), bias_initializer=keras.initializers.Constant(B0))
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(optimizer=MAKE(lr), loss="mse", jit_compile="auto" if args.jit == "auto" else False)
    return model


def reset(model, lr):
    model.set_weights([np.full((1, 1), W0, np.float32), np.full(1, B0, np.float32)])
    for variable in model.optimizer.variables:
        variable.assign(np.zeros(variable.shape, variable.dtype))
    model.optimizer.learning_rate = float(lr)
    return model


def train_one(lr):
    global model
    fresh = args.variant == "rebuild" or model is None
    model = build(float(lr)) if fresh else reset(model, lr)
    model.fit(x, y, batch_size=BATCH, epochs=EPOCHS, shuffle=False, verbose=0, callbacks=[record := Record()])
    history = np.array([(w[0, 0], b[0]) for w, b in record.path])
    return history[-1], np.mean((history[-1, 0] * x + history[-1, 1] - y) ** 2), history


model = None
import_s = since_start()
train_one(chosen[0])
wall_s, results, times = since_start(), [], []
for lr in chosen:
    times.append(timed(lambda: results.append(train_one(lr))))
final, mse, history = (np.array(a) for a in zip(*results))
warm = statistics.median(times)
print(json.dumps({
    "peer": f"keras-{args.variant}", "work": "sweep", "optimizer": args.optimizer, "runs": args.runs, "history": True, "jit": args.jit,
    "wall_s": round(import_s + args.runs * warm, 1), "wall_first_run_s": round(wall_s, 2), "import_s": round(import_s, 2),
    "compile_s": round(max(wall_s - import_s - warm, 0), 2), "warm_s": round(warm, 4), "warm_min_s": round(min(times), 4),
    "warm_max_s": round(max(times), 4), "repeats": len(times), "steps_per_s": float(f"{STEPS / warm:.4g}"),
    "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024), "runs_per_s": float(f"{1 / warm:.4g}"),
    "note": f"wall_s extrapolated from {len(chosen)} runs" if len(chosen) < args.runs else ""}), flush=True)
if args.save:
    np.savez(args.save, final=final, mse=mse, history=history)
