package selection

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/tensor"
)

// rowsOf is a data set of n rows that know their own number: x is (i), y is class(i).
func rowsOf[Y any](n int, y func(i int) Y) ml.Dataset[Y] {
	x, ys := tensor.New[float64](n, 1), make([]Y, n)
	for i := range n {
		x.Row(i)[0] = float64(i)
		ys[i] = y(i)
	}
	return ml.Data(x, ys)
}

func tests(t *testing.T, s ml.Splitter, d ml.AnyData) [][]int {
	t.Helper()
	var out [][]int
	for _, f := range must(s.Split(d)) {
		out = append(out, f.Test)
	}
	return out
}

func TestSplittersAreScikitLearns(t *testing.T) {
	want := golden.Load[struct {
		Cases []struct {
			K               int
			Class           []int
			Group           []int
			KFold           [][]int
			Stratified      [][]int
			GroupFolds      [][]int `json:"group_folds"`
			StratifiedGroup [][]int `json:"stratified_group"`
		}
		Series []struct {
			N, K, Gap   int
			TestSize    int `json:"test_size"`
			MaxTrain    int `json:"max_train"`
			Train, Test [][]int
		}
		Predefined     []int
		PredefinedTest [][]int `json:"predefined_test"`
	}](t, "testdata/splitters.json")
	for _, c := range want.Cases {
		d := rowsOf(len(c.Class), func(i int) int { return c.Class[i] })
		d.Group = c.Group
		require.Equal(t, c.KFold, tests(t, KFold{K: c.K}, d.Any()))
		require.Equal(t, c.Stratified, tests(t, StratifiedKFold{K: c.K}, d.Any()))
		require.Equal(t, c.GroupFolds, tests(t, GroupKFold{K: c.K}, d.Any()))
		require.Equal(t, c.StratifiedGroup, tests(t, StratifiedGroupKFold{K: c.K}, d.Any()))
	}
	for _, c := range want.Series {
		d := rowsOf(c.N, func(int) float64 { return 0 })
		got := must(TimeSeriesSplit{K: c.K, Gap: c.Gap, TestRows: c.TestSize, MaxTrain: c.MaxTrain}.Split(d.Any()))
		require.Len(t, got, len(c.Test))
		for i, f := range got {
			require.Equal(t, c.Test[i], f.Test)
			require.Equal(t, c.Train[i], f.Train)
		}
	}
	d := rowsOf(len(want.Predefined), func(int) float64 { return 0 })
	require.Equal(t, want.PredefinedTest, tests(t, PredefinedSplit{Fold: want.Predefined}, d.Any()))
}

// splitters are all there are, with options that make sense for 60 rows of 3 classes in 20 groups.
func splitters() []ml.Splitter {
	fold := make([]int, 60)
	for i := range fold {
		fold[i] = i%4 - 1
	}
	return []ml.Splitter{
		KFold{}, KFold{K: 3, Shuffle: true, Seed: 7}, StratifiedKFold{K: 4}, StratifiedKFold{Shuffle: true},
		RepeatedKFold{K: 2, Repeats: 3}, RepeatedStratifiedKFold{K: 2, Repeats: 2, Seed: 1},
		GroupKFold{K: 4}, GroupKFold{Shuffle: true}, StratifiedGroupKFold{K: 3}, StratifiedGroupKFold{K: 3, Shuffle: true},
		LeaveOneGroupOut{}, ShuffleSplit{TrainFraction: 0.5}, StratifiedShuffleSplit{Splits: 3, TestFraction: 0.3}, GroupShuffleSplit{Splits: 2, TestFraction: 0.25},
		LeaveOneOut{}, TimeSeriesSplit{}, PredefinedSplit{Fold: fold}, LeavePOut{}, LeavePOut{P: 1}, LeavePGroupsOut{}, LeavePGroupsOut{P: 3},
		GroupTimeSeriesSplit{}, GroupTimeSeriesSplit{K: 3, TestGroups: 2, Gap: 1, MaxTrain: 4},
	}
}

func sample() ml.Dataset[int] {
	d := rowsOf(60, func(i int) int { return i * i % 3 })
	d.Group = make([]int, 60)
	for i := range d.Group {
		d.Group[i] = i * 7 % 20
	}
	return d
}

func TestEverySplitterDivides(t *testing.T) {
	d := sample()
	for _, s := range splitters() {
		t.Run(fmt.Sprintf("%T", s), func(t *testing.T) {
			parts := must(s.Split(d.Any()))
			require.Equal(t, parts, must(s.Split(d.Any())))
			for _, f := range parts {
				train := f.TrainRows(60)
				require.NotEmpty(t, f.Test)
				require.NotEmpty(t, train)
				all := slices.Concat(f.Test, train)
				slices.Sort(all)
				require.Len(t, slices.Compact(all), len(f.Test)+len(train), "no row is on both sides")
			}
			var b bytes.Buffer
			require.NoError(t, ml.Save(&b, s))
			require.Equal(t, s, must(ml.Load[ml.Splitter](&b)))
			require.Equal(t, s, must(ml.UnmarshalConfig[ml.Splitter](must(ml.MarshalConfig(s)))))
		})
	}
}

func TestSplittersRefuse(t *testing.T) {
	d := sample()
	number := rowsOf(60, func(i int) float64 { return float64(i) })
	few := rowsOf(3, func(i int) int { return i })
	one := sample()
	one.Group = make([]int, 60)
	short := sample()
	short.Y, short.Group = short.Y[:5], short.Group[:5]
	for i, c := range []struct {
		s    ml.Splitter
		d    ml.AnyData
		kind error
	}{
		{KFold{K: 1}, d.Any(), ml.ErrConfig}, {KFold{K: -1}, d.Any(), ml.ErrConfig}, {KFold{K: 61}, d.Any(), ml.ErrConfig}, {KFold{}, ml.AnyData{}, ml.ErrConfig},
		{StratifiedKFold{}, number.Any(), ml.ErrData}, {StratifiedKFold{}, number.Table.Any(), ml.ErrData}, {StratifiedKFold{K: 2}, few.Any(), ml.ErrConfig},
		{StratifiedKFold{}, short.Any(), ml.ErrShape}, {StratifiedKFold{K: 1}, d.Any(), ml.ErrConfig},
		{GroupKFold{}, number.Any(), ml.ErrData}, {GroupKFold{K: 21}, d.Any(), ml.ErrData}, {GroupKFold{}, short.Any(), ml.ErrShape}, {GroupKFold{K: 99}, d.Any(), ml.ErrConfig},
		{StratifiedGroupKFold{}, number.Any(), ml.ErrData}, {StratifiedGroupKFold{}, few.Any(), ml.ErrConfig}, {StratifiedGroupKFold{K: 21}, d.Any(), ml.ErrData},
		{LeaveOneGroupOut{}, one.Any(), ml.ErrData}, {LeaveOneGroupOut{}, few.Any(), ml.ErrData},
		{RepeatedKFold{Repeats: -1}, d.Any(), ml.ErrConfig}, {RepeatedKFold{K: 1}, d.Any(), ml.ErrConfig}, {RepeatedStratifiedKFold{}, number.Any(), ml.ErrData},
		{ShuffleSplit{Splits: -1}, d.Any(), ml.ErrConfig}, {ShuffleSplit{TestFraction: 1}, d.Any(), ml.ErrConfig}, {ShuffleSplit{TestFraction: math.NaN()}, d.Any(), ml.ErrConfig},
		{ShuffleSplit{TestFraction: 0.6, TrainFraction: 0.5}, d.Any(), ml.ErrConfig}, {ShuffleSplit{TrainFraction: 0.001}, d.Any(), ml.ErrConfig}, {ShuffleSplit{}, ml.AnyData{}, ml.ErrConfig},
		{StratifiedShuffleSplit{}, number.Any(), ml.ErrData}, {StratifiedShuffleSplit{TestFraction: -1}, d.Any(), ml.ErrConfig},
		{GroupShuffleSplit{}, few.Any(), ml.ErrData}, {GroupShuffleSplit{Splits: -2}, d.Any(), ml.ErrConfig},
		{LeaveOneOut{}, ml.AnyData{}, ml.ErrShape},
		{TimeSeriesSplit{K: 1}, d.Any(), ml.ErrConfig}, {TimeSeriesSplit{K: 60}, d.Any(), ml.ErrConfig}, {TimeSeriesSplit{TestRows: 12}, d.Any(), ml.ErrConfig},
		{TimeSeriesSplit{TestRows: math.MaxInt}, d.Any(), ml.ErrConfig}, {TimeSeriesSplit{Gap: math.MaxInt}, d.Any(), ml.ErrConfig}, {TimeSeriesSplit{MaxTrain: -1}, d.Any(), ml.ErrConfig},
		{LeavePOut{P: -1}, d.Any(), ml.ErrConfig}, {LeavePOut{P: 60}, d.Any(), ml.ErrConfig}, {LeavePOut{P: 9}, d.Any(), ml.ErrConfig}, {LeavePOut{}, ml.AnyData{}, ml.ErrConfig},
		{LeavePGroupsOut{P: 20}, d.Any(), ml.ErrConfig}, {LeavePGroupsOut{}, few.Any(), ml.ErrData}, {LeavePGroupsOut{}, one.Any(), ml.ErrData},
		{GroupTimeSeriesSplit{}, few.Any(), ml.ErrData}, {GroupTimeSeriesSplit{K: 20}, d.Any(), ml.ErrConfig}, {GroupTimeSeriesSplit{TestGroups: 4}, d.Any(), ml.ErrConfig},
		{StratifiedRegressionKFold{}, d.Any(), ml.ErrData}, {StratifiedRegressionKFold{K: 61}, number.Any(), ml.ErrConfig},
		{StratifiedRegressionKFold{}, rowsOf(9, func(int) float64 { return math.NaN() }).Any(), ml.ErrNotFinite},
		{PredefinedSplit{}, d.Any(), ml.ErrShape}, {PredefinedSplit{Fold: []int{-1, -1, -1}}, few.Any(), ml.ErrConfig},
	} {
		parts, err := c.s.Split(c.d)
		var e *ml.Error
		require.ErrorIs(t, err, c.kind, "%d: %#v", i, c.s)
		require.ErrorAs(t, err, &e)
		require.NotEmpty(t, e.Where)
		require.Nil(t, parts)
	}
}

func TestSplitKeepsShares(t *testing.T) {
	d := rowsOf(100, func(i int) int { return min(i%10, 2) }) // 10, 10 and 80 rows
	d.Weight = make([]float64, 100)
	for i := range d.Weight {
		d.Weight[i] = float64(i)
	}
	d.Valid = new(ml.Dataset[int])
	train, test := Split(d, 0.25, 1)
	count := [3]int{}
	for i, c := range test.Y {
		count[c]++
		require.Equal(t, test.X.At(i, 0), test.Weight[i], "the row's parts stay together")
	}
	require.Equal(t, 25, len(test.Y))
	require.Equal(t, 75, len(train.Y))
	require.Equal(t, 20, count[2])
	require.InDelta(t, count[0], count[1], 1)
	require.Equal(t, []string{"0", "1", "2"}, test.Classes)
	require.Equal(t, d.Valid, train.Valid)
	require.Nil(t, test.Valid)

	again, _ := Split(d, 0.25, 1)
	require.Equal(t, train, again)
	other, _ := Split(d, 0.25, 2)
	require.NotEqual(t, train.Y, other.Y)
}

func TestSplitKeepsGroupsWhole(t *testing.T) {
	d := sample()
	train, test := Split(d, 0.3, 5)
	for _, g := range test.Group {
		require.NotContains(t, train.Group, g)
	}
	require.InDelta(t, 18, len(test.Y), 3)
	require.Equal(t, 60, len(train.Y)+len(test.Y))
}

func TestSplitNeverPanics(t *testing.T) {
	for _, fraction := range []float64{0, -1, 0.5, 1, 2, math.NaN(), math.Inf(1)} {
		for n := range 4 {
			for _, grouped := range []bool{false, true} {
				d := rowsOf(n, func(i int) int { return i - 1 })
				if grouped {
					d.Group = make([]int, n)
					for i := range d.Group {
						d.Group[i] = i
					}
				}
				train, test := Split(d, fraction, 3)
				if n == 0 {
					continue
				}
				require.Equal(t, n, len(train.Y)+len(test.Y))
				require.NotEmpty(t, train.Y)
				if n > 1 {
					require.NotEmpty(t, test.Y, "fraction %v of %d rows", fraction, n)
				}
			}
		}
		a, b := Split(ml.Dataset[float64]{}, fraction, 1)
		require.True(t, reflect.DeepEqual(a, b))
		broken := numbers(5)
		broken.Y = broken.Y[:3]
		a, b = Split(broken, fraction, 1)
		require.Equal(t, broken, a)
		require.Equal(t, broken, b)
		var none *tensor.Tensor[float64]
		Split(ml.Data(none, []float64{1}), fraction, 1)
		Split(ml.Data(tensor.New[float64](2, 2, 2), []float64{1, 2}), fraction, 1)
		Split(rowsOf(3, func(i int) int { return math.MaxInt - i }), fraction, 1)
	}
	d := rowsOf(6, func(i int) []float64 { return []float64{1, 2} })
	_, test := Split(d, 0.5, 1)
	require.Len(t, test.Y, 3)
}

// Every row is drawn about equally often: 300 draws of 3 of 12 rows are 75 each, with a standard error of 7.5.
func TestSplitIsFair(t *testing.T) {
	drawn := make([]int, 12)
	for seed := range uint64(300) {
		_, test := Split(rowsOf(12, func(i int) float64 { return 0 }), 0.25, seed)
		for i := range test.Y {
			drawn[int(test.X.At(i, 0))]++
		}
	}
	for row, n := range drawn {
		require.InDelta(t, 75, n, 38, "row %d", row)
	}
}

func TestLeaveOutSplittersAreScikitLearns(t *testing.T) {
	want := golden.Load[struct {
		Leave2       [][]int `json:"leave2of6"`
		Leave3       [][]int `json:"leave3of6"`
		Groups       []int
		Leave2Groups [][]int `json:"leave2groups"`
	}](t, "testdata/more.json")
	six := rowsOf(6, func(int) float64 { return 0 })
	require.Equal(t, want.Leave2, tests(t, LeavePOut{}, six.Any()))
	require.Equal(t, want.Leave3, tests(t, LeavePOut{P: 3}, six.Any()))
	d := rowsOf(len(want.Groups), func(int) float64 { return 0 })
	d.Group = want.Groups
	require.Equal(t, want.Leave2Groups, tests(t, LeavePGroupsOut{}, d.Any()))
}

// Of the rows with the m smallest targets each fold has m/K, less than a row more or less, for every m.
func TestRegressionStrataAreBalanced(t *testing.T) {
	for _, s := range []StratifiedRegressionKFold{{}, {K: 7}, {K: 3, Shuffle: true, Seed: 5}, {K: 60}} {
		d := rowsOf(60, func(i int) float64 { return math.Sin(float64(i*i)) * float64(i%7) })
		parts := must(s.Split(d.Any()))
		k := len(parts)
		fold := make([]int, 60)
		order := make([]int, 60)
		for f, p := range parts {
			for _, r := range p.Test {
				fold[r] = f
			}
		}
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.Y[a], d.Y[b]) })
		count := make([]int, k)
		for m, r := range order {
			count[fold[r]]++
			for f := range count {
				require.Less(t, math.Abs(float64(count[f])-float64(m+1)/float64(k)), 1.0, "%+v: fold %d of the first %d", s, f, m+1)
			}
		}
	}
}

// A period is never divided, training comes before testing with the gap between, and the runs are those of TimeSeriesSplit over periods.
func TestPeriodsStayInOrder(t *testing.T) {
	d := sample()
	for _, s := range []GroupTimeSeriesSplit{{}, {K: 3}, {K: 4, TestGroups: 2, Gap: 3}, {K: 2, MaxTrain: 5}} {
		series := must(TimeSeriesSplit{K: s.K, TestRows: s.TestGroups, Gap: s.Gap, MaxTrain: s.MaxTrain}.Split(rowsOf(20, func(int) float64 { return 0 }).Any()))
		got := must(s.Split(d.Any()))
		require.Len(t, got, len(series))
		for i, f := range got {
			for part, rows := range [2][]int{f.Test, f.Train} {
				periods := map[int]bool{}
				for _, r := range rows {
					periods[d.Group[r]] = true
				}
				want := [2][]int{series[i].Test, series[i].Train}[part]
				require.Len(t, periods, len(want))
				for _, p := range want {
					require.True(t, periods[p])
				}
				require.Len(t, rows, 3*len(want), "all three rows of each")
			}
		}
	}
}
