// Package plot renders pictures as PNG and SVG with gonum.org/v1/plot: a module of its own, so that programs without pictures link none of it.
//
//	curve, err := metrics.ROC(test.Y, proba)
//	picture, err := plot.ROC(plot.NamedROC{Name: "forest", Curve: curve})
//	err = picture.WritePNG(file, 2)                 // twice the size of a screen's pixels
//
// [ROC], [PR], [Calibration], [Curve] (learning and validation curves) and [Confusion] draw how good a model is; [Waterfall], [Force], [Bar], [Beeswarm], [Scatter], [Dependence], [Effects], [Importances],
// [Local] and [Tree] why it answers as it does. The latter are the pictures that packages explain and tree write as SVG by themselves, pixel for pixel, and [FromSVG] takes any other of
// this module's.
//
// Colours are told apart by those who do not see red and green alike. Pictures are the same bytes for the same numbers on one machine; between machines letters may differ in their last bit.
package plot
