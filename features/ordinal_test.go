package features

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
)

func TestOrdinalGolden(t *testing.T) {
	g := golden.Load[struct {
		X, New [][]float64
		Cases  []struct {
			Freq             float64
			Cap              int
			Unknown, Missing *float64
			Refuses          bool
			Z                [][]float64
		}
	}](t, "testdata/ordinal.json")
	levels := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
	d := ml.Table{X: fromRows(g.X), Columns: []ml.Column{{Name: "a", Kind: ml.Categorical, Levels: levels}, {Name: "b", Kind: ml.Categorical}}}
	number := func(v *float64) *float64 {
		if v == nil || math.IsNaN(*v) {
			return nil
		}
		return v
	}
	if len(g.Cases) != 54 {
		t.Fatal(len(g.Cases), "cases")
	}
	for _, w := range g.Cases {
		c := OrdinalEncoder{Seen: true, MinFrequency: w.Freq, MaxCategories: w.Cap, MissingRank: number(w.Missing)}
		if !w.Refuses {
			c.Unknown, c.UnknownRank = UnknownIgnore, number(w.Unknown)
		}
		m := must(c.Fit(ctx, d))
		x := fromRows(g.New).Rows(0, len(w.Z))
		z := must(m.Transform(x))
		what := fmt.Sprintf("%v %v %v %v", w.Freq, w.Cap, w.Refuses, number(w.Missing))
		same(t, what, dense(z), fromRows(w.Z).Data())
		same(t, "rows", byRow(t, m, x), dense(z))
		if w.Refuses {
			if _, err := m.Transform(fromRows(g.New)); !isKind(err, ml.ErrColumn) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if w.Freq == 0 && w.Cap == 0 {
			known := fromRows(g.New).Rows(0, 4)
			same(t, what+" back", dense(must(m.Inverse(must(m.Transform(known))))), dense(known))
		}
		var file bytes.Buffer
		if err := ml.Save(&file, m); err != nil {
			t.Fatal(err)
		}
		same(t, what+" loaded", dense(must(must(ml.Load[*OrdinalModel](&file)).Transform(x))), dense(z))
	}
}

func TestOrdinalPolicies(t *testing.T) {
	d := birds() // adelie, gentoo, gentoo, missing
	minus := -1.0
	order := must(OrdinalEncoder{Order: []string{"gentoo"}, Unknown: UnknownIgnore, UnknownRank: &minus}.Fit(ctx, d))
	minus = 7 // the model keeps its own
	same(t, "not in Order", dense(must(order.Transform(d.X))), []float64{-1, 1.5, 0, 0, 0, 2.5, math.NaN(), 1})
	same(t, "back", dense(must(order.Inverse(must(order.Transform(d.X))))), []float64{math.NaN(), 1.5, 2, 0, 2, 2.5, math.NaN(), 1})
	weighted := d
	weighted.Weight = []float64{1, 0, 1, 1}
	rare := must(OrdinalEncoder{MinFrequency: 2, Unknown: UnknownInfrequent}.Fit(ctx, weighted))
	same(t, "all infrequent", dense(must(rare.Transform(table(2, 0, 0, 1, 0, 2, 0).X))), []float64{0, 0, 0, 0, 0, 0})
	zero := 0.0
	for name, c := range map[string]OrdinalEncoder{
		"unknown as a rank": {Seen: true, Unknown: UnknownIgnore, UnknownRank: &zero}, "missing as a rank": {MissingRank: &zero},
		"unused": {UnknownRank: &minus}, "both": {Order: []string{"adelie", "gentoo"}, Seen: true}, "share": {MinFrequency: -1}, "cap": {MaxCategories: -1}, "policy": {Unknown: 9},
	} {
		if _, err := c.Fit(ctx, d); !isKind(err, ml.ErrConfig) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := must(OrdinalEncoder{Seen: true}.Fit(ctx, d)).Transform(table(2, 1, 0).X); err == nil || !strings.Contains(err.Error(), `category "chinstrap", which no training row had`) {
		t.Error(err)
	}
}

func TestUnknownWarns(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	d := birds()
	x := table(2, 1, 0, 0, 0, 1, 0).X
	hot := must(OneHotEncoder{Unknown: UnknownWarn}.Fit(ctx, d))
	quiet := must(OneHotEncoder{Unknown: UnknownInfrequent}.Fit(ctx, d))
	same(t, "one-hot", dense(must(hot.Transform(x))), dense(must(quiet.Transform(x))))
	rank := must(OrdinalEncoder{Seen: true, Unknown: UnknownWarn}.Fit(ctx, d))
	same(t, "ordinal", dense(must(rank.Transform(x))), []float64{math.NaN(), 0, 0, 0, math.NaN(), 0})
	if err := rank.TransformRow(make([]float64, 2), []float64{1, 0}); err != nil {
		t.Fatal(err)
	}
	must(hot.Transform(d.X))
	if got := strings.Count(log.String(), "category=chinstrap"); got != 3 || strings.Count(log.String(), "rows=2") != 2 {
		t.Error(log.String())
	}
}

func TestBinarisersGolden(t *testing.T) {
	g := golden.Load[struct {
		Labels, Two, Classes []string
		Binary               [][]float64
		BinaryTwo            [][]float64 `json:"binary_two"`
		Sets                 [][]string
		Multi                [][]int
	}](t, "testdata/ordinal.json")
	for _, c := range []struct {
		y    []string
		want [][]float64
	}{{g.Labels, g.Binary}, {g.Two, g.BinaryTwo}} {
		l := must(FitLabels(c.y))
		z := must(l.Binarize(c.y))
		same(t, "binary", z.Data(), fromRows(c.want).Data())
		if back := must(l.FromBinary(z)); !reflect.DeepEqual(back, c.y) {
			t.Error(back)
		}
		if got := len(l.BinaryColumns()); got != len(c.want[0]) {
			t.Error(got, "columns")
		}
	}
	l := must(FitLabelSets(g.Sets))
	if !reflect.DeepEqual(l.Values, g.Classes) {
		t.Error(l.Values)
	}
	y := must(l.EncodeSets(g.Sets))
	if !reflect.DeepEqual(y, g.Multi) {
		t.Error(y)
	}
	if back := must(l.DecodeSets(y)); !reflect.DeepEqual(back, [][]string{{"b", "c"}, {}, {"a"}, {"a", "c"}}) {
		t.Error(back)
	}
	d := must(l.SetsDataset(table(1, 1, 2, 3, 4), g.Sets))
	if err := d.Check("", ml.Accepts{}); err != nil || len(d.Classes) != 3 {
		t.Error(err, d.Classes)
	}
	for name, err := range map[string]error{
		"unknown": second(l.Binarize([]string{"z"})), "unknown in a set": second(l.EncodeSets([][]string{{"a", "z"}})),
		"length": second(l.DecodeSets([][]int{{1}})), "number": second(l.DecodeSets([][]int{{1, 2, 0}})), "nan": second(l.FromBinary(table(3, 0, math.NaN(), 1).X)),
		"width": second(l.FromBinary(table(1, 1).X)), "none": second(FitLabelSets([][]string{{}, {}})),
	} {
		if err == nil {
			t.Error(name, "is no error")
		}
	}
}
