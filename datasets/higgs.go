package datasets

import (
	"math"
	"math/rand/v2"

	"github.com/gopherwood-ml/ml"
	"github.com/gopherwood-ml/ml/tensor"
)

// HiggsLike draws a binary problem of any size with the columns of the UCI set HIGGS (P. Baldi, P. Sadowski, D. Whiteson,
// Searching for exotic particles in high-energy physics with deep learning, Nature Communications 5, 2014), for
// benchmarks: 21 low-level columns and 7 invariant masses that are nonlinear functions of them. The numbers are
// invented: it is no simulation of a collider.
//
// Six particles (a lepton, missing energy, four jets) get a transverse momentum exp(0.5 g - 0.125), a pseudorapidity g and
// an angle uniform in [-pi, pi), with g standard normal; the missing energy has the lepton's pseudorapidity, which is no
// column of its own. A jet has a b-tag of 0, 1 or 2 with probability 1/2, 1/4, 1/4. The masses are those of sums of massless
// four-vectors: m_jj of jets 3 and 4, m_jjj of jets 2 to 4, m_lv of lepton and missing energy, m_jlv of these and jet 1,
// m_bb of jets 1 and 2, m_wbb of these, lepton and missing energy, m_wwbb of all. With the bump B(m, c, w) =
// exp(-log(m/c)^2 / 2w^2),
//
//	f = 3 B(m_bb, 1.9, .35) + 2 B(m_jj, 1.5, .35) + 1.2 B(m_jlv, 3, .35) - 1.2 B(m_jjj, 3.2, .3) - B(m_wbb, 5, .3)
//	    + .35 (btag1 + btag2 - 1.5) B(m_bb, 1.9, .7) + .5 (lepton_pT - 1) - .3 (m_lv - 1.2)
//
// and the class is 1 with probability 1/(1 + exp(-1.3 (f - 1.92))), 0.51 overall; then Flip of the classes are inverted.
// Linear models do little better than chance, trees do well on the masses and less well without them.
type HiggsLike struct {
	Rows int     // 0 means 10000
	Flip float64 // share of the classes that are inverted, 0 to 1; 0: none
	Seed uint64
}

const higgsColumns = 28

// Make draws the set: with the same seed, more rows begin with the same rows.
func (h HiggsLike) Make() (ml.Dataset[int], error) {
	p := params{where: "datasets.HiggsLike.Make"}
	h.Rows = p.count("Rows", h.Rows, 10000, 1)
	p.share("Flip", h.Flip)
	p.size("Rows", h.Rows, higgsColumns)
	if p.err != nil {
		return ml.Dataset[int]{}, p.err
	}
	x := make([]float64, h.Rows*higgsColumns)
	y := make([]int, h.Rows)
	eachChunk(h.Rows, h.Seed, func(r *rand.Rand, lo, hi int) {
		for i := lo; i < hi; i++ {
			f := collide(r, (*[higgsColumns]float64)(x[i*higgsColumns:]))
			if r.Float64() < 1/(1+math.Exp(-1.3*(f-1.92))) {
				y[i] = 1
			}
			if r.Float64() < h.Flip {
				y[i] = 1 - y[i]
			}
		}
	})
	d := ml.Data(tensor.FromSlice(x, h.Rows, higgsColumns), y)
	d.Columns = named("lepton_pT", "lepton_eta", "lepton_phi", "missing_energy_magnitude", "missing_energy_phi",
		"jet_1_pt", "jet_1_eta", "jet_1_phi", "jet_1_b-tag", "jet_2_pt", "jet_2_eta", "jet_2_phi", "jet_2_b-tag",
		"jet_3_pt", "jet_3_eta", "jet_3_phi", "jet_3_b-tag", "jet_4_pt", "jet_4_eta", "jet_4_phi", "jet_4_b-tag",
		"m_jj", "m_jjj", "m_lv", "m_jlv", "m_bb", "m_wbb", "m_wwbb")
	d.Classes = []string{"background", "signal"}
	return d, nil
}

// collide fills one row and returns f.
func collide(r *rand.Rand, x *[higgsColumns]float64) float64 {
	leptonEta := r.NormFloat64()
	lepton := particle(r, leptonEta, &x[0], &x[2])
	x[1] = leptonEta
	missing := particle(r, leptonEta, &x[3], &x[4])
	var jet [4]fourVector
	for k := range jet {
		col := x[5+4*k : 9+4*k]
		col[1] = r.NormFloat64()
		jet[k] = particle(r, col[1], &col[0], &col[2])
		col[3] = float64(max(r.IntN(4)-1, 0))
	}
	w := lepton.plus(missing)
	jj, bb := jet[2].plus(jet[3]), jet[0].plus(jet[1])
	mjj, mjjj, mlv, mjlv := jj.mass(), jj.plus(jet[1]).mass(), w.mass(), w.plus(jet[0]).mass()
	mbb, mwbb, mwwbb := bb.mass(), bb.plus(w).mass(), bb.plus(w).plus(jj).mass()
	copy(x[21:], []float64{mjj, mjjj, mlv, mjlv, mbb, mwbb, mwwbb})
	return 3*bump(mbb, 1.9, 0.35) + 2*bump(mjj, 1.5, 0.35) + 1.2*bump(mjlv, 3, 0.35) - 1.2*bump(mjjj, 3.2, 0.3) - bump(mwbb, 5, 0.3) +
		0.35*(x[8]+x[12]-1.5)*bump(mbb, 1.9, 0.7) + 0.5*(x[0]-1) - 0.3*(mlv-1.2)
}

type fourVector struct{ e, x, y, z float64 }

// particle draws the momentum and angle of a massless particle.
func particle(r *rand.Rand, eta float64, pt, phi *float64) fourVector {
	*pt = math.Exp(0.5*r.NormFloat64() - 0.125)
	*phi = uniform(r, -math.Pi, math.Pi)
	sin, cos := math.Sincos(*phi)
	grow := math.Exp(eta)
	shrink := 1 / grow
	return fourVector{e: *pt * (grow + shrink) / 2, x: *pt * cos, y: *pt * sin, z: *pt * (grow - shrink) / 2}
}

func (a fourVector) plus(b fourVector) fourVector {
	return fourVector{a.e + b.e, a.x + b.x, a.y + b.y, a.z + b.z}
}

// mass is the invariant mass. Rounding can take the square of a tiny one below zero.
func (a fourVector) mass() float64 {
	return math.Sqrt(max((a.e-a.z)*(a.e+a.z)-a.x*a.x-a.y*a.y, 0))
}

func bump(m, centre, width float64) float64 {
	d := math.Log(m/centre) / width
	return math.Exp(-d * d / 2)
}
