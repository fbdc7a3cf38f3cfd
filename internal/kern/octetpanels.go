package kern

// OctetPanels are rows of signed bytes, one for each of n outputs, in the order in which the kernel of windows reads them: four bytes of sixteen outputs side by
// side, two registers of them for each four bytes of a window. They never change.
type OctetPanels struct {
	n, lines, run int
	data          []int8
}

// octetWide is the width of a panel.
const octetWide = 32

// PackOctets copies rows of lines runs of run bytes each. It is nil where the machine has no kernel for it: then DotRowsU8S8 is what there is.
func PackOctets(w []int8, n, lines, run int) *OctetPanels {
	if !vnniNow() || n < 1 || lines < 1 || run < 1 {
		return nil
	}
	if len(w) != n*lines*run {
		mismatch("PackOctets", len(w), n*lines*run)
	}
	p := &OctetPanels{n: n, lines: lines, run: run}
	each := p.each()
	p.data = make([]int8, each*((n+octetWide-1)/octetWide))
	for j := range n {
		panel := p.data[j/octetWide*each:]
		for l := range lines {
			for k := range run {
				at := (l*p.quads()+k/4)*octetWide*4 + j%octetWide*4 + k%4
				panel[at] = w[(j*lines+l)*run+k]
			}
		}
	}
	return p
}

// quads is how many times four bytes a run takes; what is beyond it meets zeros.
func (p *OctetPanels) quads() int { return (p.run + 3) / 4 }

// each is the size of a panel.
func (p *OctetPanels) each() int { return p.lines * p.quads() * octetWide * 4 }

// OctetSlack is how many bytes A must be longer than its windows reach.
const OctetSlack = 3

// Windows sets C to the products of windows of bytes and the rows: w counts in bytes. Sums are exact, as DotRowsU8S8 has them. Blocks of C are nextC apart.
func (p *OctetPanels) Windows(w *Windows, a []uint8, c []int32, ldc, nextC int) {
	if w.Rows <= 0 || w.Blocks <= 0 {
		return
	}
	if w.Lines != p.lines || w.Run != p.run {
		mismatch("OctetPanels.Windows: k", p.lines*p.run, w.Lines*w.Run)
	}
	if w.reach()+OctetSlack > len(a) {
		mismatch("OctetPanels.Windows: A", w.reach()+OctetSlack, len(a))
	}
	if need := (w.Blocks-1)*nextC + (w.Rows-1)*ldc + p.n; need > len(c) {
		mismatch("OctetPanels.Windows: C", need, len(c))
	}
	reads(a)
	reads(p.data)
	for i := range w.Blocks {
		writesRows(c[i*nextC:], w.Rows, p.n, ldc)
	}
	work := p.lines * p.quads()
	for j := 0; j < p.n; j += octetWide {
		panel := p.data[j/octetWide*p.each():]
		for i := 0; i < w.Blocks; {
			some := *w
			some.Blocks = min(max(1, windowsWork/(work*w.Rows)), w.Blocks-i)
			for r := 0; r < w.Rows; { // a long line is cut
				part := some
				part.Rows = min(max(1, windowsWork/work), w.Rows-r)
				windowsOctetsCall(&part, min(octetWide, p.n-j), p.quads(), a[i*w.Next+r*w.Step:], panel, c[i*nextC+r*ldc+j:], ldc, nextC)
				r += part.Rows
			}
			i += some.Blocks
		}
	}
}

//go:noinline
func windowsOctetsCall(w *Windows, nr, quads int, a []uint8, b []int8, c []int32, ldc, nextC int) {
	windowsOctets(w, nr, quads, a, b, c, ldc, nextC)
}
