package ensemble_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/bayes"
	"github.com/gopherwood-ml/ml/ensemble"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/mltest"
	"github.com/gopherwood-ml/ml/tree"
)

func TestAdaBoostRealLaws(t *testing.T) {
	mltest.Classifier(t, ensemble.AdaBoostClassifier{Rounds: 2, Real: true})
	if !testing.Short() {
		mltest.Classifier(t, ensemble.AdaBoostClassifier{Base: ml.Classify(bayes.GaussianNB{}), Rounds: 3, LearningRate: 0.5, Real: true})
	}
}

// Twelve stumps by SAMME.R are those of scikit-learn 1.5.2, the last one before it took it out: AdaBoostClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=12, algorithm="SAMME.R"),
// rows weighed as in TestAdaBoostIsScikitLearns. The stumps are the same trees, so what differs is rounding, which the logarithms of small shares make larger.
func TestAdaBoostRealIsScikitLearns(t *testing.T) {
	for _, c := range []struct {
		data     string
		rate     float64
		errors   []float64
		proba    []float64
		decision []float64
	}{
		{"iris", 1, []float64{0.366666666667, 0.375017331356, 0.470357378263, 0.435582557304, 0.381891158651, 0.333489612688, 0.333881015734, 0.411253961002, 0.361313887297, 0.459617984506, 0.401065666163, 0.341246265524},
			[]float64{0.690002027517, 0.255452712544, 0.0545452599398, 0.00309627553725, 0.625134103745, 0.371769620718, 0.000200349927615, 0.452458406761, 0.547341243312},
			[]float64{2.35421396199, 0.366899518772, -2.72111348076, -6.73056043788, 3.88497204837, 2.84558838951, -10.4234319331, 5.02133935361, 5.40209257948}},
		{"iris", 0.5, []float64{0.366666666667, 0.421391829228, 0.413419836377, 0.49164532608, 0.445243584962, 0.460587340658, 0.443901500581, 0.478795838607, 0.350815846332, 0.420089225217, 0.331990932781, 0.336684387223},
			[]float64{0.885556846156, 0.0099331920069, 0.104509961838, 0.0122879756307, 0.524946939197, 0.462765085172, 0.0122879756307, 0.524946939197, 0.462765085172},
			[]float64{4.41817935398, -4.56249019519, 0.14431084121, -4.92218290182, 2.58716909031, 2.33501381151, -4.92218290182, 2.58716909031, 2.33501381151}},
		{"cancer", 1, []float64{0.105971896956, 0.228312395254, 0.235252276176, 0.270594038381, 0.319922952, 0.331361564542, 0.36470767815, 0.411818275873, 0.347943332498, 0.413406525967, 0.410139373016, 0.378503896067},
			[]float64{0.587341793146, 0.412658206854, 0.645574839188, 0.354425160812, 0.250416532109, 0.749583467891}, []float64{-0.352987257479, -0.599643931711, 1.09639201626}},
		{"cancer", 0.5, []float64{0.105971896956, 0.241394753904, 0.250318187167, 0.275107787118, 0.320138626056, 0.337659846194, 0.362269549344, 0.350434085265, 0.345374382186, 0.400483146867, 0.341216620204, 0.409876252995},
			[]float64{0.666510829463, 0.333489170537, 0.689794538227, 0.310205461773, 0.260457466735, 0.739542533265}, []float64{-0.692445995066, -0.799158924713, 1.04359222437}},
	} {
		d, _ := scored(c.data)
		d.Weight = heavier(d.Rows())
		m := must(ensemble.AdaBoostClassifier{Rounds: 12, LearningRate: c.rate, Real: true}.Fit(ctx, d))
		probe := rows.Select(d.X, []int{0, 70, 140})
		require.InDeltaSlice(t, c.errors, m.Info.Loss, 1e-9, c.data)
		require.InDeltaSlice(t, c.proba, must(m.PredictProba(probe)).Data(), 1e-9, c.data)
		require.InDeltaSlice(t, c.decision, must(m.DecisionFunction(probe)).Data(), 1e-8, c.data)
		var staged [][]int
		for pred, err := range m.Staged(probe) {
			require.NoError(t, err)
			staged = append(staged, pred)
		}
		require.Len(t, staged, 12)
		require.Equal(t, must(m.Predict(probe)), staged[11])
	}
}

func TestAdaBoostRealEnds(t *testing.T) {
	m := must(ensemble.AdaBoostClassifier{Base: ml.Classify(tree.DecisionTreeClassifier{}), Rounds: 10, Real: true}.Fit(ctx, noisy(100, 1)))
	require.Len(t, m.Members, 1, "a tree without a limit makes no error")
	require.Equal(t, ml.Converged, m.Info.Status)
	d, _ := scored("iris")
	_, err := ensemble.AdaBoostClassifier{Base: ml.Decide(linear.LinearSVC{}), Real: true}.Fit(ctx, d)
	require.ErrorIs(t, err, ml.ErrConfig, "a model without probabilities")
}
