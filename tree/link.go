package tree

import (
	"fmt"
	"math"

	"github.com/gopherwood-ml/ml/internal/kern"
)

// Link leads from the raw scores of a row to what is predicted.
type Link uint8

// The links.
const (
	Identity     Link = iota // the scores themselves
	Logistic                 // 1 / (1 + exp(-scale * score)), for each score
	Softmax                  // exp(score) / the sum of all exp(score)
	OneVsRest                // Logistic for each class; probabilities divide by their sum
	Exp                      // exp(score)
	SignedSquare             // sign(score) * score^2: LightGBM's reg_sqrt
	Softplus                 // log(1 + exp(score)): LightGBM's cross_entropy_lambda
	Hinge                    // 1 if the score is above 0, else 0: XGBoost's binary:hinge
	Share                    // the scores are class weights: each divided by their sum, which forests of probabilities need
	Probability              // the score is the probability of class 1: forests of two classes
)

var linkNames = [...]string{"identity", "logistic", "softmax", "one-vs-rest", "exp", "signed square", "softplus", "hinge", "share", "probability"}

// String names the link.
func (l Link) String() string {
	if l.known() {
		return linkNames[l]
	}
	return fmt.Sprintf("Link(%d)", uint8(l))
}

func (l Link) known() bool { return int(l) < len(linkNames) }

// Respond turns the raw scores of one row into responses in place: what the library that the trees come from would predict.
func (e *Ensemble) Respond(scores []float64) {
	switch e.Link {
	case Softmax:
		softmax(scores)
	case Share:
		share(scores)
	default:
		e.respondEach(scores)
	}
}

// respondFlat is Respond for rows of k scores, one after the other.
func (e *Ensemble) respondFlat(scores []float64, k int) {
	if e.Link != Softmax && e.Link != Share {
		e.respondEach(scores)
		return
	}
	for lo := 0; lo < len(scores); lo += k {
		e.Respond(scores[lo : lo+k])
	}
}

// respondEach applies a link that looks at one score at a time. The elementary functions give the same bits on every machine.
func (e *Ensemble) respondEach(scores []float64) {
	switch e.Link {
	case Logistic, OneVsRest:
		if e.LinkScale != 0 && e.LinkScale != 1 {
			for k := range scores {
				scores[k] *= e.LinkScale
			}
		}
		kern.SigmoidPortable(scores, scores)
	case Exp:
		kern.ExpPortable(scores, scores)
	case SignedSquare:
		for k, s := range scores {
			scores[k] = math.Copysign(s*s, s)
		}
	case Softplus:
		for k, s := range scores {
			scores[k] = -math.Abs(s)
			kern.ExpPortable(scores[k:k+1], scores[k:k+1])
			kern.Log1pPortable(scores[k:k+1], scores[k:k+1])
			scores[k] += max(s, 0)
		}
	case Hinge:
		for k, s := range scores {
			scores[k] = 0
			if s > 0 {
				scores[k] = 1
			}
		}
	}
}

func softmax(z []float64) {
	top := z[0]
	for _, v := range z[1:] {
		top = max(top, v)
	}
	for k := range z {
		z[k] -= top
	}
	kern.ExpPortable(z, z)
	share(z)
}

// share divides by the sum; without one, all shares are equal.
func share(z []float64) {
	sum := 0.0
	for _, v := range z {
		sum += v
	}
	for k := range z {
		if sum > 0 {
			z[k] /= sum
		} else {
			z[k] = 1 / float64(len(z))
		}
	}
}
