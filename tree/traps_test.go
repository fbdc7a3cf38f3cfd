package tree

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml/internal/golden"
)

// trap is something that a reader of a format can get wrong, and how to see that a file has it.
type trap struct {
	name  string
	shown func(text string, e *Ensemble) bool
	since string // the first version whose files have it; "": all
	until string // the first one that has it no more
}

// says is a trap that the text of a file shows.
func says(name, pattern string) trap {
	re := regexp.MustCompile(pattern)
	return trap{name: name, shown: func(text string, _ *Ensemble) bool { return re.MatchString(text) }}
}

// asks is a trap that the rule of a split shows.
func asks(name string, is func(Rule) bool) trap {
	return trap{name: name, shown: func(_ string, e *Ensemble) bool {
		for i, f := range e.Feature {
			if f >= 0 && is(e.Rule[i]) {
				return true
			}
		}
		return false
	}}
}

// answers is a trap that the link shows.
func answers(name string, link Link) trap {
	return trap{name: name, shown: func(_ string, e *Ensemble) bool { return e.Link == link && e.Trees() > 0 }}
}

func (t trap) from(since string) trap   { t.since = since; return t }
func (t trap) before(until string) trap { t.until = until; return t }

var lightgbmTraps = []trap{
	says("several trees a round", `(?m)^num_tree_per_iteration=3$`),
	says("an objective with parameters", `(?m)^objective=binary sigmoid:0\.7$`),
	says("average_output", `(?m)^average_output$`),
	says("names that hold =", `(?m)^feature_names=a=b c d= `),
	says("ranges and lists of codes in feature_infos", `(?m)^feature_infos=\[.* [-\d]+:[-\d]+:.*\[`),
	says("parameters behind the trees", `end of trees[\s\S]*\nparameters:`),
	says("levels of a pandas frame", `pandas_categorical:\[\[`).from("3.3.5"),
	asks("no missing: NaN is 0", func(r Rule) bool { return r&NaNIsZero != 0 }),
	asks("zero is missing, left", func(r Rule) bool { return r&ZeroIsMissing != 0 && r&MissingLeft != 0 }),
	asks("zero is missing, right", func(r Rule) bool { return r&ZeroIsMissing != 0 && r&MissingLeft == 0 }),
	asks("NaN is missing, left", func(r Rule) bool { return r == LessEq|MissingLeft }),
	asks("NaN is missing, right", func(r Rule) bool { return r == LessEq }),
	asks("a set of categories, which goes left", func(r Rule) bool { return r.Test() == InCut }),
	{name: "a tree of one leaf", shown: func(_ string, e *Ensemble) bool { return e.Trees() > 0 && e.Nodes(0) == 1 }},
	{name: "a class without trees that grew beside others", shown: func(_ string, e *Ensemble) bool {
		return e.Outputs == 3 && e.Trees() > 0 && e.Nodes(0) > 1 != (e.Nodes(1) > 1)
	}},
	{name: "linear leaves", since: "3.3.5", shown: func(_ string, e *Ensemble) bool { return e.Linear != nil && len(e.Linear.Feature) > 0 }},
	{name: "a factor of the score in the link", shown: func(_ string, e *Ensemble) bool { return e.Link == OneVsRest && e.LinkScale == 2 }},
	{name: "a forest of several classes", shown: func(_ string, e *Ensemble) bool { return e.Average && e.Outputs == 3 }},
	answers("sigmoid", Logistic), answers("softmax", Softmax), answers("one sigmoid for each class", OneVsRest), answers("exp", Exp),
	answers("sqrt: sign(x)x²", SignedSquare), answers("cross_entropy_lambda: log1p(exp)", Softplus),
}

var xgboostTraps = []trap{
	says("JSON", `^\{"`),
	says("UBJSON with typed arrays", `^\{L\x00[\s\S]*\[\$d#L\x00`),
	says("base_score as a number in a text", `"base_score":"[-\d.]+E`).before("3.1"),
	says("base_score as a list in a text", `"base_score":"\[[-\d.E]+\]"`).from("3.1"),
	says("base_score for each target", `"base_score":"\[[^\]"]*,`).from("3.1"),
	{name: "base_score as a probability", shown: func(text string, e *Ensemble) bool {
		return strings.Contains(text, "binary:logistic") && strings.Contains(text, "3.7E-1") && e.Base[0] < 0
	}},
	says("several targets", `"num_target":"2"`),
	says("classes", `"num_class":"3"`),
	says("names that JSON escapes", `q\\"uote`),
	says("best_iteration", `"best_iteration":"\d`),
	says("nodes that were deleted", `"num_deleted":"[1-9]`),
	says("several trees a round", `"num_parallel_tree":"2"`),
	says("where rounds begin", `"iteration_indptr":\[0,`).from("2.1.4"),
	says("DART around a nested model", `"name":"dart"`).before("3.3"),
	says("DART inside gbtree", `"weight_drop":\[[-\d.E]+,`),
	says("a linear booster", `"name":"gblinear"`),
	says("vectors in leaves", `"size_leaf_vector":"[23]"`).from("2.1.4"),
	says("the container of categories", `"cats":\{"enc":\[\{`).from("3.2.0"),
	says("categories as sets", `"categories_nodes":\[\d`),
	asks("a set, which goes right", func(r Rule) bool { return r.Test() == In }),
	asks("missing left", func(r Rule) bool { return r == Less|MissingLeft }),
	asks("missing right", func(r Rule) bool { return r == Less }),
	{name: "tree weights", shown: func(_ string, e *Ensemble) bool { return len(e.Weight) > 0 && slices.Min(e.Weight) < 1 }},
	{name: "a tree of one leaf", shown: func(_ string, e *Ensemble) bool { return e.Linear == nil && e.Trees() > 0 && e.Nodes(0) == 1 }},
	{name: "leaves that are vectors", since: "2.1.4", shown: func(_ string, e *Ensemble) bool { return e.Vector && e.Trees() > 0 }},
	answers("sigmoid", Logistic), answers("softmax", Softmax), answers("exp", Exp), answers("hinge", Hinge),
}

// Every trap of the formats is in a fixture of every version that has it; TestLightGBMModelsAnswerAsInLightGBM and TestXGBoostModelsAnswerAsInXGBoost compare
// what those predict. Run it with -v for the table.
func TestFixturesCoverEveryTrap(t *testing.T) {
	for _, library := range []struct {
		name     string
		versions []string
		traps    []trap
		read     func(text string) (answering, error)
	}{
		{"lightgbm", []string{"2.3.1", "3.3.5", "4.7.0"}, lightgbmTraps, func(text string) (answering, error) { return ReadLightGBM[answering](strings.NewReader(text)) }},
		{"xgboost", []string{"1.7.6", "2.1.4", "3.0.5", "3.2.0", "3.4.1"}, xgboostTraps, func(text string) (answering, error) { return ReadXGBoost[answering](strings.NewReader(text)) }},
	} {
		for _, version := range library.versions {
			file := golden.Load[foreign](t, "testdata/"+library.name+"_"+version+".json")
			shown := make([][]string, len(library.traps))
			for name, c := range file.Cases {
				text := c.file(t)
				m, err := library.read(text)
				require.NoError(t, err)
				for k, trap := range library.traps {
					if trap.shown(text, m.Trees()) {
						shown[k] = append(shown[k], name)
					}
				}
			}
			for k, trap := range library.traps {
				slices.Sort(shown[k])
				expected := version >= trap.since && (trap.until == "" || version < trap.until)
				assert.Equal(t, expected, len(shown[k]) > 0, "%s %s: %s in %q", library.name, version, trap.name, shown[k])
				t.Logf("%s %s: %s: %s", library.name, version, trap.name, strings.Join(shown[k], ", "))
			}
		}
	}
}

// What files of other versions and settings have, or lack, around the same trees.
func TestLightGBMFilesOfOtherShapes(t *testing.T) {
	file := golden.Load[foreign](t, "testdata/lightgbm_4.7.0.json")
	for _, name := range []string{"regression", "multiclass"} {
		c := file.Cases[name]
		text := c.Model
		without := func(pattern string) string {
			out := regexp.MustCompile(`(?m)^`+pattern+`\n`).ReplaceAllString(text, "")
			require.NotEqual(t, text, out, pattern)
			return out
		}
		after := func(line, more string) string {
			out := strings.Replace(text, line, line+more, 1)
			require.NotEqual(t, text, out, line)
			return out
		}
		for what, text := range map[string]string{
			"no tree_sizes":           without("tree_sizes=.*"),
			"wrong tree_sizes":        strings.Replace(text, "tree_sizes=", "tree_sizes=9", 1),
			"version 2":               strings.Replace(without("(is_linear|tree_sizes|leaf_weight|internal_weight)=.*"), "version=v4", "version=v2", 1),
			"monotone constraints":    after("max_feature_idx=5\n", "monotone_constraints=1 0 -1 0 0 0\n"),
			"lines end as in Windows": strings.ReplaceAll(text, "\n", "\r\n"),
			"a parser":                after("end of parameters\n", "\nparser:\n{\"className\": \"x\", \"Tree=\": 1}\nend of parser\n"),
			"a column of one value":   regexp.MustCompile(`feature_infos=\[[^\]]*\]`).ReplaceAllString(text, "feature_infos=none"),
			"no end":                  text[:strings.Index(text, "end of trees")],
		} {
			m, err := ReadLightGBM[answering](bytes.NewReader([]byte(text)))
			require.NoError(t, err, what)
			raw, err := m.Raw(c.rows(t, file.X))
			require.NoError(t, err)
			assert.Equal(t, c.Raw, raw.Data(), fmt.Sprintf("%s, %s", name, what))
		}
	}
}
