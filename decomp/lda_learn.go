package decomp

import (
	"context"
	"math"
	"slices"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/kern"
	"github.com/gopherwood-ml/ml/internal/par"
	"github.com/gopherwood-ml/ml/internal/rng"
	"github.com/gopherwood-ml/ml/internal/rows"
	"github.com/gopherwood-ml/ml/internal/stats"
)

// topicLearner learns topics from the documents of a sample.
//
// Online, a batch meets few of the words; of all others the weights fall towards the prior by a factor that is theirs in common. So the weights are kept less the prior, over the product of all factors since the word was
// last met, and only the batch's words are looked at.
type topicLearner struct {
	t       *topics
	s       *sample
	step    int
	all     *wordIndex // of all documents
	product float64    // of the factors of all batches
	seen    []float64  // of each word, what product was when its weights were made
	local   []int32    // of each word, its place in the batch's index plus 1; 0: none
}

func newTopicLearner(c LatentDirichletAllocation, s *sample, start [][]float64) *topicLearner {
	l := &topicLearner{t: newTopics(c, start, s.p), s: s, local: make([]int32, s.p)}
	if start == nil {
		rng.Normal(rng.New(c.Seed, 0), l.t.lambda, 1, 0.1)
		for i, v := range l.t.lambda {
			l.t.lambda[i] = max(v, 0.1)
		}
	}
	l.t.refresh()
	return l
}

func (l *topicLearner) topics() *topics { return l.t }

func (l *topicLearner) finite() bool { return rows.AllFinite(l.t.total) }

// wordIndex is a batch of documents by its words: entry e of the documents, in their order, is of words[w] where ptr[w] <= a < ptr[w+1] and entry[a] is e.
type wordIndex struct {
	lo, hi int     // documents
	first  []int   // of each document, its first entry; and the end
	words  []int32 // rising
	ptr    []int
	entry  []int32
	doc    []int32 // of entry[a]
}

// index makes the index of documents lo to hi.
func (l *topicLearner) index(lo, hi int) *wordIndex {
	x := &wordIndex{lo: lo, hi: hi, first: make([]int, 1, hi-lo+1)}
	var buf rows.Entries
	n := 0
	for i := lo; i < hi; i++ {
		cols, _ := l.s.x.NZ(l.s.at(i), &buf)
		for _, j := range cols {
			if l.local[j] == 0 {
				x.words = append(x.words, j)
				l.local[j] = 1
			}
		}
		n += len(cols)
		x.first = append(x.first, n)
	}
	slices.Sort(x.words)
	for w, j := range x.words {
		l.local[j] = int32(w) + 1
	}
	x.ptr, x.entry, x.doc = make([]int, len(x.words)+1), make([]int32, n), make([]int32, n)
	for i := lo; i < hi; i++ {
		cols, _ := l.s.x.NZ(l.s.at(i), &buf)
		for _, j := range cols {
			x.ptr[l.local[j]]++
		}
	}
	for w := range x.words {
		x.ptr[w+1] += x.ptr[w]
	}
	next := slices.Clone(x.ptr)
	e := int32(0)
	for i := lo; i < hi; i++ {
		cols, _ := l.s.x.NZ(l.s.at(i), &buf)
		for _, j := range cols {
			w := l.local[j] - 1
			x.entry[next[w]], x.doc[next[w]] = e, int32(i-lo)
			next[w]++
			e++
		}
	}
	for _, j := range x.words {
		l.local[j] = 0
	}
	return x
}

// expect is the expectation step: of each entry, its count over the word's norm, times the document's weight, and of each document, theta.
func (l *topicLearner) expect(ctx context.Context, x *wordIndex) (ratio, theta []float64, err error) {
	k := l.t.k
	ratio, theta = make([]float64, len(x.entry)), make([]float64, (x.hi-x.lo)*k)
	par.ForChunks(x.hi-x.lo, 16, func(_, lo, hi int) {
		if ctx.Err() != nil {
			return
		}
		r := newTopicRoom(k)
		for i := lo; i < hi; i++ {
			cols, vals := l.s.x.NZ(l.s.at(x.lo+i), &r.entries)
			l.t.document(r, cols, vals)
			copy(theta[i*k:(i+1)*k], r.theta)
			w, to := l.s.weight(x.lo+i), ratio[x.first[i]:x.first[i+1]]
			for a, v := range vals {
				to[a] = float64(w*v) / r.norm[a]
			}
		}
	})
	return ratio, theta, ml.Done(ctx)
}

// came sets dst to the counts of word w of the index that came to each topic.
func (l *topicLearner) came(dst []float64, x *wordIndex, w int, ratio, theta []float64) {
	k := l.t.k
	clear(dst)
	for a := x.ptr[w]; a < x.ptr[w+1]; a++ {
		d := int(x.doc[a])
		kern.Axpy(ratio[x.entry[a]], theta[d*k:(d+1)*k], dst)
	}
	j := int(x.words[w])
	for i, v := range l.t.beta[j*k : (j+1)*k] {
		dst[i] *= v
	}
}

// whole is an iteration of batch learning.
func (l *topicLearner) whole(ctx context.Context) error {
	if l.all == nil {
		l.all = l.index(0, l.s.n)
	}
	x, t := l.all, l.t
	ratio, theta, err := l.expect(ctx, x)
	if err != nil {
		return err
	}
	if len(x.words) < t.p {
		for i := range t.lambda {
			t.lambda[i] = t.c.TopicWordPrior
		}
	}
	par.For(len(x.words), 1+10*len(x.entry)/max(len(x.words), 1), func(lo, hi int) {
		for w := lo; w < hi; w++ {
			j := int(x.words[w])
			lambda := t.lambda[j*t.k : (j+1)*t.k]
			l.came(lambda, x, w, ratio, theta)
			for i := range lambda {
				lambda[i] += t.c.TopicWordPrior
			}
		}
	})
	t.refresh()
	l.step++
	return nil
}

// batches is a pass of online learning, of documents that stand for that many.
func (l *topicLearner) batches(ctx context.Context, documents float64) error {
	t := l.t
	l.product = 1
	l.seen = make([]float64, t.p)
	for j := range l.seen {
		l.seen[j] = 1
	}
	for i := range t.lambda {
		t.lambda[i] -= t.c.TopicWordPrior
	}
	for lo := 0; lo < l.s.n; lo += t.c.BatchSize {
		if err := l.batch(ctx, lo, min(lo+t.c.BatchSize, l.s.n), documents); err != nil {
			return err
		}
	}
	l.catchUp()
	for i := range t.lambda {
		t.lambda[i] += t.c.TopicWordPrior
	}
	t.refresh()
	return nil
}

// catchUp makes the weights of all words those of now.
func (l *topicLearner) catchUp() {
	k := l.t.k
	par.For(l.t.p, k, func(lo, hi int) {
		for j := lo; j < hi; j++ {
			fall := l.product / l.seen[j]
			for i := range l.t.lambda[j*k : (j+1)*k] {
				l.t.lambda[j*k+i] *= fall
			}
			l.seen[j] = 1
		}
	})
	l.product = 1
}

func (l *topicLearner) batch(ctx context.Context, lo, hi int, documents float64) error {
	t, x := l.t, l.index(lo, hi)
	k, prior := t.k, t.c.TopicWordPrior
	stats.Digammas(t.mean, t.total)
	par.For(len(x.words), 30*k, func(from, to int) {
		for _, j := range x.words[from:to] {
			fall, at := l.product/l.seen[j], int(j)*k
			lambda := t.lambda[at : at+k]
			for i := range lambda {
				lambda[i] *= fall
			}
			l.seen[j] = l.product
			l.betaOf(int(j))
		}
	})
	ratio, theta, err := l.expect(ctx, x)
	if err != nil {
		return err
	}
	weight := 0.0
	for i := lo; i < hi; i++ {
		weight += l.s.weight(i)
	}
	l.step++
	rate := math.Pow(t.c.Offset+float64(l.step), -t.c.Decay)
	now, gain := l.product*(1-rate), rate*documents/weight
	gained := par.Reduce(len(x.words), 256, func(_, from, to int) []float64 {
		sum, came := make([]float64, k), make([]float64, k)
		for w := from; w < to; w++ {
			l.came(came, x, w, ratio, theta)
			j := int(x.words[w])
			lambda := t.lambda[j*k : (j+1)*k]
			for i, v := range came {
				lambda[i] = float64((1-rate)*lambda[i]) + float64(gain*v)
				sum[i] += float64(gain * v)
			}
			l.seen[j] = now
		}
		return sum
	}, addTo)
	for i := range t.total {
		base := float64(float64(t.p) * prior)
		t.total[i] = base + float64((1-rate)*(t.total[i]-base))
		if gained != nil {
			t.total[i] += gained[i]
		}
	}
	if l.product = now; now < 1e-100 {
		l.catchUp()
	}
	return nil
}

// betaOf makes the beta of a word whose weights are kept less the prior.
func (l *topicLearner) betaOf(j int) {
	t := l.t
	b := t.beta[j*t.k : (j+1)*t.k]
	for i, v := range t.lambda[j*t.k : (j+1)*t.k] {
		b[i] = v + t.c.TopicWordPrior
	}
	stats.Digammas(b, b)
	for i, v := range t.mean {
		b[i] -= v
	}
	kern.Exp(b, b)
}
