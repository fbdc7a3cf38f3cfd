package optim

import (
	"math"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
)

type nistSet struct {
	X                [][]float64
	Y, Certified, SD []float64
	Starts           [][]float64
	RSS              float64
}

// models are NIST's, by the names of the sets.
var models = map[string]func(b, x []float64) float64{
	"Bennett5": func(b, x []float64) float64 { return b[0] * math.Pow(b[1]+x[0], -1/b[2]) },
	"BoxBOD":   func(b, x []float64) float64 { return b[0] * (1 - math.Exp(-b[1]*x[0])) },
	"Chwirut1": chwirut, "Chwirut2": chwirut,
	"DanWood": func(b, x []float64) float64 { return b[0] * math.Pow(x[0], b[1]) },
	"ENSO": func(b, x []float64) float64 {
		w := 2 * math.Pi * x[0]
		return b[0] + b[1]*math.Cos(w/12) + b[2]*math.Sin(w/12) + b[4]*math.Cos(w/b[3]) + b[5]*math.Sin(w/b[3]) +
			b[7]*math.Cos(w/b[6]) + b[8]*math.Sin(w/b[6])
	},
	"Eckerle4": func(b, x []float64) float64 { z := (x[0] - b[2]) / b[1]; return b[0] / b[1] * math.Exp(-z*z/2) },
	"Gauss1":   gauss, "Gauss2": gauss, "Gauss3": gauss,
	"Hahn1": cubics, "Thurber": cubics,
	"Kirby2": func(b, x []float64) float64 {
		return (b[0] + x[0]*(b[1]+x[0]*b[2])) / (1 + x[0]*(b[3]+x[0]*b[4]))
	},
	"Lanczos1": exponentials, "Lanczos2": exponentials, "Lanczos3": exponentials,
	"MGH09":    func(b, x []float64) float64 { return b[0] * (x[0]*x[0] + x[0]*b[1]) / (x[0]*x[0] + x[0]*b[2] + b[3]) },
	"MGH10":    func(b, x []float64) float64 { return b[0] * math.Exp(b[1]/(x[0]+b[2])) },
	"MGH17":    func(b, x []float64) float64 { return b[0] + b[1]*math.Exp(-x[0]*b[3]) + b[2]*math.Exp(-x[0]*b[4]) },
	"Misra1a":  func(b, x []float64) float64 { return b[0] * (1 - math.Exp(-b[1]*x[0])) },
	"Misra1b":  func(b, x []float64) float64 { return b[0] * (1 - math.Pow(1+b[1]*x[0]/2, -2)) },
	"Misra1c":  func(b, x []float64) float64 { return b[0] * (1 - math.Pow(1+2*b[1]*x[0], -0.5)) },
	"Misra1d":  func(b, x []float64) float64 { return b[0] * b[1] * x[0] / (1 + b[1]*x[0]) },
	"Nelson":   func(b, x []float64) float64 { return b[0] - b[1]*x[0]*math.Exp(-b[2]*x[1]) },
	"Rat42":    func(b, x []float64) float64 { return b[0] / (1 + math.Exp(b[1]-b[2]*x[0])) },
	"Rat43":    func(b, x []float64) float64 { return b[0] * math.Pow(1+math.Exp(b[1]-b[2]*x[0]), -1/b[3]) },
	"Roszman1": func(b, x []float64) float64 { return b[0] - b[1]*x[0] - math.Atan(b[2]/(x[0]-b[3]))/math.Pi },
}

func chwirut(b, x []float64) float64 { return math.Exp(-b[0]*x[0]) / (b[1] + b[2]*x[0]) }
func gauss(b, x []float64) float64 {
	y, z := (x[0]-b[3])/b[4], (x[0]-b[6])/b[7]
	return b[0]*math.Exp(-b[1]*x[0]) + b[2]*math.Exp(-y*y) + b[5]*math.Exp(-z*z)
}
func cubics(b, x []float64) float64 {
	v := x[0]
	return (b[0] + v*(b[1]+v*(b[2]+v*b[3]))) / (1 + v*(b[4]+v*(b[5]+v*b[6])))
}
func exponentials(b, x []float64) float64 {
	return b[0]*math.Exp(-b[1]*x[0]) + b[2]*math.Exp(-b[3]*x[0]) + b[4]*math.Exp(-b[5]*x[0])
}

// digits is how many of the certified ones agree.
func digits(got, certified float64) float64 {
	if got == certified {
		return 11
	}
	return min(11, -math.Log10(math.Abs(got-certified)/math.Abs(certified)))
}

// The certified values have 11 digits. Derivatives are by differences, which leave about eight digits of a parameter on the hardest sets.
func TestNISTNonlinearRegression(t *testing.T) {
	sets := golden.Load[struct{ Sets map[string]nistSet }](t, "testdata/nist.json").Sets
	if len(sets) != 27 || len(models) != 27 {
		t.Fatalf("%d sets, %d models", len(sets), len(models))
	}
	for name, s := range sets {
		y := s.Y
		if name == "Nelson" { // its response is log y
			y = make([]float64, len(s.Y))
			for i, v := range s.Y {
				y[i] = math.Log(v)
			}
		}
		for start, x0 := range s.Starts {
			x := append([]float64(nil), x0...)
			first := 0.0
			if name == "BoxBOD" && start == 0 {
				first = 1 // a longer step lands where the model is flat, as MINPACK's does: no method comes back from there
			}
			fit, err := LevenbergMarquardt{FirstStep: first,
				Residuals: func(r, b []float64) {
					for i := range r {
						r[i] = models[name](b, s.X[i]) - y[i]
					}
				},
				FTol: 1e-15, XTol: 1e-12, GTol: 1e-15, MaxIter: 5000,
			}.Minimize(x, len(y))
			if err != nil {
				t.Fatal(err)
			}
			b, sd := 11.0, 11.0
			for j, v := range x {
				b = min(b, digits(v, s.Certified[j]))
				if fit.Covariance != nil {
					sd = min(sd, digits(math.Sqrt(fit.Covariance[j*len(x)+j]), s.SD[j]))
				}
			}
			t.Logf("%-9s start %d: %4.1f digits of the parameters, %4.1f of their deviations, %v after %d steps, %d evaluations", name, start+1, b, sd, fit.Status, fit.Iterations, fit.Evals)
			if sd < 6 && name != "Lanczos1" { // whose residuals are rounding
				t.Errorf("%s start %d: %.1f digits of the deviations", name, start+1, sd)
			}
			if b < 6 {
				t.Errorf("%s start %d: %.1f digits: %v, want %v", name, start+1, b, x, s.Certified)
			}
		}
	}
}
