package mltest

import (
	"context"
	"errors"
	"fmt"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

func checkUpdate(e *env) error {
	return e.each(func(s sample) error {
		m, err := e.fitted(e.config, s.data) // its own: a guilty model is of no more use
		if err != nil {
			return err
		}
		update := e.update(m)
		if update == nil {
			return notApplicable("its model has no Update")
		}
		if err := e.updatesApart(m, update, s); err != nil {
			return err
		}
		if err := refusesUpdates(update, s); err != nil {
			return err
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := cancelled(update(ctx, s.data)); err != nil {
			return fmt.Errorf("in Update: %w", err)
		}
		return nil
	})
}

// updatesApart wants two updates to give equal models, neither of them the old one, which stays as it is.
func (e *env) updatesApart(m any, update func(context.Context, ml.AnyData) (any, error), s sample) error {
	before, err := save(m)
	if err != nil {
		return err
	}
	more := pick(s.data, every(s.data.Rows(), s.data.Rows()/2)) // other means than all rows have, the same classes
	var first []byte
	for range 2 {
		next, err := update(context.Background(), more)
		if err != nil {
			return fmt.Errorf("in Update: %w", err)
		}
		if next == nil || next == m {
			return errors.New("its Update gives no new model")
		}
		if _, err := e.view(next).outputs(s.probe); err != nil {
			return fmt.Errorf("the updated model: %w", err)
		}
		b, err := save(next)
		if err != nil {
			return err
		}
		if first == nil {
			first = b
		} else if err := sameBytes("the second update", first, b); err != nil {
			return err
		}
		after, err := save(m)
		if err != nil {
			return err
		}
		if err := sameBytes("the model that was updated", before, after); err != nil {
			return err
		}
	}
	return nil
}

// refusesUpdates wants the errors that Fit would give, and for another width.
func refusesUpdates(update func(context.Context, ml.AnyData) (any, error), s sample) error {
	n, p := s.data.X.Dims()
	other := with(s.data, tensor.New[float64](n, p+1))
	other.Columns = nil
	for _, c := range []struct {
		fault
		kind error
	}{
		{fault{"a column too many", other}, ml.ErrShape},
		{fault{"X nil", with(s.data, nil)}, ml.ErrShape},
		{fault{"no rows", pick(s.data, nil)}, ml.ErrShape},
	} {
		err := caught(func() error {
			m, err := update(context.Background(), c.data)
			return refused(m, err, c.kind)
		})
		if err != nil {
			return fmt.Errorf("in Update on %s: %w", c.name, err)
		}
	}
	return nil
}
