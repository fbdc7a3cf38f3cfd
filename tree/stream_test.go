package tree

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/internal/golden"
)

// A file is the same model however its bytes arrive, also where pieces are shorter than a tree.
func TestLightGBMFilesArriveInPieces(t *testing.T) {
	for name, c := range golden.Load[foreign](t, "testdata/lightgbm_4.7.0.json").Cases {
		want, err := ReadLightGBM[answering](strings.NewReader(c.Model))
		require.NoError(t, err)
		for _, r := range []io.Reader{iotest.HalfReader(strings.NewReader(c.Model)), iotest.OneByteReader(strings.NewReader(c.Model)), iotest.DataErrReader(strings.NewReader(c.Model))} {
			got, err := ReadLightGBM[answering](r)
			require.NoError(t, err, name)
			whole, pieces := *want.Trees(), *got.Trees()
			whole.engine, pieces.engine = nil, nil
			assert.Equal(t, whole, pieces, name)
		}
		for _, piece := range []int{1, 100, 3000} {
			s := newStream(strings.NewReader(c.Model))
			s.piece = piece
			f, e, _, err := parseLightGBM(s)
			require.NoError(t, err, name)
			whole := *want.Trees()
			e.engine, whole.engine = nil, nil
			assert.Equal(t, &whole, e, name)
			assert.Equal(t, want.Meta().Columns, f.Columns, name)
		}
	}
}

func TestLightGBMFilesThatCannotBeReadSaySo(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, c := range golden.Load[foreign](t, "testdata/lightgbm_4.7.0.json").Cases {
		for _, n := range []int{0, 3, 200, len(c.Model) / 2, len(c.Model)} {
			_, err := ReadLightGBM[answering](io.MultiReader(strings.NewReader(c.Model[:n]), iotest.ErrReader(broken)))
			require.ErrorIs(t, err, broken, name)
			require.ErrorIs(t, err, ml.ErrFormat, name)
		}
	}
	_, err := ReadLightGBM[answering](idle{})
	require.ErrorIs(t, err, io.ErrNoProgress)
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// Trees that are read straight into an ensemble are those that a builder makes of their nodes.
func TestPlainTreesAreWhatABuilderMakesOfThem(t *testing.T) {
	plain := 0
	for _, version := range []string{"1.7.6", "2.1.4", "3.0.5", "3.2.0", "3.4.1"} {
		for name, c := range golden.Load[foreign](t, "testdata/xgboost_"+version+".json").Cases {
			d, err := parseDocument([]byte(c.file(t)))
			require.NoError(t, err)
			x := xgbReader{learner: d.get("learner"), words: setBudget(len(c.Model))}
			x.read(&d)
			require.NoError(t, x.err)
			if x.e.LeafID == nil && !x.e.Vector && x.e.Linear == nil && x.e.SetStart == nil {
				plain++
			}
			b := NewBuilder(*x.e)
			for tree := range x.e.Trees() {
				nodes := make([]Node, x.e.Nodes(tree))
				for i := range nodes {
					nodes[i] = x.e.Node(tree, i)
				}
				b.Add(x.e.output(tree), x.e.weight(tree), nodes)
			}
			if x.e.Linear != nil && x.e.Linear.SkipMissing {
				b.SkipMissing()
			}
			again, err := b.Ensemble()
			require.NoError(t, err)
			x.e.engine, again.engine = nil, nil
			assert.Equal(t, again, x.e, version+" "+name)
		}
	}
	assert.Positive(t, plain)
}
