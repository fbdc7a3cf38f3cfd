package rl

import (
	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/nprand"
)

// Blackjack is Gymnasium's Blackjack-v1 (Sutton and Barto, "Reinforcement Learning", second edition, example 5.1): get closer to 21 than the dealer without exceeding it,
// with cards from an infinite deck. Actions: 0 stick, 1 hit. A win brings 1, a loss -1, a draw 0. The dealer sticks at 17. A natural (an ace and a ten) of the player
// wins unless the dealer has one too. The best policy gets -0.043113.
//
// What is seen is a code, (sum*11+dealer)*2+ace, of Gymnasium's three numbers: the sum of the player's hand, the dealer's card that lies open (1: an ace), and 1 if the
// hand has an ace that counts as 11. [BlackjackState] takes it apart.
type Blackjack struct {
	Plain   bool // a natural is a 21 like any other (Gymnasium's sab=False). False: it wins, as above
	Natural bool // a natural is a 21 like any other, but one that wins brings 1.5 (sab=False, natural=True). False: it brings 1
}

const blackjackStates = 32 * 11 * 2

// BlackjackState takes the code of a state apart.
func BlackjackState(code int) (sum, dealer int, ace bool) {
	return code / 22, code / 2 % 11, code%2 == 1
}

// Make makes the environment.
func (c Blackjack) Make() (Env[int, int], error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	return &blackjack{rules: c, over: true}, nil
}

func (c Blackjack) check() error {
	if c.Plain && c.Natural {
		return ml.BadConfig("rl.Blackjack", "Plain", c.Plain, "one of Plain and Natural")
	}
	return nil
}

// hand is a hand of cards, as far as it counts.
type hand struct {
	hard  int // the sum with every ace as 1
	cards int
	ace   bool // there is one
}

func (h *hand) add(card int) {
	h.hard += card
	h.cards++
	h.ace = h.ace || card == 1
}

func (h *hand) usable() bool { return h.ace && h.hard <= 11 }

func (h *hand) sum() int {
	if h.usable() {
		return h.hard + 10
	}
	return h.hard
}

func (h *hand) natural() bool { return h.cards == 2 && h.ace && h.hard == 11 }

// code is the state of a player with this hand.
func (h *hand) code(dealer int) int {
	code := (h.sum()*11 + dealer) * 2
	if h.usable() {
		code++
	}
	return code
}

// score compares the hands, neither of which need be finished.
func (c Blackjack) score(player, dealer *hand) float64 {
	p, d := player.sum(), dealer.sum()
	if d > 21 {
		d = 0
	}
	switch wins := p <= 21 && p > d; {
	case player.natural() && !c.Plain && !c.Natural && !dealer.natural():
		return 1
	case wins && c.Natural && player.natural():
		return 1.5
	case wins:
		return 1
	case p == d:
		return 0
	}
	return -1
}

type blackjack struct {
	rules          Blackjack
	player, dealer hand
	open           int // the dealer's card that lies open
	over           bool
	rand           nprand.Rand
}

// Spec describes the environment.
func (b *blackjack) Spec() Spec[int, int] {
	return Spec[int, int]{ID: "Blackjack-v1", Obs: Discrete{N: blackjackStates}, Act: Discrete{N: 2}}
}

// draw takes a card: four of the thirteen count 10.
func (b *blackjack) draw() int { return min(b.rand.IntN(13)+1, 10) }

func (b *blackjack) Reset(seed uint64) (int, error) {
	b.rand.Seed(seed)
	b.player, b.dealer, b.over = hand{}, hand{}, false
	b.open = b.draw()
	b.dealer.add(b.open)
	b.dealer.add(b.draw())
	b.player.add(b.draw())
	b.player.add(b.draw())
	// Gymnasium draws the picture of the open card as well.
	b.rand.IntN(4)
	if b.open == 10 {
		b.rand.IntN(3)
	}
	return b.player.code(b.open), nil
}

// ResetTo begins with the player's sum and the dealer's card of a state; the hand is of three cards, so no natural.
func (b *blackjack) ResetTo(seed uint64, state int) (int, error) {
	sum, dealer, ace := BlackjackState(state)
	if state < 0 || sum < 4 || sum > 21 || dealer < 1 || ace && sum < 12 {
		return 0, ml.BadConfig("rl.Blackjack.ResetTo", "state", state, "the code of a hand of 4..21")
	}
	b.Reset(seed)
	b.player = hand{hard: sum, cards: 3, ace: ace}
	if ace {
		b.player.hard -= 10
	}
	b.dealer = hand{}
	b.open = dealer
	b.dealer.add(dealer)
	b.dealer.add(b.draw())
	return state, nil
}

func (b *blackjack) Step(action int) (Step[int], error) {
	var s Step[int]
	switch {
	case b.over:
		return s, Over("rl.Blackjack.Step")
	case action == 1:
		b.player.add(b.draw())
		if b.player.sum() > 21 {
			s.Reward, s.Terminated = -1, true
		}
	case action == 0:
		for b.dealer.sum() < 17 {
			b.dealer.add(b.draw())
		}
		s.Reward, s.Terminated = b.rules.score(&b.player, &b.dealer), true
	default:
		return s, BadAction("rl.Blackjack.Step", action, Discrete{N: 2})
	}
	b.over = s.Terminated
	s.Obs = b.player.code(b.open)
	return s, nil
}

// MDP gives the exact tables. They have ten states more than can be seen, from 704 on: a natural of the player against each open card of the dealer, 704 + card - 1,
// since what it brings is not that of another 21.
func (c Blackjack) MDP() (*MDP, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	state := func(h *hand, dealer int) int {
		if h.natural() {
			return blackjackStates + dealer - 1
		}
		return h.code(dealer)
	}
	m := Tabulate(blackjackStates+10, 2, func(s, a int) []Outcome {
		h := hand{cards: 2, hard: 11, ace: true}
		dealer := s - blackjackStates + 1
		if s < blackjackStates {
			sum, card, ace := BlackjackState(s)
			if sum < 4 || sum > 21 || card < 1 || ace && sum < 12 {
				return nil
			}
			h, dealer = hand{hard: sum, cards: 3, ace: ace}, card
			if ace {
				h.hard -= 10
			}
		}
		if a == 0 {
			return c.stick(s, h, dealer)
		}
		var of []Outcome
		for card := 1; card <= 10; card++ {
			next := h
			next.add(card)
			o := Outcome{P: cardP(card), Next: next.code(dealer)}
			if next.sum() > 21 {
				o.Reward, o.Terminated = -1, true
			}
			of = append(of, o)
		}
		return of
	})
	m.ID, m.Start = "Blackjack-v1", make([]float64, blackjackStates+10)
	for dealer := 1; dealer <= 10; dealer++ {
		for first := 1; first <= 10; first++ {
			for second := 1; second <= 10; second++ {
				var h hand
				h.add(first)
				h.add(second)
				m.Start[state(&h, dealer)] += float64(cardP(dealer) * cardP(first) * cardP(second))
			}
		}
	}
	return m, nil
}

// cardP is the probability of a card.
func cardP(card int) float64 {
	if card == 10 {
		return 4. / 13
	}
	return 1. / 13
}

// stick is what comes of sticking: the rewards, with the chances that the dealer's play gives them.
func (c Blackjack) stick(s int, player hand, open int) []Outcome {
	rewards := [4]float64{-1, 0, 1, 1.5}
	var chance [4]float64
	var play func(d hand, p float64)
	play = func(d hand, p float64) {
		if d.cards >= 2 && d.sum() >= 17 {
			r := c.score(&player, &d)
			for i, v := range rewards {
				if v == r {
					chance[i] += p
				}
			}
			return
		}
		for card := 1; card <= 10; card++ {
			next := d
			next.add(card)
			play(next, float64(p*cardP(card)))
		}
	}
	var dealer hand
	dealer.add(open)
	play(dealer, 1)
	var of []Outcome
	for i, p := range chance {
		if p > 0 {
			of = append(of, Outcome{P: p, Next: s, Reward: rewards[i], Terminated: true})
		}
	}
	return of
}
