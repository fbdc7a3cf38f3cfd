package mltest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/codec"
	"github.com/gopherwood-ml/ml/internal/rng"
)

func checkConfigJSON(e *env) error {
	config := reflect.TypeOf(e.config)
	if _, _, known := codec.FitOf(config); !known && reflect.ValueOf(e.config).MethodByName("Fit").IsValid() {
		return fmt.Errorf("%v is not registered with ml.RegisterConfig: files that hold it are not checked, and wrappers lose its model's abilities", config)
	}
	b, err := ml.MarshalConfig(e.config)
	if err != nil {
		return fmt.Errorf("ml.MarshalConfig: %w", err)
	}
	again, err := ml.MarshalConfig(e.config)
	if err != nil {
		return fmt.Errorf("ml.MarshalConfig: %w", err)
	}
	if !bytes.Equal(b, again) {
		return errors.New("ml.MarshalConfig gives other bytes each time")
	}
	back, err := e.unmarshal(b)
	if err != nil {
		return fmt.Errorf("ml.UnmarshalConfig of %s: %w", b, err)
	}
	if !sameConfig(reflect.ValueOf(e.config), reflect.ValueOf(back)) {
		return fmt.Errorf("the config %+v comes back as %+v from %s", e.config, back, b)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return fmt.Errorf("ml.MarshalConfig gives no JSON object: %s", b)
	}
	fields["NoSuchField"] = json.RawMessage("1")
	more, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	c, err := e.unmarshal(more)
	if err == nil {
		return fmt.Errorf("ml.UnmarshalConfig takes a field that does not exist: %s gives %+v", more, c)
	}
	return typed(err)
}

// sameConfig is reflect.DeepEqual but for what stands in interface fields: a pipeline comes back there in the form that
// holds any final step. Whether it fits alike is for RefitLoaded to say.
func sameConfig(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return false
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if !sameConfig(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !sameConfig(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Interface:
		x, y := a.Elem(), b.Elem()
		return x.IsValid() && y.IsValid() && x.Type() != y.Type() || sameConfig(x, y)
	}
	return !a.IsValid() || equalValues(a, b)
}

// equalValues compares what holds no interfaces, unexported fields included.
func equalValues(a, b reflect.Value) bool {
	if a.CanInterface() {
		return reflect.DeepEqual(a.Interface(), b.Interface())
	}
	return a.Comparable() && b.Comparable() && a.Equal(b)
}

func checkSaveLoad(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		file, err := save(v.model)
		if err != nil {
			return err
		}
		again, err := save(v.model)
		if err != nil {
			return err
		}
		if err := sameBytes("the model, once more,", file, again); err != nil {
			return err
		}
		loaded, err := e.load(bytes.NewReader(file))
		if err != nil {
			return fmt.Errorf("ml.Load: %w", err)
		}
		if reflect.TypeOf(loaded) != reflect.TypeOf(v.model) && e.concrete {
			return fmt.Errorf("a %T was saved, a %T loaded", v.model, loaded)
		}
		want, err := v.outputs(s.x())
		if err != nil {
			return err
		}
		l := e.view(loaded)
		got, err := l.outputs(s.x())
		if err != nil {
			return fmt.Errorf("the loaded model: %w", err)
		}
		if len(got) != len(want) || len(l.rows) != len(v.rows) {
			return fmt.Errorf("the loaded model has other methods: %d for batches and %d for rows, not %d and %d", len(got), len(l.rows), len(want), len(v.rows))
		}
		if err := sameOutputs(want, got); err != nil {
			return fmt.Errorf("saved and loaded: %w", err)
		}
		if err := l.rowsAgree(s.x(), want); err != nil {
			return fmt.Errorf("saved and loaded: %w", err)
		}
		if v.out != nil && !reflect.DeepEqual(v.out(), l.out()) {
			return fmt.Errorf("its Out is %+v, and %+v when loaded", v.out(), l.out())
		}
		resaved, err := save(loaded)
		if err != nil {
			return err
		}
		return sameBytes("the loaded model", file, resaved)
	})
}

// stranger is a type that no file holds.
type stranger struct{ Number float64 }

func (stranger) Strange() {}

func checkHostileFile(e *env) error {
	v, err := e.model(e.samples[0])
	if err != nil {
		return err
	}
	file, err := save(v.model)
	if err != nil {
		return err
	}
	if _, err := ml.Load[*stranger](bytes.NewReader(file)); !errors.Is(err, ml.ErrType) {
		return fmt.Errorf("loaded as another type: the error is %v, want ErrType", err)
	}
	if _, err := ml.Load[interface{ Strange() }](bytes.NewReader(file)); !errors.Is(err, ml.ErrType) {
		return fmt.Errorf("loaded as an interface it lacks: the error is %v, want ErrType", err)
	}
	r := rng.New(1, 0)
	for k := range 120 {
		at := int(r.Uint64N(uint64(len(file))))
		if k%3 == 0 {
			at = int(r.Uint64N(uint64(min(len(file), 400)))) // the header decides most
		}
		damaged := bytes.Clone(file)
		what := fmt.Sprintf("bit %d of byte %d flipped", k%8, at)
		damaged[at] ^= 1 << (k % 8)
		if k%2 == 0 {
			what = fmt.Sprintf("cut after byte %d of %d", at, len(file))
			damaged = file[:at]
		}
		if err := e.survivesFile(damaged); err != nil {
			return fmt.Errorf("a file %s: %w", what, err)
		}
	}
	for _, size := range []int{0, 1, 7, 8, 9, len(file) - 1} {
		if err := e.survivesFile(file[:size]); err != nil {
			return fmt.Errorf("a file cut after byte %d of %d: %w", size, len(file), err)
		}
	}
	return nil
}

// survivesFile wants an *ml.Error within bounded memory.
func (e *env) survivesFile(file []byte) error {
	limit := uint64(16<<20 + 64*len(file))
	var used uint64
	for range 3 { // other tests allocate at the same time
		var loaded any
		var err error
		used, err = allocated(func() error {
			return caught(func() error {
				var err error
				loaded, err = e.load(bytes.NewReader(file))
				return err
			})
		})
		if err := refused(loaded, err); err != nil {
			return err
		}
		if used <= limit {
			return nil
		}
	}
	return fmt.Errorf("%d bytes allocated for a file of %d", used, len(file))
}

func checkRefitLoaded(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		file, err := save(v.model)
		if err != nil {
			return err
		}
		loaded, err := e.load(bytes.NewReader(file))
		if err != nil {
			return fmt.Errorf("ml.Load: %w", err)
		}
		meta := e.view(loaded).meta
		if meta == nil || meta.Config == nil {
			return errors.New("the loaded model has no Config")
		}
		m, err := e.fitted(meta.Config, s.data)
		if err != nil {
			return fmt.Errorf("the config of the loaded model: %w", err)
		}
		want, err := v.outputs(s.x())
		if err != nil {
			return err
		}
		got, err := e.view(m).outputs(s.x())
		if err != nil {
			return err
		}
		if err := sameOutputs(want, got); err != nil {
			return fmt.Errorf("fitted again with the config of the loaded model: %w", err)
		}
		refit, err := save(m)
		if err != nil {
			return err
		}
		return sameBytes("the model fitted with the config of the loaded one", file, refit)
	})
}
