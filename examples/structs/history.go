package main

import "math/rand/v2"

// history makes up a year of trips: long ones, full ones and those in bad weather tend to be late.
func history() []Trip {
	r := rand.New(rand.NewPCG(1, 2))
	weather := []string{"sun", "rain", "snow"}
	trips := make([]Trip, 365)
	for i := range trips {
		w := r.IntN(len(weather))
		riders := 1 + r.IntN(4)
		t := Trip{Distance: 30 * r.Float64(), Weather: weather[w]}
		if r.IntN(10) > 0 {
			t.Riders = &riders
		}
		t.Late = t.Distance/10+float64(riders)/2+float64(w)+2*r.NormFloat64() > 3.5
		trips[i] = t
	}
	return trips
}
