// The program that runs in the browser: it gives the page a function readDigit, which takes 64 numbers, the pixels of 8 rows of 8 from 0 (paper) to 1
// (ink), and returns the digit as text.
package main

import "syscall/js"

func main() {
	var state ReadState
	pixels := make([]float32, 64)
	read := js.FuncOf(func(_ js.Value, args []js.Value) any {
		if len(args) != 1 || args[0].Type() != js.TypeObject || args[0].Length() != len(pixels) {
			return "readDigit wants 64 numbers"
		}
		for i := range pixels {
			pixels[i] = float32(args[0].Index(i).Float())
		}
		_, label := ReadClassify(&state, pixels)
		return label
	})
	js.Global().Set("readDigit", read)
	select {} // the page calls from now on
}
