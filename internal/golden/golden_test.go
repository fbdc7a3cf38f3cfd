package golden

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestGoldensNameTheirMaker(t *testing.T) {
	files, complaints, err := checkAll(Root(t))
	if err != nil {
		t.Fatal(err)
	}
	if files == 0 {
		t.Error("found no golden file")
	}
	for _, c := range complaints {
		t.Error(c)
	}
}

func TestMakerIsChecked(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("internal/golden/requirements.txt", "# the pins\nscikit-learn==1.9.1  # a comment\n")
	write("internal/golden/x.py", "")
	write("a/testdata/good.json", `{"made_by":{"script":"internal/golden/x.py","python":"3.11","scikit-learn":"1.9.1"}}`)
	write("a/testdata/nobody.json", `{"x":1}`)
	write("a/testdata/deep/gone.json", `{"made_by":{"script":"internal/golden/y.py","python":"3.11"}}`)
	write("a/testdata/old.json", `{"made_by":{"script":"internal/golden/x.py","python":"3.11","scikit-learn":"1.0"}}`)
	write("a/testdata/outside.json", `{"made_by":{"script":"../x.py","python":"3.11"}}`)
	write("a/testdata/fuzz/FuzzX/seed.json", `not JSON`)
	write("a/other.json", `not JSON`)
	files, complaints, err := checkAll(root)
	if err != nil || files != 5 {
		t.Fatal(files, err)
	}
	all := strings.Join(complaints, "\n")
	for _, want := range []string{
		"a/testdata/nobody.json: does not name", "a/testdata/deep/gone.json: made by internal/golden/y.py, which does not exist",
		"a/testdata/old.json: made with scikit-learn 1.0, but requirements.txt pins 1.9.1", "a/testdata/outside.json: made by ../x.py",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no complaint like %q in:\n%s", want, all)
		}
	}
	if len(complaints) != 4 {
		t.Errorf("want 4 complaints:\n%s", all)
	}
}

// recorder is a testing.TB that keeps what would have failed a test.
type recorder struct {
	testing.TB
	said string
}

func (r *recorder) Helper()                   {}
func (r *recorder) Errorf(f string, a ...any) { r.said += fmt.Sprintf(f, a...) }
func (r *recorder) Fatalf(f string, a ...any) {
	r.said += fmt.Sprintf(f, a...)
	panic(r)
}

// load is Load on text; it returns what failed, if anything did.
func load[T any](t *testing.T, text string) (out T, failure string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "g.json")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r := &recorder{TB: t}
	defer func() {
		if v := recover(); v != nil && v != any(r) {
			panic(v)
		}
		failure = r.said
	}()
	return Load[T](r, path), ""
}

func TestLoad(t *testing.T) {
	type part struct {
		A float64
		B []float32 `json:"b_"`
		C int64
		D *float64
		E []float64 `json:",omitempty"`
		F map[string][]float64
		G string
		H bool
		I any
		J [2]uint8
	}
	got, failure := load[part](t, `{"made_by":{},"a":"NaN","b_":[0.1,"-Inf"],"c":9007199254740993,"D":null,"F":{"x":["+Inf"]},"G":"NaN","H":true,"I":[1],"J":[1,2],"more":1}`)
	if failure != "" {
		t.Fatal(failure)
	}
	if !math.IsNaN(got.A) || got.B[0] != 0.1 || !math.IsInf(float64(got.B[1]), -1) || got.C != 1<<53+1 || got.D != nil || !math.IsInf(got.F["x"][0], 1) || got.G != "NaN" || got.J[1] != 2 {
		t.Errorf("%+v", got)
	}
	if m, failure := load[map[string][]float64](t, `{"made_by":{"script":"x"},"y":[1]}`); failure != "" || len(m) != 1 {
		t.Error(m, failure)
	}
	if _, failure := load[struct{ part }](t, `{"a":1}`); !strings.Contains(failure, "its type is not exported") {
		t.Error("an embedded struct that cannot be filled:", failure)
	}
	for text, want := range map[string]string{
		`{"b":1}`:    `A: the file has no "a"`,
		`{"a":"x"}`:  "a: found x, want a float64",
		`{"a":null}`: "a: found <nil>, want a float64",
		`{"a":1`:     "unexpected EOF",
	} {
		if _, failure := load[struct{ A float64 }](t, text); !strings.Contains(failure, want) {
			t.Errorf("%s: got %q, want %q", text, failure, want)
		}
	}
}

func TestClose(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	r := &recorder{TB: t}
	if !Close(r, []float64{1, nan, inf, 1 + 1e-10, 1e-13}, []float64{1, nan, inf, 1, 0}, 1e-9, 1e-12, "x") {
		t.Error(r.said)
	}
	cases := []struct {
		got, want []float64
		says      []string
	}{
		{[]float64{1, 2}, []float64{1}, []string{"got 2 numbers, want 1"}},
		{[]float64{1, 2.5, 1.1}, []float64{1, 2, 1}, []string{"2 of 3", "[1]", "off by 0.5", "relative 0.25"}},
		{[]float64{nan}, []float64{1}, []string{"[0]: got NaN, want 1", "NaN ulps"}},
		{[]float64{1}, []float64{inf}, []string{"want +Inf"}},
		{[]float64{-inf}, []float64{inf}, []string{"got -Inf"}},
		{[]float64{math.Nextafter(1, 2)}, []float64{1}, []string{", 1 ulps"}},
		{[]float64{-math.SmallestNonzeroFloat64}, []float64{math.SmallestNonzeroFloat64}, []string{", 2 ulps"}},
	}
	for _, c := range cases {
		r := &recorder{TB: t}
		if Close(r, c.got, c.want, 0, 0, "x") {
			t.Errorf("%v is close to %v", c.got, c.want)
		}
		for _, say := range c.says {
			if !strings.Contains(r.said, say) {
				t.Errorf("%q does not say %q", r.said, say)
			}
		}
	}
	narrow := &recorder{TB: t}
	Close(narrow, []float32{math.Nextafter32(-1, -2)}, []float32{-1}, 0, 0, "x")
	if !strings.Contains(narrow.said, ", 1 ulps") {
		t.Error(narrow.said)
	}
}
