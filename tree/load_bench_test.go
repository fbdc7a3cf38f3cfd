package tree

import (
	"bytes"
	"os"
	"testing"
)

// benchmarkLoad reads a file of the folder that LOAD_MODELS names: testdata holds no model of 500 trees of 255 leaves. big.txt is LightGBM's
// save_model after lightgbm.train with num_leaves=255 and 500 rounds, big.json and big.ubj XGBoost's after the same with max_leaves=255.
func benchmarkLoad(b *testing.B, name string, read func(data []byte) error) {
	dir := os.Getenv("LOAD_MODELS")
	if dir == "" {
		b.Skip("LOAD_MODELS names no folder")
	}
	data, err := os.ReadFile(dir + "/" + name)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if err := read(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadLightGBM(b *testing.B) {
	benchmarkLoad(b, "big.txt", func(data []byte) error {
		_, err := ReadLightGBM[answering](bytes.NewReader(data))
		return err
	})
}

func BenchmarkReadXGBoost(b *testing.B) {
	for _, name := range []string{"big.json", "big.ubj"} {
		b.Run(name, func(b *testing.B) {
			benchmarkLoad(b, name, func(data []byte) error {
				_, err := ReadXGBoost[answering](bytes.NewReader(data))
				return err
			})
		})
	}
}
