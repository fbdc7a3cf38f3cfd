package ml

import (
	"bytes"
	"math/rand/v2"
	"strconv"
	"testing"
)

// mixedCSV writes about size bytes: whole numbers, decimals, a 17-digit float, a category and a truth value.
func mixedCSV(size int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := append(make([]byte, 0, size+256), "id,price,delta,ratio,city,active,count,score\n"...)
	cities := []string{"Oslo", "Lima", "Kyoto", "Accra", "Quito"}
	for i := 0; len(b) < size; i++ {
		b = strconv.AppendInt(b, int64(i), 10)
		b = append(b, ',')
		b = strconv.AppendFloat(b, r.Float64()*1000, 'f', 2, 64)
		b = append(b, ',')
		b = strconv.AppendFloat(b, r.NormFloat64(), 'f', 6, 64)
		b = append(b, ',')
		b = strconv.AppendFloat(b, r.Float64(), 'g', -1, 64)
		b = append(b, ',')
		b = append(b, cities[r.IntN(len(cities))]...)
		b = append(b, ',')
		b = strconv.AppendBool(b, r.IntN(2) == 0)
		b = append(b, ',')
		if r.IntN(20) > 0 {
			b = strconv.AppendInt(b, r.Int64N(100000), 10)
		}
		b = append(b, ',')
		b = strconv.AppendFloat(b, r.Float64()*10, 'f', 4, 64)
		b = append(b, '\n')
	}
	return b
}

func BenchmarkReadCSV(b *testing.B) {
	data := mixedCSV(20 << 20)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadCSV(bytes.NewReader(data), CSV{}); err != nil {
			b.Fatal(err)
		}
	}
}
