package ml

import (
	"errors"
	"io"
	"reflect"

	"github.com/gopherwood-ml/ml/internal/codec"
)

// Version is the version of this library that model files record.
const Version = "0.1.0"

// Save writes a model, or anything whose types are registered, as a safetensors file: a JSON header with its kind, config,
// columns, classes and where it came from, and its arrays as raw little-endian numbers that any language can read. The
// same model gives the same bytes. What cannot be stored (a func, a type without a registered kind in an interface field)
// gives an error that names its path.
func Save(w io.Writer, model any) error {
	if isNil(model) {
		return &Error{Where: "ml.Save", Found: "nil", Want: "a model", Kind: ErrConfig}
	}
	return fromCodec("ml.Save", codec.Encode(w, model, map[string]string{"library": "gopherwood " + Version}))
}

// Load reads what Save wrote. T is the type that was saved or an interface it has:
//
//	m, err := ml.Load[*ml.Chain[int, *linear.LogisticModel]](r)
//	m, err := ml.Load[ml.Classifier](r)
//
// The packages whose types the file holds must be linked into the program. A pipeline loaded into an interface comes back
// as *Chain[int, Classifier] or the form for its kind of target. Every length and index is checked before anything is
// allocated for it, a checksum covers the whole, and no code is run but the types' own Restore methods. A file that is not
// sound gives ErrFormat, one that holds something else than T gives ErrType. Loading takes memory in proportion to the file.
func Load[T any](r io.Reader) (T, error) {
	var none T
	v, _, err := codec.Decode(r, reflect.TypeFor[T]())
	if err != nil {
		return none, fromCodec("ml.Load", err)
	}
	return v.Interface().(T), nil
}

// MarshalConfig renders a config as JSON, with its kind and the kinds of what it holds. Fields that are zero are left out.
func MarshalConfig(config any) ([]byte, error) {
	if isNil(config) {
		return nil, &Error{Where: "ml.MarshalConfig", Found: "nil", Want: "a config", Kind: ErrConfig}
	}
	b, err := codec.EncodeJSON(config)
	return b, fromCodec("ml.MarshalConfig", err)
}

// UnmarshalConfig reads a config from JSON. A field that the type does not have is an error, and so is one that stands
// twice. The kind may be missing where T is the config's own type; an interface needs it. Ranges are checked by Fit.
//
// A pipeline or a search that stands inside another one comes back in its form for interfaces, since JSON cannot spell Go's
// type arguments. Where there is one, ask for an interface:
//
//	f, err := ml.UnmarshalConfig[ml.Fitter[ml.Dataset[int], ml.Classifier]](text)
func UnmarshalConfig[T any](data []byte) (T, error) {
	var none T
	v, err := codec.DecodeJSON(data, reflect.TypeFor[T]())
	if err != nil {
		return none, fromCodec("ml.UnmarshalConfig", err)
	}
	return v.Interface().(T), nil
}

// fromCodec turns the codec's errors into this package's.
func fromCodec(where string, err error) error {
	var e *codec.Error
	if !errors.As(err, &e) {
		return err
	}
	kind := ErrFormat
	switch {
	case errors.Is(e.Kind, codec.ErrType):
		kind = ErrType
	case errors.Is(e.Kind, codec.ErrStore):
		kind = ErrConfig
	}
	return &Error{Where: where, Field: e.Path, Found: e.Found, Want: e.Want, Kind: kind, Cause: e.Cause}
}

func init() {
	Register[step]("ml.Step")
	Register[resample]("ml.Resample")
	RegisterConfig[Stages]("ml.Stages")
	Register[*FittedStages]("ml.FittedStages")
	RegisterConfig[AnyClassifier]("ml.AnyClassifier")
	RegisterConfig[AnyRegressor]("ml.AnyRegressor")
	RegisterConfig[AnyClassifier]("ml.AnyClassifier")
	RegisterConfig[AnyMultiRegressor]("ml.AnyMultiRegressor")
	RegisterConfig[AnyMultiLabel]("ml.AnyMultiLabel")
	neighbour := reflect.TypeFor[Fitted]()
	codec.RegisterFamily(codec.Family{Name: "ml.Chain", Inner: []string{"Final"}, Owner: codec.InstanceOf(neighbour, "Chain"), Kind: chainKind, Default: chainDefault})
	codec.RegisterFamily(codec.Family{Name: "ml.Pipeline", Inner: []string{"Final"}, Owner: codec.InstanceOf(neighbour, "Pipeline"), Kind: pipelineKind, Default: pipelineDefault, Fit: pipelineFit})
	adapt[Dataset[int], Classifier]()
	adapt[Dataset[int], Predictor[int]]()
	adapt[Dataset[float64], Predictor[float64]]()
	adapt[Dataset[[]float64], Predictor[[]float64]]()
	adapt[Dataset[[]int], Predictor[[]int]]()
	adapt[Table, Predictor[int]]()
	adapt[Table, Predictor[float64]]()
}

// chainKind tells chains apart by what they predict; their final model carries its own kind.
func chainKind(t reflect.Type) string {
	m, _ := reflect.PointerTo(t).MethodByName("Predict")
	return "ml.Chain[" + m.Type.Out(0).Elem().String() + "]"
}

func chainDefault(kind string, peek codec.Peek) (reflect.Type, error) {
	switch kind {
	case "ml.Chain[int]":
		if codec.StoredHas[Classifier](peek, "Final") {
			return reflect.TypeFor[*Chain[int, Classifier]](), nil
		}
		return reflect.TypeFor[*Chain[int, Predictor[int]]](), nil
	case "ml.Chain[float64]":
		return reflect.TypeFor[*Chain[float64, Predictor[float64]]](), nil
	case "ml.Chain[[]float64]":
		return reflect.TypeFor[*Chain[[]float64, Predictor[[]float64]]](), nil
	case "ml.Chain[[]int]":
		return reflect.TypeFor[*Chain[[]int, Predictor[[]int]]](), nil
	}
	return nil, nil
}

// pipelineKind tells pipelines apart by what they are fitted to and what they predict.
func pipelineKind(t reflect.Type) string {
	data, model := pipelineFit(t)
	predict, _ := model.MethodByName("Predict")
	y := predict.Type.Out(0).Elem().String()
	if data == reflect.TypeFor[Table]() {
		return "ml.Pipeline[Table," + y + "]"
	}
	return "ml.Pipeline[" + y + "]"
}

func pipelineFit(t reflect.Type) (data, model reflect.Type) {
	return reflect.Zero(t).Interface().(fitting).fits()
}

func pipelineDefault(kind string, peek codec.Peek) (reflect.Type, error) {
	switch kind {
	case "ml.Pipeline[int]":
		if codec.StoredHas[Classifier](peek, "Final") {
			return reflect.TypeFor[Pipeline[Dataset[int], int, Classifier]](), nil
		}
		return reflect.TypeFor[Pipeline[Dataset[int], int, Predictor[int]]](), nil
	case "ml.Pipeline[float64]":
		return reflect.TypeFor[Pipeline[Dataset[float64], float64, Predictor[float64]]](), nil
	case "ml.Pipeline[[]float64]":
		return reflect.TypeFor[Pipeline[Dataset[[]float64], []float64, Predictor[[]float64]]](), nil
	case "ml.Pipeline[[]int]":
		return reflect.TypeFor[Pipeline[Dataset[[]int], []int, Predictor[[]int]]](), nil
	case "ml.Pipeline[Table,int]":
		return reflect.TypeFor[Pipeline[Table, int, Predictor[int]]](), nil
	case "ml.Pipeline[Table,float64]":
		return reflect.TypeFor[Pipeline[Table, float64, Predictor[float64]]](), nil
	}
	return nil, nil
}

// adapt lets a config be loaded into a slot for fitters of an interface type.
func adapt[D Erasable, M any]() {
	codec.RegisterAdapter(reflect.TypeFor[Fitter[D, M]](), func(v reflect.Value) (reflect.Value, error) {
		a := anyFitter[D, M]{v.Interface()}
		if err := a.Restore(); err != nil {
			return reflect.Value{}, err
		}
		return reflect.ValueOf(a), nil
	})
}

// Stored makes the codec write the config itself, so that a loaded pipeline is saved as it was.
func (a anyFitter[D, M]) Stored() any { return a.Config }
