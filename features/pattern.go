package features

import (
	"fmt"
	"iter"
	"regexp"
	"sync"

	"github.com/gopherwood-ml/ml"
)

// Pattern cuts a text into the matches of a regular expression (package regexp); if the expression has a group, into what the group
// matches. Empty matches are left out. It is scikit-learn's token_pattern; Words, which is its default pattern, is much faster.
type Pattern string

// patterns are compiled once for a program.
var patterns sync.Map // of *regexp.Regexp by Pattern

func (p Pattern) compile() (*regexp.Regexp, error) {
	if re, known := patterns.Load(p); known {
		return re.(*regexp.Regexp), nil
	}
	re, err := regexp.Compile(string(p))
	if err != nil {
		return nil, err
	}
	patterns.Store(p, re)
	return re, nil
}

// Check refuses what is no regular expression, and one of several groups.
func (p Pattern) Check() error {
	const want = "a regular expression with one group at the most; (?:...) groups without counting"
	re, err := p.compile()
	if err != nil {
		return &ml.Error{Where: "features.Pattern", Field: "pattern", Found: fmt.Sprintf("%q", string(p)), Want: want, Kind: ml.ErrConfig, Cause: err}
	}
	if re.NumSubexp() > 1 || p == "" {
		return ml.BadConfig("features.Pattern", "pattern", fmt.Sprintf("%q", string(p)), want)
	}
	return nil
}

// Tokens yields the matches in a text; none if Check finds a fault.
func (p Pattern) Tokens(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		re, err := p.compile()
		if err != nil || p.Check() != nil {
			return
		}
		group := 2 * re.NumSubexp()
		for _, at := range re.FindAllStringSubmatchIndex(text, -1) {
			if lo, hi := at[group], at[group+1]; lo >= 0 && hi > lo && !yield(text[lo:hi]) {
				return
			}
		}
	}
}

func init() { ml.Register[Pattern]("features.Pattern") }
