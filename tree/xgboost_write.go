package tree

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/gopherwood-ml/ml"
)

// WriteXGBoost writes a model as XGBoost's JSON, as xgboost.Booster(model_file="m.json") reads it since 2.0. Its margins are then those of m.Raw to
// the bit, and its leaves have the numbers of m.Leaves (unless the file that the model was loaded from counted deleted nodes).
//
// XGBoost adds up float32, so the model's Ensemble must do so too (Float32): models of XGBoost do, and [Ensemble.Rounded] makes a copy of
// any other that does. Tree weights become part of the leaves. base_score is a prediction; where no prediction gives the base to the bit, the
// first trees take it in. XGBoost takes -0.5 for no category at all, so do rules with In; those with InCut take it for category 0.
//
// What the format has no place for gives an error that unwraps to errors.ErrUnsupported and names it: sums in float64, means, zeros that count as
// missing, linear leaves of trees, and the links SignedSquare, Softplus, OneVsRest, Share, and Logistic with a scale. Levels of categories are
// written if all of them are texts for sure; without them XGBoost compares codes.
func WriteXGBoost(w io.Writer, m Grown) error {
	return writeXGBoost("tree.WriteXGBoost", w, m, false)
}

// WriteXGBoostUBJSON is WriteXGBoost in UBJSON, XGBoost's own default ("m.ubj"), which is smaller and faster to read.
func WriteXGBoostUBJSON(w io.Writer, m Grown) error {
	return writeXGBoost("tree.WriteXGBoostUBJSON", w, m, true)
}

func writeXGBoost(where string, w io.Writer, m Grown, binary bool) error {
	e, err := grown(where, m)
	if err != nil {
		return err
	}
	_, classifier := m.(ml.Classifier)
	x := xgbWriter{where: where, e: e, m: m, c: encoder{binary: binary}}
	x.objective = x.chooseObjective(classifier)
	x.check()
	if x.err != nil {
		return x.err
	}
	x.c.object(x.file)
	if x.err != nil {
		return x.err
	}
	return send(where, w, x.c.b)
}

// xgbWriter keeps the first thing that the format cannot say.
type xgbWriter struct {
	where     string
	e         *Ensemble
	m         Grown
	c         encoder
	objective string
	linear    bool      // a linear booster
	shift     []float32 // of each score: what its first tree takes in of the base
	err       error
}

func (x *xgbWriter) fail(field, found, want string) {
	if x.err == nil {
		x.err = unsupported(x.where, field, found, want)
	}
}

func (x *xgbWriter) check() {
	e := x.e
	if !e.Float32 {
		x.fail("Float32", "false: scores are sums in float64", "sums in float32; Ensemble.Rounded makes them so")
	}
	if e.Average {
		x.fail("Average", "true", "a sum over trees")
	}
	if e.Linear == nil {
		return
	}
	x.linear = e.Linear.SkipMissing && e.Trees() == e.Outputs && len(e.Feature) == e.Outputs && e.Weight == nil
	for t := range e.Trees() {
		x.linear = x.linear && e.output(t) == t
	}
	if !x.linear {
		x.fail("Linear", "linear leaves of trees", "constant leaves, or one linear function for each score")
	}
}

// xgbObjectives are the objectives that can be written, the first of a link for models that do not say, with the parameters that
// XGBoost wants to find.
var xgbObjectives = []struct {
	name         string
	link         Link
	classifier   bool
	param        string
	field, value string
}{
	{"reg:squarederror", Identity, false, "reg_loss_param", "scale_pos_weight", "1"},
	{"binary:logistic", Logistic, true, "reg_loss_param", "scale_pos_weight", "1"},
	{"binary:logitraw", Logistic, true, "reg_loss_param", "scale_pos_weight", "1"},
	{"reg:logistic", Logistic, false, "reg_loss_param", "scale_pos_weight", "1"},
	{"binary:hinge", Hinge, true, "", "", ""},
	{"multi:softprob", Softmax, true, "softmax_multiclass_param", "num_class", ""},
	{"multi:softmax", Softmax, true, "softmax_multiclass_param", "num_class", ""},
	{"count:poisson", Exp, false, "poisson_regression_param", "max_delta_step", "0.7"},
	{"reg:gamma", Exp, false, "reg_loss_param", "scale_pos_weight", "1"},
	{"reg:tweedie", Exp, false, "tweedie_regression_param", "tweedie_variance_power", "1.5"},
}

func (x *xgbWriter) chooseObjective(classifier bool) string {
	e := x.e
	if (e.Link == Logistic || e.Link == OneVsRest) && e.LinkScale != 0 && e.LinkScale != 1 {
		x.fail("LinkScale", fmt.Sprint(e.LinkScale), "1")
	}
	if e.Link == Softmax && e.Outputs == 1 || e.Link == Hinge && e.Outputs > 1 {
		x.fail("Link", fmt.Sprintf("%v with %d outputs", e.Link, e.Outputs), "softmax with several outputs, hinge with one")
	}
	if e.Link == Logistic && e.Outputs > 1 {
		classifier = true // several labels: the objective is a classifier's, the model is none
	}
	first := ""
	for _, o := range xgbObjectives {
		if o.link != e.Link || o.classifier != classifier && o.link == Logistic {
			continue
		}
		if o.name == origin(x.m, "XGBoost").Objective {
			return o.name
		}
		if first == "" {
			first = o.name
		}
	}
	if first == "" {
		x.fail("Link", e.Link.String(), "identity, logistic, softmax, exp or hinge")
	}
	return first
}

func (x *xgbWriter) file() {
	c := &x.c
	c.objectAt("learner", x.learner)
	version := [3]int{3, 2, 0}
	c.listAt("version", len(version), func(i int) { c.integer(version[i]) })
}

func (x *xgbWriter) learner() {
	c, e := &x.c, x.e
	columns := x.m.Meta().Columns
	base := x.base()
	c.objectAt("attributes", func() {
		if best := x.m.Meta().Info.Best; best > 0 {
			c.textAt("best_iteration", strconv.Itoa(best-1))
		}
	})
	texts := func(key string, n int, text func(j int) string) {
		c.listAt(key, n, func(j int) { c.text(text(j)) })
	}
	n := 0
	if named(columns) {
		n = e.Features
	}
	texts("feature_names", n, func(j int) string { return ml.ColumnName(columns, j) })
	n = 0
	if slices.ContainsFunc(columns, func(c ml.Column) bool { return c.Kind == ml.Categorical }) {
		n = e.Features
	}
	texts("feature_types", n, func(j int) string {
		if columns[j].Kind == ml.Categorical {
			return "c"
		}
		return "float"
	})
	c.objectAt("gradient_booster", x.booster)
	classes, targets := 0, e.Outputs
	if e.Link == Softmax {
		classes, targets = e.Outputs, 1
	}
	c.objectAt("learner_model_param", func() {
		c.textAt("base_score", base)
		c.textAt("boost_from_average", "1")
		c.textAt("num_class", strconv.Itoa(classes))
		c.textAt("num_feature", strconv.Itoa(e.Features))
		c.textAt("num_target", strconv.Itoa(targets))
	})
	c.objectAt("objective", func() {
		c.textAt("name", x.objective)
		for _, o := range xgbObjectives {
			if o.name == x.objective && o.param != "" {
				value := o.value
				if value == "" {
					value = strconv.Itoa(e.Outputs)
				}
				c.objectAt(o.param, func() { c.textAt(o.field, value) })
			}
		}
	})
}

// base returns base_score, and sets shift where no prediction leads to the base.
func (x *xgbWriter) base() string {
	e := x.e
	reader := xgbReader{objective: x.objective, shape: Ensemble{Link: e.Link}}
	scores := make([]float32, e.Outputs)
	for k, b := range e.Base {
		var ok bool
		if scores[k], ok = prediction(float32(b), &reader); !ok || x.linear {
			x.shift = make([]float32, e.Outputs)
			neutral, _ := prediction(0, &reader)
			for k, b := range e.Base {
				x.shift[k], scores[k] = float32(b), neutral
			}
			break
		}
	}
	if slices.Min(scores) == slices.Max(scores) {
		return string(float(nil, scores[0])) // as before 3.1, so that older versions read it
	}
	text := []byte{'['}
	for k, s := range scores {
		if k > 0 {
			text = append(text, ',')
		}
		text = float(text, s)
	}
	return string(append(text, ']'))
}

// prediction finds the float32 that the reader takes back to the margin. Few margins that no file held have one: floats of
// probabilities lie farther apart than those of margins.
func prediction(margin float32, reader *xgbReader) (float32, bool) {
	about := margin
	switch {
	case reader.objective == "binary:logitraw":
	case reader.shape.Link == Logistic:
		about = float32(1 / (1 + math.Exp(-float64(margin))))
	case reader.shape.Link == Exp:
		about = float32(math.Exp(float64(margin)))
	}
	bits := math.Float32bits(about)
	for d := range uint32(64) {
		for _, p := range [2]float32{math.Float32frombits(bits + d), math.Float32frombits(bits - d)} {
			probe := *reader
			if got := probe.margin(p); probe.err == nil && float32(got) == margin {
				return p, true
			}
		}
	}
	return 0, false
}

func (x *xgbWriter) booster() {
	c := &x.c
	name := "gbtree"
	if x.linear {
		name = "gblinear"
		c.objectAt("model", func() {
			c.integerAt("boosted_rounds", 1)
			c.floats("weights", x.weights())
		})
	} else {
		c.objectAt("model", x.trees)
	}
	c.textAt("name", name)
}

// weights are the factors of the linear booster, column by column, and its biases, which hold the base.
func (x *xgbWriter) weights() []float32 {
	l, k, p := x.e.Linear, x.e.Outputs, x.e.Features
	out := make([]float32, (p+1)*k)
	for t := range k {
		for q := l.Start[t]; q < l.Start[t+1]; q++ {
			at := int(l.Feature[q])*k + t
			if out[at] != 0 {
				x.fail("Linear", fmt.Sprintf("two terms of column %d", l.Feature[q]), "one")
			}
			out[at] = float32(l.Coef[q])
		}
		out[p*k+t] = float32(l.Const[t]) + x.shift[t]
		if !finite(float64(out[p*k+t])) {
			x.fail("Linear", fmt.Sprintf("a constant of %v", out[p*k+t]), "a finite float32")
		}
	}
	return out
}
