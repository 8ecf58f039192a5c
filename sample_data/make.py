"""Regenerate every sample file: `python sample_data/make.py [FOLDER]` (without FOLDER: in place).

The worked examples stand below as they stand in the texts that teach cross-entropy. The predictions are those of
small scikit-learn models on held-out halves of the data sets that scikit-learn ships. README.md beside this file
names the sources, the licences and the package versions.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SEED = 0

WORKED = {
    "cat-dog-bear.csv": """\
        t_cat,t_dog,t_bear,p_cat,p_dog,p_bear
        0,1,0,0.05,0.85,0.1
        """,
    "cat-image.csv": """\
        target,p0,p1
        1,0.2,0.8
        """,
    "colour-scores.csv": """\
        label,logit_blue,logit_green,logit_red
        blue,2,1,-1
        green,2,1,-1
        red,2,1,-1
        """,
    "fruit-containers.csv": """\
        id,label,prob_orange,prob_apple,prob_lemon
        1,orange,0.7,0.2,0.1
        2,lemon,0.3,0.4,0.3
        3,lemon,0.1,0.5,0.4
        """,
    "multiclass-logits.csv": """\
        label,logit_0,logit_1,logit_2,logit_3,logit_4
        3,-0.5698,-0.0558,-0.255,1.6812,0.0238
        0,-2.1786,1.3923,-0.2363,-0.4601,-1.4949
        1,1.3679,1.2853,0.4087,-0.5743,-0.2752
        1,2.1995,0.1469,-0.1661,0.4617,-0.4395
        2,-0.5686,-0.7453,-0.1455,-0.5304,0.302
        4,-0.1489,-0.9143,-1.5282,-0.5023,1.2751
        0,-1.383,-0.6535,0.5392,-2.205,-1.4138
        2,-0.5592,1.5028,0.0442,-1.5487,-0.1522
        1,0.7436,-1.8956,1.0145,-0.2974,-2.0576
        3,0.1003,0.6604,-1.3535,-0.3053,-0.4034
        """,
    "panda.csv": """\
        t_panda,t_seal,t_duck,p_panda,p_seal,p_duck
        1,0,0,0.91,0.04,0.05
        0,1,0,0.11,0.8,0.09
        0,0,1,0.3,0.1,0.6
        1,0,0,0.25,0.4,0.35
        """,
    "seal.csv": """\
        label,prob
        0,0.07
        1,0.91
        1,0.74
        0,0.23
        0,0.85
        1,0.17
        1,0.94
        """,
    "six-predictions.csv": """\
        label,prob
        0,0.5
        1,0.7
        0,0.2
        0,0.3
        0,0.5
        0,0.6
        """,
    "students-model-a.csv": """\
        label,prob
        1,0.1
        1,0.7
        1,0.6
        1,0.2
        """,
    "students-model-b.csv": """\
        label,prob
        0,0.2
        0,0.4
        1,0.7
        1,0.9
        """,
    "ten-logits.csv": """\
        label,logit
        1,0.0421
        0,-0.6606
        0,0.6276
        1,1.2491
        0,-1.1535
        0,-1.4137
        1,0.8967
        0,-1.1786
        0,-1.3214
        0,0.2828
        """,
}


def main(folder: Path) -> None:
    """Write every sample file into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    make_worked(folder)
    make_predictions(folder)


def make_worked(folder: Path) -> None:
    """Write the worked examples: the text above, less its indentation."""
    for name, text in WORKED.items():
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")


def make_predictions(folder: Path) -> None:
    """Train the models and write what they predict for the halves they have not seen."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):  # a sum that is split over threads rounds differently
        make_breast_cancer(folder)
        make_wine(folder)
        make_digits(folder)


def make_breast_cancer(folder: Path) -> None:
    """Write the probability of `benign` that three models give to the same tumours."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.naive_bayes import GaussianNB

    data = load_breast_cancer()
    means = slice(0, 10)  # the ten features averaged over cell nuclei, without their errors and extremes
    for name, model, features in (
        ("breast_cancer.csv", logistic(), slice(None)),
        ("breast_cancer-a.csv", logistic(), means),
        ("breast_cancer-b.csv", GaussianNB(), means),
    ):
        held_out = fit(model, data.data[:, features], data.target)
        benign = model.predict_proba(data.data[held_out][:, features])[:, 1]
        rows = zip(held_out.tolist(), data.target[held_out].tolist(), benign.tolist(), strict=True)
        write_csv(folder / name, ["id", "label", "prob"], rows)


def make_wine(folder: Path) -> None:
    """Write the probabilities of the three cultivars, with their names as labels."""
    from sklearn.datasets import load_wine

    data = load_wine()
    names = [str(name) for name in data.target_names]
    model = logistic()
    held_out = fit(model, data.data, data.target)
    probs = model.predict_proba(data.data[held_out]).tolist()
    rows = ([row, names[data.target[row]], *p] for row, p in zip(held_out.tolist(), probs, strict=True))
    write_csv(folder / "wine.csv", ["id", "label", *(f"prob_{name}" for name in names)], rows)


def make_digits(folder: Path) -> None:
    """Write one model's output twice: ten columns of probabilities, and one list column of float32 logits."""
    import numpy as np
    import pyarrow as pa
    from sklearn.datasets import load_digits

    data = load_digits()
    model = logistic()
    held_out = fit(model, data.data, data.target)
    labels = pa.array(data.target[held_out], pa.int64())
    probs = model.predict_proba(data.data[held_out])
    columns = {f"p{digit}": pa.array(probs[:, digit]) for digit in range(10)}
    write_parquet(folder / "digits.parquet", {"label": labels, **columns})
    logits = model.decision_function(data.data[held_out]).astype(np.float32)
    column = pa.array(list(logits), pa.list_(pa.float32()))
    write_parquet(folder / "digits-logits.parquet", {"label": labels, "logits": column})


def logistic() -> Any:
    """Logistic regression on standardised features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))


def fit(model: Any, features: Any, target: Any) -> Any:
    """Train on one half of the rows, stratified by class, and return the row numbers of the other, ascending."""
    import numpy as np
    from sklearn.model_selection import train_test_split

    split = train_test_split(np.arange(len(target)), test_size=0.5, random_state=SEED, stratify=target)
    trained_on, held_out = (np.sort(part) for part in split)
    model.fit(features[trained_on], target[trained_on])
    return held_out


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Iterable[object]]) -> None:
    """Write rows with every digit of every number (`repr`), LF line ends."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_parquet(path: Path, columns: dict[str, Any]) -> None:
    """Write columns with page checksums: without them a flipped bit is a silently different number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table(columns), path, compression="zstd", write_page_checksum=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent)
