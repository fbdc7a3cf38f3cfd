// Package tree holds models made of decision trees in one representation, [Ensemble], whoever grew them: prediction, drawings,
// writers and explanations all work on it.
//
// A fitted or loaded model is a [RegressionModel], a [MultiRegressionModel] or a [ClassificationModel]. Its Predict and PredictProba
// are those of any model of this library; Raw has the scores before the link, Leaves the leaf of each row in each tree, Staged and StagedRaw
// the answers after each round of boosting, Trees the Ensemble itself.
//
//	m, err := tree.ReadXGBoost[*tree.ClassificationModel](file)  // or ReadLightGBM, or ml.Load for this library's own files
//	p, err := m.PredictProba(x)
//
// [ReadLightGBM] and [ReadXGBoost] load the models of those libraries, with their scores to the bit; [WriteLightGBM], [WriteXGBoost] and
// [WriteXGBoostUBJSON] write files that they load, with the same scores.
//
// [WriteText], [WriteRules], [WriteDOT] and [WriteSVG] show one tree to a person, [WriteJSON] the whole model to another program, [WriteGo] turns it into
// Go code that needs no library. Path and Paths of a Model tell the way of a row through a tree.
// [NewEarly] predicts classes with as few rounds as it takes to be sure.
//
// # Decision trees
//
// [DecisionTreeClassifier], [DecisionTreeRegressor] and [DecisionTreeMulti] grow a single tree by exact splits: scikit-learn's tree, node for node, where
// no two splits are equally good. They take missing values, categorical columns, weights, constraints and sparse matrices.
//
// [DecisionTreeMixed] predicts numbers and classes together. [Binning] finds splits on histograms, [SurrogateClassifier] and [SurrogateRegressor] treat
// missing values as rpart does; [Ensemble.VerifyMonotone] proves that monotone constraints hold.
//
//	m, err := tree.DecisionTreeClassifier{MinSamplesLeaf: 20}.Fit(ctx, train)
//	importance, err := m.Ensemble.Importances()
//	path, err := m.Ensemble.CostPath()                         // of cost-complexity pruning
//	small, err := m.Ensemble.PruneCost(path[len(path)-3].Alpha)
//
// CostTable shows by cross-validation how much pruning is best; PruneReducedError and PrunePessimistic prune in other ways.
// The nodes hold what there is to know of them: Samples, Cover (weight), Impurity, Gain, and in Value the shares of the classes or the mean.
//
// # Missing values and categories
//
// NaN is a missing value, and each split says where it goes. A category is its code: a number whose fraction is cut off. A code that no
// set holds, and a negative one, goes where a row goes that is not in the set. Zeros of a CSR matrix are the number 0, as everywhere in this
// library; XGBoost reads the entries that a sparse matrix does not store as missing.
//
// # Growing an ensemble
//
// A trainer grows each tree as a []Node in whatever goroutine it likes, and hands them to a [Builder] in order. Node 0 is the root; Left and Right
// are places in the same slice, and a child stands after its parent, which is how trees grow. What passes the split's rule goes left. Value of
// an inner node is what it would predict as a leaf: pruning, drawings and explanations read it. Cover is the training weight in the node.
//
//	b := tree.NewBuilder(tree.Ensemble{Features: 4, Outputs: 1})
//	b.Add(0, 1, []tree.Node{
//		{Feature: 2, Rule: tree.LessEq | tree.MissingLeft, Threshold: 2.45, Left: 1, Right: 2, Value: []float64{5.8}, Cover: 150},
//		{Feature: -1, Value: []float64{5.0}, Cover: 50},
//		{Feature: -1, Value: []float64{6.3}, Cover: 100},
//	})
//	e, err := b.Ensemble()                                    // checked, ready to predict
//	m, err := tree.NewRegressionModel(ml.NewFitted(d.Table, nil, config), e)
//
// A single tree or a forest of class probabilities has Vector leaves of K values, Average for a forest, and the link [Share]:
// the values may be probabilities or class weights. Boosting for K classes adds one tree for each class and round: Outputs K, Stage K, and Add's first
// argument says the class.
//
// An Ensemble is checked when it is built and when it is read from a file: a walk from the root of any tree ends at a leaf, and every index is in range.
package tree
