//go:build cuda

package cuda

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"unsafe"
)

//go:generate sh kernels/compile.sh

//go:embed kernels/*.ptx
var compiled embed.FS

// maxArgs is the most arguments of a kernel.
const maxArgs = 64

// kernel is a kernel on the device.
type kernel struct {
	function unsafe.Pointer
	params   []byte // of each its kind: w of 64 bits, h of 32, f for a float32
}

// family is a module of kernels.
type family struct {
	name, text string
	kernels    map[string][]byte // the params of each
}

var (
	entryPattern = regexp.MustCompile(`(?s)\.entry (\w+)\((.*?)\)`)
	paramPattern = regexp.MustCompile(`\.param \.(\w+) `)
)

// families are the embedded modules, by their signatures as the compiler wrote them.
func families() ([]family, error) {
	files, err := compiled.ReadDir("kernels")
	if err != nil {
		return nil, err
	}
	kinds := map[string]byte{"u64": 'w', "u32": 'h', "f32": 'f'}
	var all []family
	for _, file := range files {
		text, err := compiled.ReadFile("kernels/" + file.Name())
		if err != nil {
			return nil, err
		}
		f := family{name: strings.TrimSuffix(file.Name(), ".ptx"), text: string(text), kernels: map[string][]byte{}}
		for _, entry := range entryPattern.FindAllStringSubmatch(f.text, -1) {
			var params []byte
			for _, p := range paramPattern.FindAllStringSubmatch(entry[2], -1) {
				kind := kinds[p[1]]
				if kind == 0 || len(params) == maxArgs {
					return nil, fmt.Errorf("cuda: the kernel %s has parameters that nothing passes", entry[1])
				}
				params = append(params, kind)
			}
			f.kernels[entry[1]] = params
		}
		all = append(all, f)
	}
	return all, nil
}

// loadKernels compiles all families for the device.
func loadKernels(d *device) (map[string]*kernel, error) {
	all, err := families()
	if err != nil {
		return nil, err
	}
	kernels := map[string]*kernel{}
	for _, f := range all {
		var names []string
		for name := range f.kernels {
			names = append(names, name)
		}
		found, err := d.load(f.text, names)
		if err != nil {
			return nil, err
		}
		for name, function := range found {
			kernels[name] = &kernel{function, f.kernels[name]}
		}
	}
	return kernels, nil
}
