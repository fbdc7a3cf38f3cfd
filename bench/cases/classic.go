package cases

import "github.com/gopherwood-ml/ml/rl"

func init() {
	Register(Case{Name: "env-cartpole", Vs: []string{"gymnasium"}, Make: ofClassic(rl.CartPole{}, func(n int) int { return n % 2 })})
	Register(Case{Name: "env-mountaincar", Vs: []string{"gymnasium"}, Make: ofClassic(rl.MountainCar{}, func(n int) int { return n % 3 })})
	Register(Case{Name: "env-acrobot", Vs: []string{"gymnasium"}, Make: ofClassic(rl.Acrobot{}, func(n int) int { return n % 3 })})
	push := func(n int) []float32 { return []float32{float32(n%5-2) / 2} }
	for name, m := range map[string]rl.Maker[[]float32, []float32]{"env-pendulum": rl.Pendulum{}, "env-mountaincarcontinuous": rl.MountainCarContinuous{}} {
		Register(Case{Name: name, Vs: []string{"gymnasium"}, Make: ofClassic(m, push)})
	}
}

// ofClassic takes steps with actions in a fixed irregular order, as the peer does.
func ofClassic[A any](m rl.Maker[[]float32, A], action func(n int) A) func(*Data) (*Work, error) {
	return func(*Data) (*Work, error) {
		env, err := m.Make()
		if err != nil {
			return nil, err
		}
		actions := make([]A, envSteps)
		for i := range actions {
			actions[i] = action(i * i / 7)
		}
		run := func() error {
			if _, err := env.Reset(0); err != nil {
				return err
			}
			for i, a := range actions {
				s, err := env.Step(a)
				if err != nil {
					return err
				}
				if s.Done() {
					if _, err := env.Reset(uint64(i)); err != nil {
						return err
					}
				}
			}
			return nil
		}
		return &Work{Rows: envSteps, Columns: 1, Steps: []Step{step("steps", run).floor("gymnasium", 1./100)}}, nil
	}
}
