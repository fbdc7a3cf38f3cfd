package metrics

import (
	"fmt"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
)

// A GroupTable is a metric within each group of rows.
type GroupTable struct {
	Groups  []GroupScore // by rising code
	Overall float64      // of all rows together
}

// GroupScore is one line of a GroupTable.
type GroupScore struct {
	Group int
	Value float64 // NaN where the metric is not defined within the group
	Rows  float64 // by weight
}

// ByGroup takes a metric of all rows and of each group's: group holds the code of each row, any whole number. For groups of several attributes at once see [CrossGroups]. The errors are those of
// [CheckRows], and ErrShape for a list of groups of another length; a metric that is not defined is NaN, as always.
func ByGroup[Y, P any](metric func(y []Y, pred []P, weight ...float64) float64, y []Y, pred []P, group []int, weight ...float64) (*GroupTable, error) {
	const where = "metrics.ByGroup"
	if err := CheckRows(where, len(y), len(pred), weight); err != nil {
		return nil, err
	}
	if len(group) != len(y) {
		return nil, ml.BadShape(where, "group", fmt.Sprintf("a list of %d", len(group)), fmt.Sprintf("%d, one for each row", len(y)))
	}
	members := map[int][]int{}
	var codes []int
	for i, g := range group {
		if absent(weight, i) {
			continue
		}
		if members[g] == nil {
			codes = append(codes, g)
		}
		members[g] = append(members[g], i)
	}
	slices.Sort(codes)
	t := &GroupTable{Overall: metric(y, pred, weight...)}
	for _, g := range codes {
		var yg []Y
		var pg []P
		var wg []float64
		for _, i := range members[g] {
			yg, pg = append(yg, y[i]), append(pg, pred[i])
			if len(weight) > 0 {
				wg = append(wg, weight[i])
			}
		}
		t.Groups = append(t.Groups, GroupScore{g, metric(yg, pg, wg...), totalOf(len(yg), wg)})
	}
	return t, nil
}

// AtLeast is the table without groups of fewer rows, whose scores are noise; Overall stays that of all rows.
func (t *GroupTable) AtLeast(rows float64) *GroupTable {
	out := &GroupTable{Overall: t.Overall}
	for _, g := range t.Groups {
		if g.Rows >= rows {
			out.Groups = append(out.Groups, g)
		}
	}
	return out
}

// Range is the least and the largest value, those of NaN left out; NaN if there are none.
func (t *GroupTable) Range() (least, most float64) {
	least, most = math.NaN(), math.NaN()
	for _, g := range t.Groups {
		if g.Value < least || math.IsNaN(least) {
			least = g.Value
		}
		if g.Value > most || math.IsNaN(most) {
			most = g.Value
		}
	}
	return least, most
}

// Difference is the largest less the least value. Fair is 0.
func (t *GroupTable) Difference() float64 {
	least, most := t.Range()
	return most - least
}

// Ratio is the least over the largest value. Fair is 1; NaN if all are 0.
func (t *GroupTable) Ratio() float64 {
	least, most := t.Range()
	return least / most
}

// ToOverall is the largest distance of a group's value from that of all rows.
func (t *GroupTable) ToOverall() float64 {
	worst := math.NaN()
	for _, g := range t.Groups {
		if d := math.Abs(g.Value - t.Overall); d > worst || math.IsNaN(worst) {
			worst = d
		}
	}
	return worst
}

// String is the table as text.
func (t *GroupTable) String() string {
	cells := [][]string{{"group", "rows", "value"}}
	for _, g := range t.Groups {
		cells = append(cells, []string{fmt.Sprint(g.Group), amount(g.Rows), fmt.Sprintf("%.4f", g.Value)})
	}
	return table(append(cells, []string{"all", "", fmt.Sprintf("%.4f", t.Overall)}))
}

// CrossGroups makes one code of several attributes: the groups of rows that agree in all of them, numbered from 0 in rising order of their attributes, which names holds. ErrShape for lists of different
// lengths, or none.
func CrossGroups(attributes ...[]int) (group []int, names [][]int, err error) {
	const where = "metrics.CrossGroups"
	if len(attributes) == 0 {
		return nil, nil, ml.BadShape(where, "attributes", "empty", "at least one list")
	}
	for k, a := range attributes {
		if len(a) != len(attributes[0]) {
			return nil, nil, ml.BadShape(where, fmt.Sprintf("attributes[%d]", k), fmt.Sprintf("a list of %d", len(a)), fmt.Sprintf("%d, as the first", len(attributes[0])))
		}
	}
	rows := make([][]int, len(attributes[0]))
	for i := range rows {
		for _, a := range attributes {
			rows[i] = append(rows[i], a[i])
		}
	}
	names = slices.Clone(rows)
	slices.SortFunc(names, slices.Compare[[]int])
	names = slices.CompactFunc(names, slices.Equal[[]int])
	for _, r := range rows {
		at, _ := slices.BinarySearchFunc(names, r, slices.Compare[[]int])
		group = append(group, at)
	}
	return group, names, nil
}

// SelectionRate is the share of rows predicted as class 1; y is not looked at. NaN for codes other than 0 and 1 in pred.
func SelectionRate(y, pred []int, weight ...float64) float64 {
	return rate(y, pred, weight, func(y, pred int) (counts, hit bool) { return true, pred == 1 })
}

// TruePositiveRate is the recall of class 1, NaN without rows of it, and for codes other than 0 and 1.
func TruePositiveRate(y, pred []int, weight ...float64) float64 {
	return rate(y, pred, weight, func(y, pred int) (counts, hit bool) { return y == 1, pred == 1 })
}

// FalsePositiveRate is the share of the rows of class 0 that are predicted as class 1, NaN without rows of class 0, and for codes other than 0 and 1.
func FalsePositiveRate(y, pred []int, weight ...float64) float64 {
	return rate(y, pred, weight, func(y, pred int) (counts, hit bool) { return y == 0, pred == 1 })
}

func rate(y, pred []int, weight []float64, f func(y, pred int) (counts, hit bool)) float64 {
	if CheckRows("metrics", len(y), len(pred), weight) != nil {
		return math.NaN()
	}
	var m mean
	for i := range y {
		if absent(weight, i) {
			continue
		}
		if uint(y[i]) > 1 || uint(pred[i]) > 1 {
			return math.NaN()
		}
		if counts, hit := f(y[i], pred[i]); hit && counts {
			m.add(1, w(weight, i))
		} else if counts {
			m.add(0, w(weight, i))
		}
	}
	return m.value()
}

// grouped is a number of the table of a metric of codes, NaN where there is no table.
func grouped(metric func(y, pred []int, weight ...float64) float64, y, pred, group []int, weight []float64, of func(*GroupTable) float64) float64 {
	t, err := ByGroup(metric, y, pred, group, weight...)
	if err != nil {
		return math.NaN()
	}
	return of(t)
}

// DemographicParityDifference is the largest difference of the rates at which groups are predicted as class 1. Fair is 0. In this and the following a group in which a rate is not defined is left out of it, and the score is NaN where
// [ByGroup] gives an error or no group is left.
func DemographicParityDifference(pred, group []int, weight ...float64) float64 {
	return grouped(SelectionRate, pred, pred, group, weight, (*GroupTable).Difference)
}

// DemographicParityRatio is the least of those rates over the largest, the disparate impact. Fair is 1; below 0.8 it fails the four-fifths rule.
func DemographicParityRatio(pred, group []int, weight ...float64) float64 {
	return grouped(SelectionRate, pred, pred, group, weight, (*GroupTable).Ratio)
}

// EqualOpportunityDifference is the largest difference of the groups' true positive rates. Fair is 0.
func EqualOpportunityDifference(y, pred, group []int, weight ...float64) float64 {
	return grouped(TruePositiveRate, y, pred, group, weight, (*GroupTable).Difference)
}

// EqualOpportunityRatio is the least of the groups' true positive rates over the largest. Fair is 1.
func EqualOpportunityRatio(y, pred, group []int, weight ...float64) float64 {
	return grouped(TruePositiveRate, y, pred, group, weight, (*GroupTable).Ratio)
}

// EqualizedOddsDifference is the larger of the differences of the groups' true and false positive rates. Fair is 0.
func EqualizedOddsDifference(y, pred, group []int, weight ...float64) float64 {
	return max(EqualOpportunityDifference(y, pred, group, weight...), grouped(FalsePositiveRate, y, pred, group, weight, (*GroupTable).Difference))
}

// EqualizedOddsRatio is the smaller of the ratios of the groups' true and false positive rates. Fair is 1. Where no group has a false positive it is the ratio of the true positive rates.
func EqualizedOddsRatio(y, pred, group []int, weight ...float64) float64 {
	return min(EqualOpportunityRatio(y, pred, group, weight...), grouped(FalsePositiveRate, y, pred, group, weight, func(t *GroupTable) float64 {
		if _, most := t.Range(); most == 0 {
			return 1 // equal rates, of which the ratio is 0/0
		}
		return t.Ratio()
	}))
}
