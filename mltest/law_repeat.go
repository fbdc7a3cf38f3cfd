package mltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"sync"

	"github.com/gopherwood-ml/ml"
)

func checkRepeatable(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		first, err := save(v.model)
		if err != nil {
			return err
		}
		again, err := e.bytes(e.config, s.data)
		if err != nil {
			return err
		}
		return sameBytes("the second fit", first, again)
	})
}

func sameBytes(what string, want, got []byte) error {
	if bytes.Equal(want, got) {
		return nil
	}
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	return fmt.Errorf("%s saves as other bytes than the first: %d bytes and %d, different from byte %d on", what, len(want), len(got), at)
}

// procs serialises the changes of GOMAXPROCS, which belong to the whole process.
var procs sync.Mutex

func checkAnyProcs(e *env) error {
	s := e.samples[0]
	d := e.large(s)
	procs.Lock()
	defer procs.Unlock()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var first []byte
	var answers []output
	counts := []int{1, 2, 3, 8}
	if raceEnabled { // goroutines share as much with 3; more of them than cores take turns, for minutes
		counts = []int{1, 3}
	}
	for _, n := range counts {
		runtime.GOMAXPROCS(n)
		m, err := e.fitted(e.config, d)
		if err != nil {
			return err
		}
		b, err := save(m)
		if err != nil {
			return err
		}
		out, err := e.view(m).outputs(d.X)
		if err != nil {
			return err
		}
		if first == nil {
			first, answers = b, out
			continue
		}
		what := fmt.Sprintf("the fit with GOMAXPROCS %d", n)
		if err := sameBytes(what, first, b); err != nil {
			return err
		}
		if err := sameOutputs(answers, out); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return nil
}

// large is enough rows for parallel loops to be cut into several chunks.
func (e *env) large(s sample) ml.AnyData {
	if e.data == nil {
		return generate(e.target, e.rows, 8, 3, 3).data
	}
	n := s.data.Rows()
	rows := make([]int, max(e.rows, n))
	for i := range rows {
		rows[i] = i % n
	}
	return pick(s.data, rows)
}

func checkConfigUnchanged(e *env) error {
	before := copyOf(e.config)
	for _, s := range e.samples {
		if _, err := e.fitted(e.config, s.data); err != nil {
			return err
		}
		if !reflect.DeepEqual(before, e.config) {
			return fmt.Errorf("its Fit changed its config from %+v to %+v", before, e.config)
		}
	}
	return nil
}

func checkZeroConfig(e *env) error {
	if e.zero == nil {
		return notApplicable("the config is an interface")
	}
	return e.each(func(s sample) error {
		var m any
		err := caught(func() error {
			var err error
			m, err = e.fit(context.Background(), e.zero, s.data)
			return err
		})
		switch {
		case err != nil && e.data != nil: // rows chosen for this config may be too much for the zero one
			return refused(m, err)
		case err != nil:
			return refused(m, err, ml.ErrConfig)
		case m == nil:
			return errors.New("the zero config fits to neither a model nor an error")
		}
		_, err = e.view(m).outputs(s.probe)
		return err
	})
}

func checkConcurrentFit(e *env) error {
	return e.each(func(s sample) error {
		want, err := e.bytes(e.config, s.data)
		if err != nil {
			return err
		}
		return together(4, func() error {
			got, err := e.bytes(e.config, s.data)
			if err != nil {
				return err
			}
			return sameBytes("a fit beside others", want, got)
		})
	})
}

func checkConcurrentPredict(e *env) error {
	return e.each(func(s sample) error {
		v, err := e.model(s)
		if err != nil {
			return err
		}
		want, err := v.outputs(s.x())
		if err != nil {
			return err
		}
		return together(4, func() error {
			for range 3 {
				got, err := v.outputs(s.x())
				if err != nil {
					return err
				}
				if err := sameOutputs(want, got); err != nil {
					return fmt.Errorf("beside other goroutines: %w", err)
				}
				if err := v.rowsAgree(s.x(), want); err != nil {
					return fmt.Errorf("beside other goroutines: %w", err)
				}
			}
			return nil
		})
	})
}

// together runs f on n goroutines at once and joins their errors.
func together(n int, f func() error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = caught(f)
		})
	}
	close(start)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
