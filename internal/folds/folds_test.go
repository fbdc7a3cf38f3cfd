package folds

import (
	"math"
	"slices"
	"testing"

	"github.com/gopherwood-ml/ml/internal/golden"
	"github.com/gopherwood-ml/ml/internal/rng"
)

func equal(t *testing.T, what string, got, want [][]int) {
	t.Helper()
	if !slices.EqualFunc(got, want, slices.Equal[[]int]) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func TestFoldsAreScikitLearns(t *testing.T) {
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
	}](t, "testdata/sklearn.json")
	for _, c := range want.Cases {
		equal(t, "KFold", Tests(KFold(len(c.Class), c.K, nil), c.K), c.KFold)
		equal(t, "Stratified", Tests(Stratified(c.Class, c.K, nil), c.K), c.Stratified)
		equal(t, "Group", Tests(Group(c.Group, c.K, nil), c.K), c.GroupFolds)
		equal(t, "StratifiedGroup", Tests(StratifiedGroup(c.Class, c.Group, c.K, nil), c.K), c.StratifiedGroup)
	}
}

// data is n classes and groups of uneven sizes, from a seed.
func data(seed uint64, n, classes, groups int) (class, group []int) {
	r := rng.New(seed, 0)
	class, group = make([]int, n), make([]int, n)
	for i := range n {
		class[i] = min(r.IntN(classes), r.IntN(classes)) - 1
		group[i] = 10 * min(r.IntN(groups), r.IntN(groups))
	}
	return class, group
}

func spans(v []int, k int) (least, most int) {
	count := make([]int, k)
	for _, f := range v {
		count[f]++
	}
	return slices.Min(count), slices.Max(count)
}

func undivided(t *testing.T, group, part []int) {
	t.Helper()
	of := map[int]int{}
	for i, g := range group {
		if f, ok := of[g]; ok && f != part[i] {
			t.Fatalf("group %d is in parts %d and %d", g, f, part[i])
		}
		of[g] = part[i]
	}
}

func TestFoldProperties(t *testing.T) {
	for seed := range uint64(60) {
		r := rng.New(seed, 1)
		n := 2 + r.IntN(120)
		k := 2 + r.IntN(min(n-1, 9))
		class, group := data(seed, n, 1+r.IntN(5), 1+r.IntN(20))
		for _, src := range []uint64{0, 1} {
			source := func() (s [4][]int) {
				if src == 0 {
					return [4][]int{KFold(n, k, nil), Stratified(class, k, nil), Group(group, k, nil), StratifiedGroup(class, group, k, nil)}
				}
				return [4][]int{KFold(n, k, rng.New(seed, 2)), Stratified(class, k, rng.New(seed, 2)), Group(group, k, rng.New(seed, 2)), StratifiedGroup(class, group, k, rng.New(seed, 2))}
			}
			got := source()
			if again := source(); !slices.EqualFunc(got[:], again[:], slices.Equal[[]int]) {
				t.Fatal("not reproducible")
			}
			for _, fold := range got[:2] {
				if least, most := spans(fold, k); most-least > 1 {
					t.Fatalf("fold sizes from %d to %d", least, most)
				}
			}
			for c := -1; c < 5; c++ {
				var folds []int
				for i, f := range got[1] {
					if class[i] == c {
						folds = append(folds, f)
					}
				}
				if least, most := spans(folds, k); most-least > 1 {
					t.Fatalf("class %d: from %d to %d rows in a fold", c, least, most)
				}
			}
			undivided(t, group, got[2])
			undivided(t, group, got[3])
			for _, fold := range got {
				if len(fold) != n || slices.Min(fold) < 0 || slices.Max(fold) >= k {
					t.Fatal(fold)
				}
				seen := 0
				for _, test := range Tests(fold, k) {
					seen += len(test)
					rest := Complement(n, test)
					if !slices.IsSorted(test) || !slices.IsSorted(rest) || len(rest)+len(test) != n {
						t.Fatalf("%v and %v", test, rest)
					}
					for _, row := range rest {
						if _, both := slices.BinarySearch(test, row); both {
							t.Fatalf("row %d is on both sides", row)
						}
					}
				}
				if seen != n {
					t.Fatalf("%d of %d rows tested", seen, n)
				}
			}
		}
	}
}

func TestShuffledFoldsDependOnTheSeed(t *testing.T) {
	class, group := data(1, 60, 3, 12)
	a := [][]int{KFold(60, 4, rng.New(1, 0)), Stratified(class, 4, rng.New(1, 0)), Group(group, 4, rng.New(1, 0))}
	b := [][]int{KFold(60, 4, rng.New(2, 0)), Stratified(class, 4, rng.New(2, 0)), Group(group, 4, rng.New(2, 0))}
	for i := range a {
		if slices.Equal(a[i], b[i]) {
			t.Errorf("%d: two seeds, one division", i)
		}
	}
}

func TestTestRows(t *testing.T) {
	for _, c := range []struct {
		n        int
		fraction float64
		want     int
	}{{0, 0.5, 0}, {1, 0.5, 0}, {2, 0.5, 1}, {10, 0.25, 3}, {10, 0, 1}, {10, -4, 1}, {10, 1, 9}, {10, math.Inf(1), 9}, {10, math.NaN(), 1}, {150, 0.25, 38}, {100, 0.1, 10}} {
		if got := TestRows(c.n, c.fraction); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestHoldouts(t *testing.T) {
	for seed := range uint64(80) {
		r := rng.New(seed, 3)
		n := 2 + r.IntN(150)
		test := TestRows(n, r.Float64())
		train := n - test
		if seed%3 == 0 {
			train = 1 + r.IntN(train)
		}
		class, _ := data(seed, n, 1+r.IntN(5), 3)
		for _, stratified := range []bool{false, true} {
			a, b := Holdout(n, train, test, rng.New(seed, 4))
			if stratified {
				a, b = StratifiedHoldout(class, train, test, rng.New(seed, 4))
			}
			all := slices.Concat(a, b)
			slices.Sort(all)
			if len(a) != train || len(b) != test || len(slices.Compact(all)) != train+test || all[0] < 0 || all[len(all)-1] >= n {
				t.Fatalf("%d of %d for training, %d of %d for testing", len(a), train, len(b), test)
			}
			if !stratified {
				continue
			}
			counts, inTest := map[int]int{}, map[int]int{}
			for _, c := range class {
				counts[c]++
			}
			for _, row := range b {
				inTest[class[row]]++
			}
			for c, all := range counts { // largest remainder: the exact share, rounded down or up
				if exact := float64(all*test) / float64(n); math.Abs(float64(inTest[c])-exact) >= 1 {
					t.Fatalf("class %d: %d test rows, exact share %v", c, inTest[c], exact)
				}
			}
		}
	}
}

// The case of scikit-learn's own documentation of the rule: 4 rows out of class counts 4 and 2 are 3 and 1 (exact shares 2.67
// and 1.33), and 2 out of 2, 2, 2, 2 any two of them.
func TestLargestRemainder(t *testing.T) {
	if got := shares([]int{4, 2}, 4, rng.New(0, 0)); !slices.Equal(got, []int{3, 1}) {
		t.Error(got)
	}
	seen := map[[4]int]bool{}
	for seed := range uint64(100) {
		seen[[4]int(shares([]int{2, 2, 2, 2}, 2, rng.New(seed, 0)))] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d of the 6 ways to break the tie: %v", len(seen), seen)
	}
}

func TestGroupHoldout(t *testing.T) {
	for seed := range uint64(80) {
		r := rng.New(seed, 5)
		n := 1 + r.IntN(200)
		class, group := data(seed, n, 3, 1+r.IntN(30))
		if seed%2 == 0 {
			class = nil
		}
		fraction := r.Float64()
		a, b := GroupHoldout(class, group, fraction, rng.New(seed, 6))
		part := make([]int, n)
		for _, row := range b {
			part[row] = 1
		}
		undivided(t, group, part)
		distinct, _, _ := Counts(group)
		if len(a)+len(b) != n || len(a) == 0 || (distinct > 1 && len(b) == 0) {
			t.Fatalf("%d groups: %d and %d rows", distinct, len(a), len(b))
		}
	}
	// Many small groups: the fraction is met to within one group in each class.
	class, group := data(7, 3000, 3, 400)
	_, b := GroupHoldout(class, group, 0.3, rng.New(1, 1))
	var all, got [4]float64
	for _, c := range class {
		all[c+1]++
	}
	for _, row := range b {
		got[class[row]+1]++
	}
	for c := range 3 {
		if share := got[c] / all[c]; math.Abs(share-0.3) > 0.02 {
			t.Errorf("class %d: share %v", c-1, share)
		}
	}
}

func TestCounts(t *testing.T) {
	if a, b, c := Counts([]int{5, -1, 5, 5}); a != 2 || b != 1 || c != 3 {
		t.Error(a, b, c)
	}
	if a, b, c := Counts(nil); a != 0 || b != 0 || c != 0 {
		t.Error(a, b, c)
	}
}
