package features_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/features"
	"github.com/gopherwood-ml/ml/linear"
	"github.com/gopherwood-ml/ml/tensor"
)

var ctx = context.Background()

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

type Loan struct {
	Income  float64 `ml:"log1p,scale"`
	Purpose string  `ml:"onehot,max=20,other"`
	Age     *int    `ml:"impute=median,scale"` // nil: not known
	Notes   string  `ml:"-"`
	Default bool    `ml:"target"`
}

// loans are made by a rule: debts are not paid back for boats, and by those who earn little.
func loans() []Loan {
	var out []Loan
	purposes := []string{"boat", "car", "house"}
	for i := range 60 {
		l := Loan{Income: float64(1000 + i*i*37%5000), Purpose: purposes[i%3]}
		if i%4 != 0 {
			age := 20 + i%40
			l.Age = &age
		}
		l.Default = l.Income < 2500 || l.Purpose == "boat" && l.Income < 4500
		out = append(out, l)
	}
	return out
}

func ExampleFor() {
	type Loan struct {
		Income  float64 `ml:"log1p,scale"`
		Purpose string  `ml:"onehot,max=20,other"`
		Age     *int    `ml:"impute=median,scale"` // nil: not known
		Notes   string  `ml:"-"`
		Default bool    `ml:"target"`
	}
	age := 41
	history := []Loan{
		{Income: 1200, Purpose: "car", Default: true},
		{Income: 5100, Purpose: "house", Age: &age},
		{Income: 1900, Purpose: "boat", Age: &age, Default: true},
		{Income: 4300, Purpose: "car"},
		{Income: 2800, Purpose: "boat", Default: true},
		{Income: 6000, Purpose: "house", Age: &age},
	}

	schema, err := features.For[Loan]() // reads the tags, and reports all that are wrong at once
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := schema.Classes(history)
	if err != nil {
		fmt.Println(err)
		return
	}
	pipe := ml.Pipe(schema.Stage(), linear.LogisticRegression{})
	fitted, err := pipe.Fit(context.Background(), data)
	if err != nil {
		fmt.Println(err)
		return
	}
	model, err := features.Bind(schema, fitted) // from here on structs go in: ml.Save writes tags, categories and model as one
	if err != nil {
		fmt.Println(err)
		return
	}

	applicant := Loan{Income: 1500, Purpose: "boat"}
	class, err := model.Class(applicant)
	if err != nil {
		fmt.Println(err)
		return
	}
	proba, err := model.Proba(applicant)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("default: %s, with probability %.2f\n", class, proba[1])
	for _, c := range fitted.Stages.Out() {
		fmt.Println(c.Name)
	}
	// Output:
	// default: true, with probability 0.87
	// Income
	// Purpose_boat
	// Purpose_car
	// Purpose_house
	// Age
}

func ExampleSchema_FitClasses() {
	type Flower struct {
		Width, Length float64 `ml:"scale"`
		Species       string  `ml:"target"`
	}
	flowers := []Flower{{1, 4, "iris"}, {2, 5, "iris"}, {7, 2, "rose"}, {8, 1, "rose"}}
	schema, err := features.For[Flower]()
	if err != nil {
		panic(err)
	}
	encoder, train, err := schema.FitClasses(context.Background(), flowers)
	if err != nil {
		panic(err)
	}
	fitted, err := linear.LogisticRegression{}.Fit(context.Background(), train)
	if err != nil {
		panic(err)
	}
	model, err := features.Bind(encoder, fitted)
	if err != nil {
		panic(err)
	}
	fmt.Println(model.Class(Flower{Width: 6, Length: 2}))
	// Output:
	// rose <nil>
}

func ExampleLabels() {
	labels, err := features.FitLabels([]string{"rose", "iris", "rose"})
	if err != nil {
		panic(err)
	}
	fmt.Println(labels.Values)
	codes, err := labels.Encode([]string{"rose", "rose", "iris"})
	fmt.Println(codes, err)
	_, err = labels.Encode([]string{"tulip"})
	fmt.Println(err)
	// Output:
	// [iris rose]
	// [1 1 0] <nil>
	// features.Labels.Encode: label 0 is tulip: want one of the labels of the fit (bad target)
}

// Both ways lead to the same model: a pipeline over raw columns, and an estimator over encoded rows. Both come back from a
// file as they were, and predict structs one by one as they predict them together.
func TestStructModel(t *testing.T) {
	schema := must(features.For[Loan]())
	data := must(schema.Classes(loans()))
	chain := must(ml.Pipe(schema.Stage(), linear.LogisticRegression{}).Fit(ctx, data))
	piped := must(features.Bind(schema, chain))
	enc, train, err := schema.FitClasses(ctx, loans())
	if err != nil {
		t.Fatal(err)
	}
	alone := must(features.Bind(enc, must(linear.LogisticRegression{}.Fit(ctx, train))))

	want := must(chain.PredictProba(data.X))
	right := 0
	for i, l := range loans() {
		p, q := must(piped.Proba(l)), must(alone.Proba(l))
		for k := range p {
			if p[k] != want.At(i, k) || q[k] != p[k] {
				t.Fatalf("loan %d: probabilities %v, %v, want %v", i, p, q, want.Row(i))
			}
		}
		if y := must(piped.Predict(l)); y != must(alone.Predict(l)) || y != must(piped.PredictAll(loans()))[i] {
			t.Fatalf("loan %d: %d", i, y)
		} else if (y == 1) == l.Default {
			right++
		}
	}
	if right < 50 {
		t.Errorf("%d of 60 are right", right)
	}

	for name, m := range map[string]*features.StructModel[Loan, int]{"pipeline": piped, "estimator": alone} {
		var file bytes.Buffer
		if err := ml.Save(&file, m); err != nil {
			t.Fatal(name, err)
		}
		again, err := ml.Load[*features.StructModel[Loan, int]](bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(name, err)
		}
		for _, l := range append(loans(), Loan{Purpose: "moon", Income: 3e4}) {
			if p, q := must(again.Proba(l)), must(m.Proba(l)); !reflect.DeepEqual(p, q) {
				t.Fatalf("%s: %v after loading, %v before", name, p, q)
			}
		}
		if c := must(again.Class(loans()[0])); c != must(m.Class(loans()[0])) {
			t.Error(name, c)
		}
		var twice bytes.Buffer
		if err := ml.Save(&twice, again); err != nil || !bytes.Equal(twice.Bytes(), file.Bytes()) {
			t.Errorf("%s: saved again it differs (%v)", name, err)
		}
		l, dst := loans()[1], make([]float64, 2)
		if n := testing.AllocsPerRun(100, func() { m.Predict(l) }); n != 0 && !features.RaceEnabled {
			t.Errorf("%s: Predict allocates %v times", name, n)
		}
		if n := testing.AllocsPerRun(100, func() { m.ProbaInto(dst, l) }); n != 0 && !features.RaceEnabled || !reflect.DeepEqual(dst, must(m.Proba(l))) {
			t.Errorf("%s: ProbaInto allocates %v times and gives %v", name, n, dst)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for i, l := range loans() {
					if p := must(m.Proba(l)); p[1] != want.At(i, 1) {
						t.Errorf("%s: %v at once with others", name, p)
					}
				}
			})
		}
		wg.Wait()
		if _, err := ml.Load[ml.Predictor[int]](bytes.NewReader(file.Bytes())); !errors.Is(err, ml.ErrType) {
			t.Errorf("%s: loaded as something else: %v", name, err)
		}
	}
	if scores := must(piped.Encoder.Classes(loans()[:5])); !reflect.DeepEqual(scores.Y, data.Y[:5]) {
		t.Error(scores.Y)
	}
}

// A struct whose fields have changed since training is refused on loading, by the name of the field.
func TestStructModelDrift(t *testing.T) {
	type trained struct {
		A int
		B string  `ml:"onehot"`
		C float64 `ml:"scale"`
		Y float64 `ml:"target"`
	}
	schema := must(features.For[trained]())
	rows := []trained{{1, "x", 2, 3}, {2, "y", 3, 4}, {5, "x", 1, 9}}
	chain := must(ml.Pipe(schema.Stage(), linear.Ridge{Alpha: 1}).Fit(ctx, must(schema.Values(rows))))
	model := must(features.Bind(schema, chain))
	if _, err := model.Class(rows[0]); !errors.Is(err, errors.ErrUnsupported) {
		t.Error("a regressor's class:", err)
	}
	if _, err := model.Proba(rows[0]); !errors.Is(err, errors.ErrUnsupported) {
		t.Error("a regressor's probabilities:", err)
	}
	var b bytes.Buffer
	if err := ml.Save(&b, model); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()

	type same struct { // the target is gone and an integer has another width: nothing that matters
		A int16
		B string  `ml:"onehot"`
		C float32 `ml:"scale"`
	}
	again := must(load[same](file))
	if p, q := must(again.Predict(same{1, "x", 2})), must(model.Predict(rows[0])); p != q {
		t.Error(p, q)
	}
	type renamed struct {
		A2 int
		B  string  `ml:"onehot"`
		C  float64 `ml:"scale"`
	}
	type retagged struct {
		A int
		B string  `ml:"onehot,other"`
		C float64 `ml:"scale"`
	}
	type retyped struct {
		A float64
		B string  `ml:"onehot"`
		C float64 `ml:"scale"`
	}
	type more struct {
		A int
		B string  `ml:"onehot"`
		C float64 `ml:"scale"`
		D int
	}
	type moved struct {
		B string `ml:"onehot"`
		A int
		C float64 `ml:"scale"`
	}
	for name, c := range map[string]struct {
		err  error
		says []string
	}{
		"renamed":  {second(load[renamed](file)), []string{"renamed.A is missing", "renamed.A2 is new"}},
		"retagged": {second(load[retagged](file)), []string{`retagged.B is tagged "onehot,other"`}},
		"retyped":  {second(load[retyped](file)), []string{"retyped.A is a number: want an integer"}},
		"more":     {second(load[more](file)), []string{"more.D is new"}},
		"moved":    {second(load[moved](file)), []string{"in another place"}},
	} {
		if !errors.Is(c.err, ml.ErrColumn) {
			t.Errorf("%s: %v", name, c.err)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(c.err.Error(), s) {
				t.Errorf("%s: %v does not say %q", name, c.err, s)
			}
		}
	}
	other := must(features.For[Loan]())
	if _, err := features.Bind(other, chain); !errors.Is(err, ml.ErrColumn) {
		t.Error("another schema's chain:", err)
	}
	enc, _, err := schema.FitValues(ctx, rows)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := features.Bind(enc, chain); err == nil {
		t.Error("an encoder in front of a pipeline that encodes again")
	}
}

func load[T any](file []byte) (*features.StructModel[T, float64], error) {
	return ml.Load[*features.StructModel[T, float64]](bytes.NewReader(file))
}

func second[T any](_ T, err error) error { return err }

func TestLabels(t *testing.T) {
	type point struct{ X, Y int }
	if l := must(features.FitLabels([]float64{2, -1, 2})); !reflect.DeepEqual(l.Values, []float64{-1, 2}) {
		t.Error(l.Values)
	}
	if l := must(features.FitLabels([]bool{true, false})); !reflect.DeepEqual(l.Names(), []string{"false", "true"}) {
		t.Error(l.Names())
	}
	if l := must(features.FitLabels([]uint8{200, 3})); !reflect.DeepEqual(l.Values, []uint8{3, 200}) {
		t.Error(l.Values)
	}
	points := must(features.FitLabels([]point{{2, 1}, {0, 0}, {2, 1}})) // no order: as they appear
	if !reflect.DeepEqual(points.Values, []point{{2, 1}, {0, 0}}) || !reflect.DeepEqual(must(points.Decode([]int{1, 0})), []point{{0, 0}, {2, 1}}) {
		t.Error(points.Values)
	}
	if _, known := points.Code(point{9, 9}); known {
		t.Error("an unknown point")
	}
	for name, err := range map[string]error{
		"none":    second(features.FitLabels([]string{})),
		"NaN":     second(features.FitLabels([]float64{1, math.NaN()})),
		"twice":   second(features.NewLabels("a", "a")),
		"code":    second(points.Decode([]int{2})),
		"unknown": second(points.Encode([]point{{1, 1}})),
	} {
		if !errors.Is(err, ml.ErrTarget) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := features.FitLabels([]any{1}); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}

	species := []string{"rose", "iris", "rose", "iris"}
	rows := ml.Table{X: tensor.FromSlice([]float64{5, 1, 6, 2}, 4, 1)}
	labels := must(features.FitLabels(species))
	data := must(labels.Dataset(rows, species))
	model := must(features.Label(labels, must(linear.LogisticRegression{}.Fit(ctx, data))))
	var b bytes.Buffer
	if err := ml.Save(&b, model); err != nil {
		t.Fatal(err)
	}
	again := must(ml.Load[*features.Labelled[string]](&b))
	if got := must(again.Predict(rows.X)); !reflect.DeepEqual(got, species) {
		t.Error(got)
	}
	rowwise, is := ml.As[ml.RowPredictor[string]](again)
	if !is {
		t.Fatal("no row prediction")
	}
	if l := must(rowwise.PredictRow([]float64{9})); l != "rose" {
		t.Error(l)
	}
	batches := must(features.Label(labels, ml.Classifier(batchOnly{again.Model})))
	if _, is := ml.As[ml.RowPredictor[string]](batches); is {
		t.Error("a classifier without PredictRow has it as a labelled one")
	}
	if _, err := batches.PredictRow([]float64{9}); !errors.Is(err, errors.ErrUnsupported) {
		t.Error(err)
	}
	if p := must(again.PredictProba(rows.X)); p.At(0, 1) < 0.5 {
		t.Error(p.Data())
	}
}

// batchOnly hides all abilities of a classifier but those it must have.
type batchOnly struct{ ml.Classifier }
