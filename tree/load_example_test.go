package tree_test

import (
	"fmt"
	"math"
	"strings"

	"github.com/gopherwood-ml/ml/tree"
)

// A model of two splits as LightGBM saves it.
const lightGBM = `tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=age income
feature_infos=[18:90] [0:200]

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
split_gain=9 4
threshold=30.5 55
decision_type=10 8
left_child=-1 -2
right_child=1 -3
leaf_value=-1.2 0.3 1.5
leaf_weight=20 30 50
leaf_count=20 30 50
internal_value=0 1
internal_weight=100 80
internal_count=100 80
is_linear=0
shrinkage=1

end of trees
`

func ExampleReadLightGBM() {
	m, err := tree.ReadLightGBM[*tree.ClassificationModel](strings.NewReader(lightGBM))
	if err != nil {
		fmt.Println(err)
		return
	}
	p := make([]float64, 2)
	for _, x := range [][]float64{{45, 80}, {45, 20}, {math.NaN(), 80}} {
		if err := m.ProbaRow(p, x); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%.3f\n", p[1])
	}
	fmt.Println(m.Columns[0].Name, m.Columns[1].Name, m.Trees().Trees())
	// Output:
	// 0.818
	// 0.574
	// 0.231
	// age income 1
}

// A model of one split as XGBoost saves it.
const xgBoost = `{"learner": {"feature_names": ["age"], "feature_types": ["float"], "objective": {"name": "reg:squarederror"},
"learner_model_param": {"base_score": "[5E-1]", "num_class": "0", "num_feature": "1", "num_target": "1"},
"gradient_booster": {"name": "gbtree", "model": {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"}, "tree_info": [0], "trees": [
{"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [0, 0, 0], "split_conditions": [30.5, -0.25, 0.75],
"default_left": [1, 0, 0], "split_type": [0, 0, 0], "sum_hessian": [100, 20, 80], "tree_param": {"size_leaf_vector": "1"}}]}}}, "version": [3, 2, 0]}`

func ExampleReadXGBoost() {
	m, err := tree.ReadXGBoost[*tree.RegressionModel](strings.NewReader(xgBoost))
	if err != nil {
		fmt.Println(err)
		return
	}
	y, err := m.PredictRow([]float64{45})
	fmt.Println(y, err)
	// Output: 1.25 <nil>
}
