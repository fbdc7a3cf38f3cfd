package decomp

import (
	"math"
	"slices"

	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// topics are the words' weights in each topic and what documents are compared with. Words lie side by side, k numbers each.
type topics struct {
	c      LatentDirichletAllocation
	k, p   int
	lambda []float64 // p x k: the weights
	beta   []float64 // p x k: exp of the expected logarithms of the shares
	total  []float64 // k: sums of the weights
	mean   []float64 // k: digammas of them
}

func newTopics(c LatentDirichletAllocation, components [][]float64, p int) *topics {
	t := &topics{c: c, k: c.Components, p: p, lambda: make([]float64, p*c.Components), beta: make([]float64, p*c.Components), total: make([]float64, c.Components), mean: make([]float64, c.Components)}
	for k, row := range components {
		for j, v := range row {
			t.lambda[j*t.k+k] = v
		}
	}
	return t
}

func (t *topics) rows() [][]float64 {
	y := make([][]float64, t.k)
	for k := range y {
		y[k] = make([]float64, t.p)
		for j := range y[k] {
			y[k][j] = t.lambda[j*t.k+k]
		}
	}
	return y
}

// addUp sums the weights of each topic.
func (t *topics) addUp() {
	copy(t.total, par.Reduce(t.p, 4096, func(_, lo, hi int) []float64 {
		sum := make([]float64, t.k)
		for j := lo; j < hi; j++ {
			for k, v := range t.lambda[j*t.k : (j+1)*t.k] {
				sum[k] += v
			}
		}
		return sum
	}, addTo))
}

// refresh makes all that follows from the weights.
func (t *topics) refresh() {
	t.addUp()
	stats.Digammas(t.mean, t.total)
	par.For(t.p, 30*t.k, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			t.word(j)
		}
	})
}

// word makes the beta of a word.
func (t *topics) word(j int) {
	b := t.beta[j*t.k : (j+1)*t.k]
	stats.Digammas(b, t.lambda[j*t.k:(j+1)*t.k])
	for k, v := range t.mean {
		b[k] -= v
	}
	kern.Exp(b, b)
}

// topicRoom is what the work on one document needs.
type topicRoom struct {
	entries  rows.Entries
	cols     []int32
	vals     []float64
	own      []float64 // k x words: the beta of the document's words
	norm     []float64 // of each word, its probability but for a factor
	gamma    []float64 // k: what counts came to each topic, and the prior
	theta    []float64 // k: exp of the expected logarithms of the shares
	received []float64 // k
}

func newTopicRoom(k int) *topicRoom {
	return &topicRoom{gamma: make([]float64, k), theta: make([]float64, k), received: make([]float64, k)}
}

// document finds the topics of a document: gamma, theta, and norm.
func (t *topics) document(r *topicRoom, cols []int32, vals []float64) {
	k, n := t.k, len(cols)
	r.own = slices.Grow(r.own[:0], k*n)[:k*n]
	r.norm = slices.Grow(r.norm[:0], n)[:n]
	for a, j := range cols {
		for i, v := range t.beta[int(j)*k : (int(j)+1)*k] {
			r.own[i*n+a] = v
		}
	}
	for i := range r.gamma {
		r.gamma[i] = 1
	}
	t.settle(r)
	for range t.c.DocIter {
		r.foretell(n)
		for a, v := range vals {
			r.norm[a] = v / r.norm[a]
		}
		if n > 0 {
			kern.DotRows(r.received, r.norm, r.own, n)
		} else {
			clear(r.received)
		}
		moved := 0.0
		for i, v := range r.received {
			next := float64(r.theta[i]*v) + t.c.DocTopicPrior
			moved += math.Abs(next - r.gamma[i])
			r.gamma[i] = next
		}
		t.settle(r)
		if moved/float64(k) < t.c.DocTol {
			break
		}
	}
	r.foretell(n)
}

// foretell sets norm to the words' probabilities, but for a factor.
func (r *topicRoom) foretell(n int) {
	for a := range r.norm {
		r.norm[a] = least // instead of a division by 0
	}
	for i, v := range r.theta {
		kern.Axpy(v, r.own[i*n:(i+1)*n], r.norm)
	}
}

// settle makes theta of gamma.
func (t *topics) settle(r *topicRoom) {
	stats.Digammas(r.theta, r.gamma)
	sum := 0.0
	for _, v := range r.gamma {
		sum += v
	}
	var whole [1]float64
	whole[0] = sum
	stats.Digammas(whole[:], whole[:])
	for i := range r.theta {
		r.theta[i] -= whole[0]
	}
	kern.Exp(r.theta, r.theta)
}

// perplexity is that of the documents of s.
func (t *topics) perplexity(s *sample) float64 {
	bound, words := t.bound(s)
	if words == 0 {
		return 0
	}
	return min(math.Exp(-bound/words), math.MaxFloat64) // hardly any words say nothing of the topics
}

// bound is the variational bound on the logarithm of the likelihood of the documents, and how many words they have.
func (t *topics) bound(s *sample) (bound, words float64) {
	type part struct{ bound, words float64 }
	add := func(a, b part) part { return part{a.bound + b.bound, a.words + b.words} }
	all := par.Reduce(s.n, 64, func(_, lo, hi int) part {
		var sum part
		r := newTopicRoom(t.k)
		for i := lo; i < hi; i++ {
			cols, vals := s.x.NZ(s.at(i), &r.entries)
			t.document(r, cols, vals)
			b, n := t.boundOf(r, cols, vals)
			sum.bound += float64(s.weight(i) * b)
			sum.words += float64(s.weight(i) * n)
		}
		return sum
	}, add)
	ofTopics := par.Reduce(t.p, 1024, func(_, lo, hi int) part {
		sum, expected := 0.0, make([]float64, t.k)
		prior, _ := math.Lgamma(t.c.TopicWordPrior)
		for j := lo; j < hi; j++ {
			lambda := t.lambda[j*t.k : (j+1)*t.k]
			stats.Digammas(expected, lambda)
			for k, v := range lambda {
				l, _ := math.Lgamma(v)
				sum += float64((t.c.TopicWordPrior-v)*(expected[k]-t.mean[k])) + l - prior
			}
		}
		return part{bound: sum}
	}, add)
	bound = all.bound + ofTopics.bound
	whole, _ := math.Lgamma(t.c.TopicWordPrior * float64(t.p))
	for _, v := range t.total {
		l, _ := math.Lgamma(v)
		bound += whole - l
	}
	return bound, all.words
}

// boundOf is a document's part of the bound, after document.
func (t *topics) boundOf(r *topicRoom, cols []int32, vals []float64) (bound, words float64) {
	alpha, sum := t.c.DocTopicPrior, 0.0
	for a, v := range vals {
		words += v
		if r.norm[a] > 1e-12 { // least does not show
			bound += float64(v * math.Log(r.norm[a]-least))
		} else {
			bound += float64(v * t.logNorm(r, int(cols[a])))
		}
	}
	for _, v := range r.gamma {
		sum += v
	}
	var expected, whole [1]float64
	whole[0] = sum
	stats.Digammas(whole[:], whole[:])
	prior, _ := math.Lgamma(alpha)
	for _, v := range r.gamma {
		expected[0] = v
		stats.Digammas(expected[:], expected[:])
		l, _ := math.Lgamma(v)
		bound += float64((alpha-v)*(expected[0]-whole[0])) + l - prior
	}
	l, _ := math.Lgamma(sum)
	all, _ := math.Lgamma(alpha * float64(t.k))
	return bound + all - l, words
}

// logNorm is the logarithm of a word's norm where the number itself may be 0.
func (t *topics) logNorm(r *topicRoom, j int) float64 {
	most, sum := math.Inf(-1), 0.0
	at := make([]float64, 2*t.k+1)
	topic, word, whole := at[:t.k], at[t.k:2*t.k], at[2*t.k:]
	for _, v := range r.gamma {
		whole[0] += v
	}
	stats.Digammas(whole, whole)
	stats.Digammas(topic, r.gamma)
	stats.Digammas(word, t.lambda[j*t.k:(j+1)*t.k])
	for k := range topic {
		topic[k] += word[k] - whole[0] - t.mean[k]
		most = max(most, topic[k])
	}
	for _, v := range topic {
		sum += math.Exp(v - most)
	}
	return most + math.Log(sum)
}
