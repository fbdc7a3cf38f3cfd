package cases

// A Listed case is a row of the table, measured or not: none is dropped because the library cannot do it yet.
type Listed struct {
	Name  string
	Lib   string // the peer
	Data  string // its data set, "" for none
	Issue int    // that builds it
}

// List is every case of the peers, in the order of the table. peers/ has each of them.
var List = []Listed{
	{"LinearRegression", "scikit-learn", "lin100k", 3},
	{"Ridge", "scikit-learn", "lin100k", 3},
	{"Ridge", "scikit-learn-intelex", "lin100k", 3},
	{"Lasso", "scikit-learn", "lasso10k", 4},
	{"ElasticNetCV", "scikit-learn", "lasso10k", 4},
	{"LogisticRegression-binary", "scikit-learn", "logit100k", 3},
	{"LogisticRegression-digits", "scikit-learn", "digits", 3},
	{"GridSearchCV-logistic", "scikit-learn", "logit100k", 6},
	{"LinearSVC", "scikit-learn", "logit100k", 4},
	{"SGDClassifier", "scikit-learn", "logit100k", 4},
	{"SVC-rbf", "scikit-learn", "svm10k", 15},
	{"GaussianNB", "scikit-learn", "logit100k", 4},
	{"PoissonRegressor", "scikit-learn", "logit100k", 4},
	{"GLM-poisson", "statsmodels", "logit100k", 4},
	{"GLM-poisson-influence", "statsmodels", "logit100k", 4},
	{"OLSInference", "statsmodels", "lin100k", 4},
	{"MEstimator-huber", "statsmodels", "lin100k", 4},
	{"MEstimator-tukey", "statsmodels", "lin100k", 4},
	{"HuberRegressor", "scikit-learn", "lin100k", 4},
	{"RidgeCV", "scikit-learn", "lin100k", 4},
	{"BayesianRidge", "scikit-learn", "lin100k", 4},
	{"QuantileRegressor", "scikit-learn", "lin100k", 4},
	{"QuantReg", "statsmodels", "lin100k", 4},
	{"TheilSen", "scikit-learn", "lin100k", 4},
	{"Isotonic", "scikit-learn", "scores1m", 4},
	{"Bandit-epsilon", "vowpalwabbit", "logit100k", 16},
	{"Bandit-bag", "vowpalwabbit", "logit100k", 16},
	{"Bandit-ucb", "vowpalwabbit", "logit100k", 16},
	{"LDA", "scikit-learn", "logit100k", 4},
	{"QDA", "scikit-learn", "logit100k", 4},
	{"KNeighbors-brute", "scikit-learn", "knn50k", 13},
	{"KNeighbors-kdtree", "scikit-learn", "knn50k", 13},
	{"KNeighbors-brute", "scikit-learn-intelex", "knn50k", 13},
	{"KNeighbors-3d", "scikit-learn", "knn50k3", 13},
	{"HDBSCAN", "hdbscan", "hdb20k8", 13},
	{"HDBSCAN", "fast-hdbscan", "hdb20k8", 13},
	{"HDBSCAN", "scikit-learn", "hdb20k8", 13},
	{"HDBSCAN-approximate", "hdbscan", "hdb20k8", 13},
	{"HNSW", "hnswlib", "hnsw50k", 13},
	{"HNSW", "usearch", "hnsw50k", 13},
	{"KMeans", "scikit-learn", "km100k", 13},
	{"KMeans", "scikit-learn-intelex", "km100k", 13},
	{"KMeans-random-init-20it", "scikit-learn", "km100k", 13},
	{"MiniBatchKMeans", "scikit-learn", "km100k", 13},
	{"DBSCAN-2d", "scikit-learn", "db50k2", 13},
	{"DBSCAN-2d", "scikit-learn-intelex", "db50k2", 13},
	{"DBSCAN-8d", "scikit-learn", "db50k8", 13},
	{"DBSCAN-8d", "scikit-learn-intelex", "db50k8", 13},
	{"AgglomerativeClustering-ward", "scikit-learn", "agg5k", 13},
	{"GaussianMixture", "scikit-learn", "gmm50k", 13},
	{"PCA-full", "scikit-learn", "pca20k", 14},
	{"PCA-randomized", "scikit-learn", "pca20k", 14},
	{"TruncatedSVD-sparse", "scikit-learn", "sparse20k", 14},
	{"NMF", "scikit-learn", "nmf5k", 14},
	{"TSNE", "scikit-learn", "tsne5k", 14},
	{"DecisionTree", "scikit-learn", "tree100k", 7},
	{"RandomForest-100", "scikit-learn", "forest50k", 9},
	{"RandomForest-100", "scikit-learn-intelex", "forest50k", 9},
	{"RandomForest-1M", "scikit-learn", "higgs1m", 9},
	{"ExtraTrees-100", "scikit-learn", "forest50k", 9},
	{"ExtraTrees-100", "scikit-learn-intelex", "forest50k", 9},
	{"IsolationForest", "scikit-learn", "tree100k", 9},
	{"Bagging", "scikit-learn", "tree100k", 9},
	{"AdaBoost", "scikit-learn", "tree100k", 9},
	{"Stacking", "scikit-learn", "tree100k", 9},
	{"HistGB-binary-1M", "scikit-learn", "higgs1m", 8},
	{"HistGB-regression-100k", "scikit-learn", "reg100k", 8},
	{"HistGB-small-10k", "scikit-learn", "boost10k", 8},
	{"XGBoost-binary-1M-31leaves", "xgboost", "higgs1m", 8},
	{"XGBoost-binary-1M-255leaves", "xgboost", "higgs1m", 8},
	{"XGBoost-binary-1M-depth6", "xgboost", "higgs1m", 8},
	{"XGBoost-regression-100k-31leaves", "xgboost", "reg100k", 8},
	{"XGBoost-small-10k", "xgboost", "boost10k", 8},
	{"LightGBM-binary-1M", "lightgbm", "higgs1m", 8},
	{"LightGBM-binary-1M-255leaves", "lightgbm", "higgs1m", 8},
	{"LightGBM-binary-1M-quantized", "lightgbm", "higgs1m", 8},
	{"LightGBM-regression-100k", "lightgbm", "reg100k", 8},
	{"LightGBM-small-10k", "lightgbm", "boost10k", 8},
	{"LightGBM-ranking", "lightgbm", "rank220k", 8},
	{"LightGBM-onehot-1M", "lightgbm", "onehot1m", 8},
	{"XGBoost-predict-500x6", "xgboost", "trees500", 7},
	{"XGBoost-shap-500x6", "xgboost", "trees500", 10},
	{"shap-500x6", "shap", "trees500", 10},
	{"XGBoost-shap-100x14", "xgboost", "trees500", 10},
	{"woodelf-100x6", "woodelf", "trees500", 10},
	{"shap-100x6", "shap", "trees500", 10},
	{"LightGBM-500x255", "lightgbm", "trees500", 7},
	{"XGBoost-500x255", "xgboost", "trees500", 7},
	{"XGBoost-500x255-json", "xgboost", "trees500", 7},
	{"permutation_importance", "scikit-learn", "forest50k", 10},
	{"TfidfVectorizer", "scikit-learn", "docs20k", 5},
	{"StandardScaler", "scikit-learn", "prep1m", 5},
	{"OneHotEncoder", "scikit-learn", "prep1m", 5},
	{"QuantileTransformer", "scikit-learn", "prep1m", 5},
	{"MinMaxScaler", "scikit-learn", "prep1m", 5},
	{"MaxAbsScaler", "scikit-learn", "prep1m", 5},
	{"RobustScaler", "scikit-learn", "prep1m", 5},
	{"PowerTransformer", "scikit-learn", "prep1m", 5},
	{"Normalizer", "scikit-learn", "prep1m", 5},
	{"roc_auc_score", "scikit-learn", "scores1m", 6},
	{"log_loss", "scikit-learn", "scores1m", 6},
	{"MLPClassifier-digits", "scikit-learn", "digits", 11},
	{"torch-MLP-epoch", "torch", "mnist60k", 11},
	{"torch-CNN-5k", "torch", "mnist60k", 11},
	{"torch-LSTM", "torch", "mnist60k", 11},
	{"torch-transformer-block", "torch", "", 11},
	{"nn-mlp-small", "torch", "", 11},
	{"nn-mlp-784", "torch", "", 11},
	{"nn-lenet", "torch", "", 11},
	{"nn-cnn", "torch", "", 11},
	{"nn-lstm-32", "torch", "", 11},
	{"nn-lstm-128", "torch", "", 11},
	{"nn-gpt-112k", "torch", "", 11},
	{"nn-gpt-817k", "torch", "", 11},
	{"env-cartpole", "gymnasium", "", 16},
	{"env-mountaincar", "gymnasium", "", 16},
	{"env-mountaincarcontinuous", "gymnasium", "", 16},
	{"env-acrobot", "gymnasium", "", 16},
	{"env-pendulum", "gymnasium", "", 16},
	{"env-frozenlake", "gymnasium", "", 16},
	{"env-cliffwalking", "gymnasium", "", 16},
	{"env-taxi", "gymnasium", "", 16},
	{"env-blackjack", "gymnasium", "", 16},
	{"Q-frozenlake", "gymnasium", "", 16},
}

// Rows is List and, behind it, the kernels and whatever else is registered against a peer.
func Rows() []Listed {
	rows := List
	known := map[key]bool{}
	for _, l := range List {
		known[key{l.Name, l.Lib}] = true
	}
	for _, c := range All(Ours) {
		for _, lib := range c.Vs {
			if !known[key{c.Name, lib}] {
				rows = append(rows[:len(rows):len(rows)], Listed{c.Name, lib, c.Data, 3})
			}
		}
	}
	return rows
}
