package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/bench/cases"
)

// Benchmark runs every step of every case, ours, gonum's and loops: Benchmark/CASE[@LIBRARY]/STEP. The data is that of $BENCHDATA, or drawn.
func Benchmark(b *testing.B) {
	for _, lib := range []string{cases.Ours, cases.Gonum, cases.Loop, cases.BuiltIn} {
		for _, c := range cases.All(lib) {
			name := c.Name
			if lib != cases.Ours {
				name += "@" + strings.ReplaceAll(lib, " ", "-")
			}
			b.Run(name, func(b *testing.B) { benchmarkCase(b, c) })
		}
	}
}

func benchmarkCase(b *testing.B, c cases.Case) {
	if testing.Short() && c.Slow {
		b.Skip("slow")
	}
	d, err := cases.Open(os.Getenv("BENCHDATA"), c.Data)
	require.NoError(b, err)
	w, err := c.Make(d)
	require.NoError(b, err)
	require.NoError(b, w.Steps[0].Run())
	for _, s := range w.Steps {
		b.Run(strings.ReplaceAll(s.Name, " ", "-"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := s.Run(); err != nil {
					b.Fatal(err)
				}
			}
			if s.FLOP == 0 {
				return
			}
			speed := s.FLOP * float64(b.N) / b.Elapsed().Seconds()
			b.ReportMetric(speed/1e9, "GFLOP/s")
			if peak := cases.Peak(s.Single); peak > 0 {
				b.ReportMetric(100*speed/peak, "%peak")
			}
		})
	}
}

func TestFlagsChooseCases(t *testing.T) {
	chosen := func(o options) (names []string) {
		for _, l := range cases.Rows() {
			if o.chosen(l) {
				names = append(names, l.Name+" "+l.Lib)
			}
		}
		return names
	}
	require.Equal(t, []string{"KMeans scikit-learn", "KMeans scikit-learn-intelex"}, chosen(options{only: "KMeans"}), "a whole name is that case alone")
	require.Equal(t, []string{"PCA-full scikit-learn", "PCA-randomized scikit-learn", "PCA-fastest scikit-learn"}, chosen(options{only: "PCA"}))
	require.Equal(t, []string{"Ridge scikit-learn-intelex", "sgemm-32 numpy"}, chosen(options{only: "Ridge,sgemm-32", libs: "scikit-learn-intelex,numpy"}))
	require.NotContains(t, chosen(options{skip: "TSNE"}), "TSNE scikit-learn")
	require.Greater(t, len(chosen(options{})), len(cases.List), "kernels come on top")
}

func TestUnknownCasesAndThreadsAreErrors(t *testing.T) {
	require.ErrorContains(t, options{only: "nonsense", threads: "1"}.run(), "no such case")
	require.ErrorContains(t, options{threads: "0"}.run(), "-threads")
}
