package golden

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// unmarshal is json.Unmarshal with the differences that Load documents.
func unmarshal(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return err
	}
	return fill(reflect.ValueOf(into).Elem(), tree, "")
}

var unmarshalerType = reflect.TypeFor[json.Unmarshaler]()

// fill sets v to a tree of JSON values; path names v in errors.
func fill(v reflect.Value, tree any, path string) error {
	if reflect.PointerTo(v.Type()).Implements(unmarshalerType) {
		text, err := json.Marshal(tree)
		if err != nil {
			return err
		}
		return v.Addr().Interface().(json.Unmarshaler).UnmarshalJSON(text)
	}
	wrong := fmt.Errorf("%s: found %.60v, want a %v", strings.TrimPrefix(path, "."), tree, v.Type())
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		if tree == nil {
			v.SetZero()
			return nil
		}
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), tree, path)
	case reflect.Interface:
		if v.NumMethod() > 0 {
			return wrong
		}
		v.Set(reflect.ValueOf(tree))
		return nil
	case reflect.Slice, reflect.Array:
		items, ok := tree.([]any)
		if !ok || v.Kind() == reflect.Array && v.Len() != len(items) {
			return wrong
		}
		if v.Kind() == reflect.Slice {
			v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
		}
		for i, item := range items {
			if err := fill(v.Index(i), item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Map:
		return fillMap(v, tree, path, wrong)
	case reflect.Struct:
		return fillStruct(v, tree, path, wrong)
	case reflect.Bool:
		b, ok := tree.(bool)
		if !ok {
			return wrong
		}
		v.SetBool(b)
		return nil
	case reflect.String:
		s, ok := tree.(string)
		if !ok {
			return wrong
		}
		v.SetString(s)
		return nil
	}
	if !fillNumber(v, tree) {
		return wrong
	}
	return nil
}

func fillNumber(v reflect.Value, tree any) bool {
	text, isText := tree.(string)
	if n, ok := tree.(json.Number); ok {
		text = n.String()
	} else if !isText {
		return false
	}
	switch {
	case v.CanFloat():
		if isText && text != "NaN" && text != "+Inf" && text != "-Inf" {
			return false
		}
		f, err := strconv.ParseFloat(text, v.Type().Bits())
		v.SetFloat(f)
		return err == nil
	case v.CanInt() && !isText:
		i, err := strconv.ParseInt(text, 10, v.Type().Bits())
		v.SetInt(i)
		return err == nil
	case v.CanUint() && !isText:
		u, err := strconv.ParseUint(text, 10, v.Type().Bits())
		v.SetUint(u)
		return err == nil
	}
	return false
}

func fillMap(v reflect.Value, tree any, path string, wrong error) error {
	object, ok := tree.(map[string]any)
	if !ok || v.Type().Key().Kind() != reflect.String {
		return wrong
	}
	v.Set(reflect.MakeMap(v.Type()))
	for key, item := range object {
		if path == "" && key == madeBy {
			continue
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := fill(elem, item, path+"."+key); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), elem)
	}
	return nil
}

func fillStruct(v reflect.Value, tree any, path string, wrong error) error {
	object, ok := tree.(map[string]any)
	if !ok {
		return wrong
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && !f.IsExported() && name != "-" {
			// its fields could not be set, and a test would compare with zeros
			return fmt.Errorf("%s: cannot fill the embedded %v: its type is not exported", strings.TrimPrefix(path, "."), f.Type)
		}
		if name == "-" || !f.IsExported() {
			continue
		}
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			if err := fillStruct(v.Field(i), tree, path, wrong); err != nil {
				return err
			}
			continue
		}
		key, item, ok := lookUp(object, name, f.Name)
		if !ok && strings.Contains(options, "omitempty") {
			continue
		}
		if !ok {
			return fmt.Errorf("%s: the file has no %q", strings.TrimPrefix(path+"."+f.Name, "."), key)
		}
		if err := fill(v.Field(i), item, path+"."+key); err != nil {
			return err
		}
	}
	return nil
}

// lookUp finds a field by its tag, or else by its name, whose case does not count.
func lookUp(object map[string]any, tag, name string) (key string, item any, ok bool) {
	if tag != "" {
		item, ok = object[tag]
		return tag, item, ok
	}
	if item, ok = object[name]; ok {
		return name, item, true
	}
	for key, item := range object {
		if strings.EqualFold(key, name) {
			return key, item, true
		}
	}
	return strings.ToLower(name), nil, false
}
