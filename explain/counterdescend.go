package explain

import "slices"

// descend finds some choice that reaches the aim, cheaply: the exact search then need not look at what costs more. It changes one column after the other, each time to
// the option that brings the conditions nearest to being fulfilled for its price, and then takes back what was not needed.
func (h *hunt) descend(out *found) {
	at := make([]int, len(h.cols))
	for q, c := range h.cols {
		at[q] = c.stay
	}
	cost := func() price {
		sum := price{}
		for q, c := range h.cols {
			sum = sum.plus(c.options[at[q]].price)
		}
		return sum
	}
	fits := func() bool { return h.may(at) }
	missing := h.missing(at)
	for range 2 * len(h.cols) {
		if fits() && h.aim.reached(h.point(at)) {
			h.takeBack(at, fits)
			out.choice, out.cost = at, cost()
			return
		}
		best, choice, option := 0.0, -1, 0
		for q, c := range h.cols {
			was := at[q]
			for o := range c.options {
				if o == was {
					continue
				}
				at[q] = o
				if !fits() && o != c.stay {
					continue
				}
				gain := missing - h.missing(at)
				if more := c.options[o].price.main - c.options[was].price.main; more > 0 {
					gain /= more
				}
				if gain > best {
					best, choice, option = gain, q, o
				}
			}
			at[q] = was
		}
		if choice < 0 {
			return
		}
		at[choice] = option
		missing = h.missing(at)
	}
}

// missing is by how much the conditions are not fulfilled, in all.
func (h *hunt) missing(point []int) float64 {
	sum := 0.0
	for a, need := range h.need {
		now := 0.0
		for t := range h.e.Trees() {
			now += h.best[a][h.leaf(t, point)]
		}
		sum += max(0, need-now)
	}
	return sum
}

// takeBack makes the changes cheaper, the dearest first, as far as the aim is still reached.
func (h *hunt) takeBack(at []int, fits func() bool) {
	order := h.changed(at)
	slices.SortStableFunc(order, func(a, b int) int {
		return h.cols[b].options[at[b]].price.compare(h.cols[a].options[at[a]].price)
	})
	for _, q := range order {
		c, was := h.cols[q], at[q]
		cheaper := make([]int, 0, len(c.options))
		for o := range c.options {
			if c.options[o].price.compare(c.options[was].price) < 0 {
				cheaper = append(cheaper, o)
			}
		}
		slices.SortStableFunc(cheaper, func(a, b int) int { return c.options[a].price.compare(c.options[b].price) })
		for _, o := range cheaper {
			if at[q] = o; fits() && h.aim.reached(h.point(at)) {
				break
			}
			at[q] = was
		}
	}
}
