"""Writes the data sets of this folder from scikit-learn 1.9.1 and statsmodels 0.15.0: one feature and one target each, in file order.

    pip install scikit-learn==1.9.1 statsmodels==0.15.0
    python make_data.py
"""

import csv
from pathlib import Path

import sklearn.datasets
import statsmodels.api

FOLDER = Path(__file__).parent


def write(name, columns):
    """Writes a CSV of named columns; whole numbers without a decimal point, others as the shortest decimal of the float64."""
    with open(FOLDER / f"{name}.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*columns.values()):
            writer.writerow([int(value) if float(value).is_integer() else repr(float(value)) for value in row])


def scikit_learn(name, **options):
    """The features of a data set by name, and its target."""
    bunch = getattr(sklearn.datasets, f"load_{name}")(**options)
    return {str(feature): bunch.data[:, index] for index, feature in enumerate(bunch.feature_names)}, bunch.target


def main():
    x, y = scikit_learn("iris")
    write("iris", {"petal_length": x["petal length (cm)"], "petal_width": x["petal width (cm)"]})
    x, y = scikit_learn("wine")
    write("wine", {"alcohol": x["alcohol"], "color_intensity": x["color_intensity"]})
    x, y = scikit_learn("diabetes", scaled=False)
    write("diabetes", {"bmi": x["bmi"], "progression": y})
    x, y = scikit_learn("breast_cancer")
    # In scikit-learn 0 is malignant and 1 is benign.
    write("breast_cancer", {"mean_radius": x["mean radius"], "malignant": 1 - y})
    x, y = scikit_learn("linnerud")
    write("linnerud", {"waist": y[:, 1], "situps": x["Situps"]})

    def public(name, **columns):
        table = getattr(statsmodels.api.datasets, name).load_pandas().data
        write(name, {ours: table[theirs] for ours, theirs in columns.items()})

    public("engel", income="income", foodexp="foodexp")
    public("longley", gnp="GNP", employed="TOTEMP")
    public("stackloss", airflow="AIRFLOW", stackloss="STACKLOSS")
    public("nile", year="year", volume="volume")
    public("grunfeld", value="value", investment="invest")


main()
