package plot_test

import (
	"bytes"
	"fmt"

	"github.com/gopherwood-ml/ml/metrics"
	"github.com/gopherwood-ml/ml/plot"
)

func ExampleROC() {
	curve, err := metrics.ROC([]int{0, 0, 1, 1}, []float64{0.1, 0.4, 0.35, 0.8})
	if err != nil {
		fmt.Println(err)
		return
	}
	picture, err := plot.ROC(plot.NamedROC{Name: "forest", Curve: curve})
	if err != nil {
		fmt.Println(err)
		return
	}
	var file bytes.Buffer
	err = picture.WritePNG(&file, 2)
	width, height := picture.Size()
	fmt.Println(width, height, file.Len() > 0, err)
	// Output: 560 480 true <nil>
}
