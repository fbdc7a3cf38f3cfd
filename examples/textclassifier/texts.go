package main

import (
	"math"
	"math/rand/v2"
	"strings"
)

// Each text is about one topic. A few of its words are the topic's, fewer those of another one, and most say nothing.
var topics = []struct{ name, words string }{
	{"cooking", "oven butter garlic recipe flour simmer onion pepper roast bake sugar sauce dough basil spoon kitchen dinner taste cheese boil"},
	{"football", "goal match referee coach league striker penalty stadium keeper midfield season defender kick champion score fans tackle derby club pitch"},
	{"gardening", "soil seeds prune compost roses weeds tulip hedge greenhouse lawn shovel bloom shrub mulch watering roots pollen orchard bulbs spade"},
	{"music", "guitar chord melody drummer concert album piano rhythm singer orchestra violin tempo lyrics stage chorus bass tune band encore harmony"},
}

const (
	plainWords = "the and of to in that it was for on with as at by this they had not are from but have one all were when we there can an your"
	syllables  = "ba ke li mo nu ra se ti vo wu dar fen gil hos jun"
)

// drawTexts returns n texts of 20 to 100 words and the number of each one's topic. Seven in a hundred words are a topic's, a third of
// those another's; the rest are everyday words and ten thousand made-up ones, few of which are frequent (Zipf's law).
func drawTexts(n int, seed uint64) (texts []string, y []int) {
	r := rand.New(rand.NewPCG(seed, 0))
	words := make([][]string, len(topics))
	for k, t := range topics {
		words[k] = strings.Fields(t.words)
	}
	plain, parts := strings.Fields(plainWords), strings.Fields(syllables)
	rare := make([]string, 10_000)
	for i := range rare {
		for range 2 + r.IntN(3) {
			rare[i] += parts[r.IntN(len(parts))]
		}
	}
	for range n {
		topic := r.IntN(len(topics))
		text := make([]string, 20+r.IntN(81))
		for i := range text {
			switch u := r.Float64(); {
			case u < 0.05:
				own := words[topic]
				text[i] = own[r.IntN(len(own))]
			case u < 0.07:
				other := words[r.IntN(len(topics))]
				text[i] = other[r.IntN(len(other))]
			case u < 0.4:
				text[i] = plain[r.IntN(len(plain))]
			default:
				text[i] = rare[int(math.Pow(float64(len(rare)), r.Float64()))-1]
			}
		}
		text[0] = strings.ToUpper(text[0][:1]) + text[0][1:]
		texts, y = append(texts, strings.Join(text, " ")+"."), append(y, topic)
	}
	return texts, y
}
