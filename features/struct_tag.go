package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gopherwood-ml/ml"
)

// A role is what a field of a struct is for.
type role uint8

const (
	roleFeature role = iota
	roleTarget
	roleWeight
	roleGroup
	roleSkipped
)

var roles = []string{"feature", "target", "weight", "group", "-"}

// A directive is a parsed ml tag.
type directive struct {
	role        role
	name        string // "" for none
	zeroMissing bool
	categorical bool   // the raw column holds codes
	other       bool   // unseen categories are allowed
	steps       string // the tag's steps as written: fields with equal ones can share transformers
	stages      []ml.Stage
}

// A complaint is what is wrong with a tag.
type complaint struct{ found, want string }

// tagOptions lists what a tag may hold, for errors.
const tagOptions = "one of -, name=, target, weight, group, zero=missing, impute=, log, log1p, sqrt, clip=, since=, scale, onehot, max=, min=, drop, ordinal, other"

// A tagParser goes through the options of a tag in order, since that is the order of the steps.
type tagParser struct {
	read       reading
	out        directive
	complaints []complaint
	configs    []any  // of the steps
	state      string // what the column holds behind the steps so far: "categories", "numbers", "a time", "one-hot columns"
	seen       map[string]bool
}

// parseTag reads the tag of a field that is read as r.
func parseTag(tag string, r reading) (directive, []complaint) {
	p := &tagParser{read: r, seen: map[string]bool{}}
	if tag == "-" {
		p.out.role = roleSkipped
		return p.out, nil
	}
	var options []string
	if tag != "" {
		options = strings.Split(tag, ",")
	}
	p.begin(options)
	for _, o := range options {
		key, value, has := strings.Cut(o, "=")
		p.option(strings.TrimSpace(key), strings.TrimSpace(value), has)
	}
	p.end()
	return p.out, p.complaints
}

func (p *tagParser) complain(found, want string) {
	p.complaints = append(p.complaints, complaint{found, want})
}

// begin looks ahead: integers and bools are categories if they are to be encoded as such.
func (p *tagParser) begin(options []string) {
	encoded := slices.ContainsFunc(options, func(o string) bool {
		key, _, _ := strings.Cut(o, "=")
		key = strings.TrimSpace(key)
		return key == "onehot" || key == "ordinal"
	})
	switch {
	case p.read == asText, encoded && (p.read.integer() || p.read == asBool):
		p.out.categorical = true
		p.state = "categories"
	case p.read == asTime:
		p.state = "a time"
	default:
		p.state = "numbers"
	}
}

func (p *tagParser) option(key, value string, has bool) {
	if p.seen[key] {
		p.complain(fmt.Sprintf("with %q twice", key), "each option once")
		return
	}
	p.seen[key] = true
	valued := map[string]bool{"name": true, "zero": true, "impute": true, "clip": true, "since": true, "max": true, "min": true}
	if valued[key] && value == "" {
		p.complain(fmt.Sprintf("with %q", key), key+"=VALUE")
		return
	}
	if has && !valued[key] && key != "ordinal" {
		p.complain(fmt.Sprintf("with %q", key+"="+value), fmt.Sprintf("%q without a value", key))
		return
	}
	switch key {
	case "name":
		p.out.name = value
	case "zero":
		p.out.zeroMissing = true
		if value != "missing" {
			p.complain(fmt.Sprintf("with %q", "zero="+value), `"zero=missing"`)
		}
	case "target", "weight", "group":
		if p.out.role != roleFeature {
			p.complain(fmt.Sprintf("with %q and %q", roles[p.out.role], key), "one of them")
		}
		p.out.role = role(slices.Index(roles, key))
	case "impute":
		p.impute(value)
	case "log":
		p.numeric(key, Map{Func: Log{}})
	case "log1p":
		p.numeric(key, Map{Func: Log1p{}})
	case "sqrt":
		p.numeric(key, Map{Func: Sqrt{}})
	case "clip":
		p.clip(value)
	case "scale":
		p.numeric(key, StandardScaler{})
	case "since":
		p.since(value)
	case "onehot":
		if p.needs(key, "categories") {
			p.configs = append(p.configs, OneHotEncoder{})
			p.state = "one-hot columns"
		}
	case "max", "min", "drop":
		p.refine(key, value)
	case "ordinal":
		p.ordinal(value, has)
	case "other":
		p.out.other = true
	default:
		p.complain(fmt.Sprintf("with unknown option %q", key), tagOptions)
	}
}

// needs complains if a step cannot follow those before it.
func (p *tagParser) needs(key, state string) bool {
	if p.state == state {
		return true
	}
	found := fmt.Sprintf("with %q on %s", key, p.state)
	if len(p.configs) == 0 {
		found = fmt.Sprintf("with %q on %s", key, p.read.one())
	}
	want := "it where the column holds " + state
	switch {
	case p.state == "a time":
		want = "since=2006-01-02 before it: a time is no number yet"
	case key == "onehot" || key == "ordinal":
		want = "it on a string, an integer or a bool"
	case p.state == "categories" && state == "numbers":
		want = "onehot, ordinal or impute=; this is a step for numbers"
	}
	p.complain(found, want)
	return false
}

func (p *tagParser) numeric(key string, config any) {
	if p.needs(key, "numbers") {
		p.configs = append(p.configs, config)
	}
}

func (p *tagParser) impute(value string) {
	strategies := map[string]Strategy{"mean": Mean, "median": Median, "mode": MostFrequent}
	s, named := strategies[value]
	switch {
	case p.state == "categories" && named && s != MostFrequent:
		p.complain(fmt.Sprintf("with %q on categories", "impute="+value), "impute=mode, or impute= and a category")
	case p.state == "categories" && named:
		p.configs = append(p.configs, SimpleImputer{Strategy: MostFrequent})
	case p.state == "categories":
		p.configs = append(p.configs, SimpleImputer{Strategy: Constant, FillLevel: value})
	case !p.needs("impute", "numbers"):
	case named:
		p.configs = append(p.configs, SimpleImputer{Strategy: s})
	default:
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || !finite(v) {
			p.complain(fmt.Sprintf("with %q", "impute="+value), "impute=mean, median, mode or a number")
			return
		}
		p.configs = append(p.configs, SimpleImputer{Strategy: Constant, Fill: v})
	}
}

func (p *tagParser) clip(value string) {
	if !p.needs("clip", "numbers") {
		return
	}
	c := Clip{Low: math.Inf(-1), High: math.Inf(1)}
	low, high, both := strings.Cut(value, ":")
	var errs [2]error
	if low != "" {
		c.Low, errs[0] = strconv.ParseFloat(low, 64)
	}
	if high != "" {
		c.High, errs[1] = strconv.ParseFloat(high, 64)
	}
	if !both || errs != [2]error{} || c.Check() != nil {
		p.complain(fmt.Sprintf("with %q", "clip="+value), "clip=LOW:HIGH, numbers that rise, one of which may be left out")
		return
	}
	p.configs = append(p.configs, Map{Func: c})
}

func (p *tagParser) since(value string) {
	if p.read != asTime || len(p.configs) > 0 {
		p.complain(fmt.Sprintf("with %q on %s", "since", p.read.one()), "it as the first step on a time.Time")
		return
	}
	p.state = "numbers"
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if start, err := time.Parse(layout, value); err == nil && !start.IsZero() { // the zero Time would mean 1970
			p.configs = append(p.configs, Map{Func: Since{Start: start.UTC()}})
			return
		}
	}
	p.complain(fmt.Sprintf("with %q", "since="+value), "a date such as since=2020-01-31, or an RFC 3339 time")
}

// refine sets what onehot, before it, does.
func (p *tagParser) refine(key, value string) {
	last := len(p.configs) - 1
	var c OneHotEncoder
	is := false
	if last >= 0 {
		c, is = p.configs[last].(OneHotEncoder)
	}
	if !is {
		p.complain(fmt.Sprintf("with %q", key), "onehot before it")
		return
	}
	n, err := strconv.Atoi(value)
	switch {
	case key == "drop":
		c.Drop = DropFirst
	case err != nil || n < 1:
		p.complain(fmt.Sprintf("with %q", key+"="+value), "a whole number >= 1")
	case key == "max":
		c.MaxCategories = n
	case key == "min":
		c.MinFrequency = float64(n)
	}
	p.configs[last] = c
}

func (p *tagParser) ordinal(value string, has bool) {
	if !p.needs("ordinal", "categories") {
		return
	}
	var c OrdinalEncoder
	if has {
		c.Order = strings.Split(value, "|")
		for i, level := range c.Order {
			if level == "" || slices.Contains(c.Order[:i], level) {
				p.complain(fmt.Sprintf("with %q", "ordinal="+value), "ordinal=LOW|MIDDLE|HIGH, each category once")
				return
			}
		}
	}
	p.configs = append(p.configs, c)
	p.state = "numbers"
}

// end checks what only the whole tag shows.
func (p *tagParser) end() {
	if p.read == asTime && p.state == "a time" && p.out.role == roleFeature && !p.seen["since"] {
		p.complain("a time.Time without since", `since=2006-01-02, or ml:"-" to leave it out`)
	}
	onehot := slices.IndexFunc(p.configs, func(c any) bool { _, is := c.(OneHotEncoder); return is })
	if p.out.other {
		switch {
		case onehot >= 0:
			c := p.configs[onehot].(OneHotEncoder)
			c.Unknown = UnknownInfrequent
			p.configs[onehot] = c
		case !p.out.categorical || p.seen["ordinal"]:
			p.complain(`with "other"`, "it with onehot, or on a string that stays categorical")
		}
	}
	if p.out.role != roleFeature && (len(p.configs) > 0 || p.out.other) {
		p.complain(fmt.Sprintf("with %q and steps for a feature", roles[p.out.role]), "nothing but name= and zero=missing beside it")
	}
	for _, c := range p.configs {
		p.out.stages = append(p.out.stages, stageOf(c))
	}
	p.out.steps = fmt.Sprintf("%v %#v", p.out.categorical, p.configs)
}

// stageOf is the Step of one of the configs that a tag can ask for.
func stageOf(config any) ml.Stage {
	switch c := config.(type) {
	case SimpleImputer:
		return ml.Step(c)
	case Map:
		return ml.Step(c)
	case StandardScaler:
		return ml.Step(c)
	case OneHotEncoder:
		return ml.Step(c)
	case OrdinalEncoder:
		return ml.Step(c)
	}
	panic(fmt.Sprintf("features: no stage for %T", config))
}
