package features

import (
	"database/sql"
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

type city struct {
	Name       string `ml:"onehot,other"`
	Population int32  `ml:"log1p"`
}

type Common struct {
	Kept  uint16
	Inner string `ml:"-"`
}

type rank string

type person struct {
	Common                    // promoted
	City    city              // City.Name, City.Population
	Work    *city             `ml:"name=job"`
	Income  float64           `ml:"name=income,impute=median,log1p,scale"`
	Age     *int              `ml:"impute=mean"`
	Height  sql.Null[float32] `ml:"impute=170"`
	Nick    sql.NullString    `ml:"impute=none,onehot,drop"`
	Rank    rank              `ml:"ordinal=low|mid|high"`
	Opened  time.Time         `ml:"since=2020-01-01"`
	Closed  *time.Time        `ml:"since=2020-01-01,impute=0"`
	Took    time.Duration
	Zip     uint64 `ml:"onehot,max=2,zero=missing"`
	Member  bool
	Tier    bool `ml:"onehot"`
	Plain   string
	Clipped float32 `ml:"clip=0:1"`
	hidden  int
	Skipped map[string]func() int `ml:"-"`
	Weight  float64               `ml:"weight"`
	Family  string                `ml:"group"`
	Default bool                  `ml:"target"`
}

func people() []person {
	day := time.Date(2020, 1, 11, 12, 0, 0, 0, time.UTC)
	two := 2
	return []person{
		{Common: Common{7, "x"}, City: city{"oslo", 9}, Work: &city{"bern", 0}, Income: 0, Age: &two, Height: sql.Null[float32]{V: 180, Valid: true},
			Rank: "mid", Opened: day, Closed: &day, Took: 1500 * time.Millisecond, Zip: math.MaxUint64, Member: true, Plain: "b", Clipped: 2, Weight: 1, Family: "f", hidden: 3},
		{City: city{"bern", 0}, Income: math.NaN(), Rank: "high", Opened: day.AddDate(-1, 0, 0), Zip: 5, Tier: true, Plain: "a", Clipped: -3, Weight: 2, Family: "g", Default: true,
			Nick: sql.NullString{String: "al", Valid: true}},
		{City: city{"bern", 0}, Income: math.E - 1, Rank: "low", Zip: 5, Plain: "a", Weight: 1, Family: "f"},
	}
}

func TestSchemaRaw(t *testing.T) {
	s := must(For[person]())
	d := must(s.Classes(people()))
	nan := math.NaN()
	names := []string{"Kept", "City.Name", "City.Population", "job.Name", "job.Population", "income", "Age", "Height", "Nick", "Rank", "Opened", "Closed", "Took", "Zip", "Member", "Tier", "Plain", "Clipped"}
	var got []string
	for _, c := range d.Columns {
		got = append(got, c.Name)
	}
	if !reflect.DeepEqual(got, names) {
		t.Fatalf("columns %v", got)
	}
	opened := float64(time.Date(2020, 1, 11, 12, 0, 0, 0, time.UTC).Unix())
	before := float64(time.Date(2019, 1, 11, 12, 0, 0, 0, time.UTC).Unix())
	same(t, "raw", dense(d.X), []float64{
		7, 1, 9, 0, 0, 0, 2, 180, nan, 2, opened, opened, 1.5, 1, 1, 0, 1, 2,
		0, 0, 0, nan, nan, nan, nan, nan, 0, 0, before, nan, 0, 0, 0, 1, 0, -3,
		0, 0, 0, nan, nan, math.E - 1, nan, nan, nan, 1, nan, nan, 0, 0, 0, 0, 0, 0,
	})
	for name, levels := range map[string][]string{
		"City.Name": {"bern", "oslo", otherLevel}, "Nick": {"al"}, "Rank": {"high", "low", "mid"},
		"Zip": {"5", "18446744073709551615"}, "Tier": {"false", "true"}, "Plain": {"a", "b"}, "job.Name": {"bern", otherLevel},
	} {
		if c := d.Columns[slices.Index(names, name)]; !reflect.DeepEqual(c.Levels, levels) || c.Kind != ml.Categorical {
			t.Errorf("%s: %v", name, c)
		}
	}
	if !reflect.DeepEqual(d.Weight, []float64{1, 2, 1}) || !reflect.DeepEqual(d.Group, []int{0, 1, 0}) ||
		!reflect.DeepEqual(d.Y, []int{0, 1, 0}) || !reflect.DeepEqual(d.Classes, []string{"false", "true"}) {
		t.Errorf("weight %v group %v y %v classes %v", d.Weight, d.Group, d.Y, d.Classes)
	}
	seq := must(s.ClassesSeq(slices.Values(people())))
	same(t, "sequence", dense(seq.X), dense(d.X))
	if !reflect.DeepEqual(seq.Columns, d.Columns) || !reflect.DeepEqual(must(s.Table(people())).Columns, d.Columns) || !reflect.DeepEqual(must(s.TableSeq(slices.Values(people()))).Weight, d.Weight) {
		t.Error("another table from a sequence")
	}
}

// The encoder must do what a pipeline over the public transformers does, for batches and for single rows, and a row without
// an allocation.
func TestSchemaEncodes(t *testing.T) {
	s := must(For[person]())
	enc, train, err := s.FitClasses(ctx, people())
	if err != nil {
		t.Fatal(err)
	}
	raw := must(s.Classes(people()))
	stages, behind, err := s.Stage().FitStage(ctx, raw.Any())
	if err != nil {
		t.Fatal(err)
	}
	same(t, "training rows", dense(train.X), dense(behind.X))
	if !reflect.DeepEqual(enc.Out(), stages.Out()) || !reflect.DeepEqual(train.Columns, enc.Out()) {
		t.Error("columns differ")
	}
	values := map[string]float64{} // of the first person
	for j, v := range must(enc.Row(people()[0])) {
		values[enc.Out()[j].Name] = v
	}
	for name, want := range map[string]float64{
		"City.Name_oslo": 1, "City.Name_bern": 0, "City.Population": math.Log(10), "job.Name_bern": 1, "Kept": 7, "Height": 180,
		"Rank": 1, "Opened": 10.5, "Closed": 10.5, "Took": 1.5, "Tier_false": 1, "Plain": 1, "Clipped": 1, "Age": 2, "Member": 1,
		"Zip_infrequent": 1, "Zip_5": 0, "Nick_none": 1,
	} {
		if v, there := values[name]; !there || !close(v, want, 1e-12) {
			t.Errorf("%s = %v (there: %v), want %v", name, v, there, want)
		}
	}
	for i, p := range people() {
		same(t, "row", must(enc.Row(p)), dense(train.X.(*tensor.Tensor[float64]).Rows(i, i+1)))
	}
	again := must(enc.Classes(people()))
	same(t, "encoded again", dense(again.X), dense(train.X))
	if !reflect.DeepEqual(again.Y, train.Y) || !reflect.DeepEqual(again.Weight, train.Weight) {
		t.Error("targets or weights differ")
	}
	unseen := people()[1]
	unseen.City.Name = "rome"
	row := must(enc.Row(unseen))
	for j, c := range enc.Out() {
		if strings.HasPrefix(c.Name, "City.Name_") && row[j] != 0 {
			t.Errorf("%s = %v for an unseen city", c.Name, row[j])
		}
	}
	dst, p := make([]float64, len(enc.Out())), people()[0]
	if n := testing.AllocsPerRun(100, func() {
		if err := enc.RowInto(dst, p); err != nil {
			t.Fatal(err)
		}
	}); n != 0 && !RaceEnabled {
		t.Errorf("RowInto allocates %v times", n)
	}
	unseen.Plain = "new"
	_, err = enc.Row(unseen)
	if !errors.Is(err, ml.ErrColumn) || !strings.Contains(err.Error(), `Plain is the unknown category "new"`) {
		t.Error(err)
	}
	unseen = people()[0]
	unseen.Income = math.Inf(1)
	if _, err = enc.Row(unseen); !errors.Is(err, ml.ErrNotFinite) || !strings.Contains(err.Error(), "Income") {
		t.Error(err)
	}
	if _, err = enc.Table([]person{people()[0], unseen}); !errors.Is(err, ml.ErrNotFinite) || !strings.Contains(err.Error(), "row 1, Income") {
		t.Error(err)
	}
	if err = enc.RowInto(dst[1:], people()[0]); !errors.Is(err, ml.ErrShape) {
		t.Error(err)
	}
}

func TestSchemaTargets(t *testing.T) {
	type classes struct {
		X    int
		Kind *string `ml:"target"`
	}
	b, a := "b", "a"
	d := must(must(For[classes]()).Classes([]classes{{1, &b}, {2, nil}, {3, &a}}))
	if !reflect.DeepEqual(d.Y, []int{1, ml.None, 0}) || !reflect.DeepEqual(d.Classes, []string{"a", "b"}) {
		t.Error(d.Y, d.Classes)
	}
	type count struct {
		X int
		N int `ml:"target"`
	}
	rows := []count{{1, 10}, {2, -3}, {3, 10}}
	s := must(For[count]())
	if v := must(s.Values(rows)); !reflect.DeepEqual(v.Y, []float64{10, -3, 10}) {
		t.Error(v.Y)
	}
	if v := must(s.ValuesSeq(slices.Values(rows))); !reflect.DeepEqual(v.Y, []float64{10, -3, 10}) {
		t.Error(v.Y)
	}
	if c := must(s.Classes(rows)); !reflect.DeepEqual(c.Y, []int{1, 0, 1}) || !reflect.DeepEqual(c.Classes, []string{"-3", "10"}) {
		t.Error(c.Y, c.Classes)
	}
	enc, train, err := s.FitValues(ctx, rows)
	if err != nil || !reflect.DeepEqual(train.Y, []float64{10, -3, 10}) {
		t.Error(train.Y, err)
	}
	if again := must(enc.Values(rows[1:])); !reflect.DeepEqual(again.Y, []float64{-3, 10}) {
		t.Error(again.Y)
	}
	encC, _, err := s.FitClasses(ctx, rows)
	if err != nil {
		t.Fatal(err)
	}
	type float struct {
		X int
		Y float64 `ml:"target"`
	}
	type none struct{ X int }
	type noBool struct {
		X int
		Y bool `ml:"target"`
	}
	type heavy struct {
		X int
		W float64 `ml:"weight"`
	}
	type grouped struct {
		X int
		G *int `ml:"group"`
	}
	for name, c := range map[string]struct{ err, kind error }{
		"no target":     {second(must(For[none]()).Values([]none{{1}})), ml.ErrTarget},
		"float classes": {second(must(For[float]()).Classes([]float{{1, 2}})), ml.ErrTarget},
		"bool values":   {second(must(For[noBool]()).Values([]noBool{{1, true}})), ml.ErrTarget},
		"NaN value":     {second(must(For[float]()).Values([]float{{1, math.NaN()}})), ml.ErrTarget},
		"unknown class": {second(encC.Classes([]count{{1, 4}})), ml.ErrTarget},
		"no classes":    {second(enc.Classes(rows)), ml.ErrTarget},
		"no rows":       {second(s.Classes(nil)), ml.ErrShape},
		"weight":        {second(must(For[heavy]()).Table([]heavy{{1, -1}})), ml.ErrWeight},
		"group":         {second(must(For[grouped]()).Table([]grouped{{1, nil}})), ml.ErrColumn},
	} {
		if !errors.Is(c.err, c.kind) {
			t.Errorf("%s: %v", name, c.err)
		}
	}
}

type loop struct {
	X    int
	Next *loop
}

// Every bad tag must be reported at once, by field.
func TestForFaults(t *testing.T) {
	type inner struct {
		A chan int
		B float64 `ml:"lgo"`
	}
	type bad struct {
		Ok       float64
		Unknown  float64 `ml:"scael"`
		Twice    float64 `ml:"scale,scale"`
		Value    float64 `ml:"scale=2"`
		NoValue  float64 `ml:"impute"`
		Text     string  `ml:"scale"`
		Mean     string  `ml:"impute=mean"`
		Number   float64 `ml:"impute=many"`
		Hot      float64 `ml:"onehot"`
		Max      string  `ml:"max=3,onehot"`
		Many     string  `ml:"onehot,max=lots"`
		After    string  `ml:"onehot,scale"`
		Time     time.Time
		Date     time.Time `ml:"since=yesterday"`
		Year1    time.Time `ml:"since=0001-01-01"`
		Since    int       `ml:"since=2020-01-01"`
		Late     time.Time `ml:"scale,since=2020-01-01"`
		Order    string    `ml:"ordinal=a|a"`
		Other    float64   `ml:"other"`
		Clip     float64   `ml:"clip=3:2"`
		Both     float64   `ml:"target,weight"`
		Target   float64   `ml:"target"`
		Second   float64   `ml:"target"`
		Steps    float64   `ml:"weight,scale"`
		Group    float64   `ml:"group"`
		Map      map[string]int
		Func     func()
		Nested   inner
		Tagged   inner   `ml:"scale"`
		Same     float64 `ml:"name=Ok"`
		Zero     float64 `ml:"zero=0"`
		Complex  complex128
		Slice    []float64
		private  float64 `ml:"scale"`
		Pointers **int
		Any      any
		Loop     loop
		Nothing  struct{ x int }
	}
	_ = bad{}.private
	_, err := For[bad]()
	if err == nil {
		t.Fatal("no error")
	}
	joined, is := err.(interface{ Unwrap() []error })
	if !is {
		t.Fatalf("%T", err)
	}
	named := map[string]string{}
	for _, e := range joined.Unwrap() {
		var m *ml.Error
		if !errors.As(e, &m) || !errors.Is(e, ml.ErrConfig) || m.Where != "features.For[bad]" || m.Want == "" {
			t.Errorf("%#v", e)
		}
		named[strings.TrimPrefix(m.Field, "bad.")] = e.Error()
	}
	for _, field := range []string{"Unknown", "Twice", "Value", "NoValue", "Text", "Mean", "Number", "Hot", "Max", "Many", "After", "Time", "Date", "Year1", "Since", "Late",
		"Order", "Other", "Clip", "Both", "Second", "Steps", "Group", "Map", "Func", "Nested.A", "Nested.B", "Tagged", "Same", "Zero", "Complex", "Slice", "private",
		"Pointers", "Any", "Loop.Next", "Nothing"} {
		if _, there := named[field]; !there {
			t.Errorf("%s is not reported", field)
		}
		delete(named, field)
	}
	delete(named, "Target") // after Both, which is one already
	for field, e := range named {
		t.Errorf("%s: %s", field, e)
	}
	if _, err := For[int](); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
	if _, err := For[struct{}](); !errors.Is(err, ml.ErrConfig) {
		t.Error(err)
	}
}

// A tag must give either a complaint or stages that a pipeline can run, and never a panic.
func FuzzParseTag(f *testing.F) {
	for _, tag := range []string{"", "-", "scale", "impute=median,log1p,scale", "onehot,max=20,other", "ordinal=a|b", "since=2020-01-01,scale", "clip=0:", "name=x,target", "zero=missing,impute=b,onehot,drop,min=3", "max=1"} {
		for r := range uint8(asDuration) + 1 {
			f.Add(tag, r)
		}
	}
	f.Fuzz(func(t *testing.T, tag string, r uint8) {
		read := reading(r % (uint8(asDuration) + 1))
		d, complaints := parseTag(tag, read)
		for _, c := range complaints {
			if c.found == "" || c.want == "" {
				t.Errorf("%q: empty complaint %+v", tag, c)
			}
		}
		if len(complaints) > 0 || len(d.stages) == 0 {
			return
		}
		column := ml.Column{Name: "f"}
		if d.categorical {
			column.Kind, column.Levels = ml.Categorical, []string{"a", "b"}
		}
		rows := ml.Table{X: table(1, 0, 1, math.NaN(), 1).X, Columns: []ml.Column{column}}
		if _, err := (ml.Stages)(d.stages).Fit(ctx, rows); err != nil {
			var e *ml.Error
			if !errors.As(err, &e) || errors.Is(err, ml.ErrConfig) {
				t.Errorf("%q: %v", tag, err)
			}
		}
	})
}
