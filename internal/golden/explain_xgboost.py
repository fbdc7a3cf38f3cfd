"""What XGBoost 3.4.1, whose contributions are quadratures since 3.3, says of its own models: explain/testdata/xgboost.json. Cases as those of explain_trees.py, with fewer trees."""

import json
import sys

import numpy as np
from explain_cases import data, xgboost


def emit():
    x, s = data(3)
    kinds = ["c" if j == 1 else "q" for j in range(x.shape[1])]
    return [
        xgboost("squares", dict(max_depth=7, eta=0.5), s, x, 4)[0],
        xgboost("softmax", dict(objective="multi:softprob", num_class=3, max_depth=3), np.digitize(s, [-0.5, 1]), x, 3)[0],
        xgboost("categories", dict(tree_method="hist", max_depth=4, max_cat_to_onehot=1), (s > 0).astype(int), x, 4, feature_types=kinds, enable_categorical=True)[0],
    ]


if __name__ == "__main__":
    if "--emit" in sys.argv:
        print(json.dumps(emit()))
        sys.exit()
    import tree_envs
    from common import write

    write("explain/testdata/xgboost.json", dict(cases=tree_envs.run("xgboost", ["3.4.1"], __file__)["3.4.1"]), __file__, origin="XGBoost 3.4.1")
