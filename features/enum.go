package features

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gopherwood-ml/ml"
)

// enumString is the name of value v of an enumeration, such as "Strategy(9)" for one out of range.
func enumString(kind string, names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", kind, v)
}

// enumValue is the value of the given name.
func enumValue(kind string, names []string, text []byte) (uint8, error) {
	v := slices.Index(names, string(text))
	if v < 0 {
		return 0, &ml.Error{Where: "features." + kind, Found: fmt.Sprintf("%q", text), Want: "one of " + strings.Join(names, ", "), Kind: ml.ErrConfig}
	}
	return uint8(v), nil
}

// enumCheck refuses a value without a name.
func enumCheck(where, field, kind string, names []string, v uint8) error {
	if int(v) < len(names) {
		return nil
	}
	return ml.BadConfig(where, field, enumString(kind, names, v), "one of "+strings.Join(names, ", "))
}
