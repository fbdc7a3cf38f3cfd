package mltest

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// What a run says can only be seen from outside: this test runs the one below in a process of its own.
func TestReports(t *testing.T) {
	for _, c := range []struct {
		name string
		want []string
		not  []string
		ok   bool
	}{
		{"broken", []string{"mltest.toyClassifier breaks the law CancelBefore: ", "--- FAIL: TestInProcess/CancelBefore"}, []string{"FAIL: TestInProcess/Meta"}, false},
		{"waived", []string{"CancelBefore waived for mltest.toyClassifier: it is deaf", "CancelDuring waived"}, []string{"--- FAIL", "TestInProcess/CancelBefore"}, true},
		{"no reason", []string{"the waiver of Meta has no reason"}, nil, false},
		{"no law", []string{`"Gravity" is no law`}, nil, false},
		{"no tolerance", []string{`"Meta" is no law with a tolerance`}, nil, false},
		{"more than accepted", []string{"the test of mltest.toyRegressor declares more than its Accepts"}, nil, false},
		{"wrong data", []string{"targets of type []float64, mltest.toyClassifier learns []int"}, nil, false},
	} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestInProcess$", "-test.v")
		cmd.Env = append(os.Environ(), "MLTEST_CASE="+c.name)
		out, err := cmd.CombinedOutput()
		var cannot *os.PathError
		if errors.As(err, &cannot) || errors.Is(err, errors.ErrUnsupported) {
			t.Skipf("this machine cannot start another copy of the test (emulated, or without processes): %v", err)
		}
		if (err == nil) != c.ok {
			t.Errorf("%s: exit %v", c.name, err)
		}
		for _, w := range c.want {
			if !strings.Contains(string(out), w) {
				t.Errorf("%s: the report lacks %q:\n%s", c.name, w, out)
			}
		}
		for _, w := range c.not {
			if strings.Contains(string(out), w) {
				t.Errorf("%s: the report has %q", c.name, w)
			}
		}
	}
}

func TestInProcess(t *testing.T) {
	deaf := toyClassifier{Fault: "deaf"}
	switch os.Getenv("MLTEST_CASE") {
	case "broken":
		Classifier(t, deaf)
	case "waived":
		Classifier(t, deaf, Waive(CancelBefore, "it is deaf"), Waive(CancelDuring, "it is deaf"))
	case "no reason":
		Classifier(t, toyClassifier{}, Waive(Meta, " "))
	case "no law":
		Classifier(t, toyClassifier{}, Waive("Gravity", "it floats"))
	case "no tolerance":
		Classifier(t, toyClassifier{}, Tolerance(Meta, 1))
	case "more than accepted":
		Regressor(t, toyRegressor{}, Missing())
	case "wrong data":
		Classifier(t, toyClassifier{}, Data(ml.Data(tensor.New[float64](2, 2), []float64{1, 2})))
	}
}

func TestToleranceIsObeyed(t *testing.T) {
	s := centreSubject("inverse off")
	if broken(s, rules())[Inverse] == nil {
		t.Error("Inverse holds though it is off by 1e-4 of the mean")
	}
	if err := broken(s, rules(), Tolerance(Inverse, 1e-3))[Inverse]; err != nil {
		t.Errorf("Inverse fails within its tolerance: %v", err)
	}
}

// The page of the package names every law.
func TestDocListsEveryLaw(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules() {
		if !strings.Contains(string(doc), "["+string(r.law)+"]") {
			t.Errorf("doc.go does not name %s", r.law)
		}
	}
}
