// Package protocol is what the harness and its workers say to each other: one JSON object a line, a Request on the
// worker's standard input, a Reply on its standard output. peers/worker.py speaks the same.
package protocol

// A Request asks a worker for one thing.
type Request struct {
	Op      string  `json:"op"`             // "env", "open", "run" or "score"
	Case    string  `json:"case,omitempty"` // open: the case; what was open before is closed
	Lib     string  `json:"lib,omitempty"`  // open: the library that does it
	Step    string  `json:"step,omitempty"` // run: the step of the open case
	Seconds float64 `json:"seconds"`        // run: repeat the step for about so long, once at the least
}

// A Reply is the answer. The worker does nothing before the next request.
type Reply struct {
	Error   string             `json:"error,omitempty"`
	Env     *Env               `json:"env,omitempty"`     // env
	Rows    int                `json:"rows,omitempty"`    // open: the shape that the step "fit" sees
	Columns int                `json:"columns,omitempty"` // open
	Params  string             `json:"params,omitempty"`  // open: what differs from the defaults
	Steps   []Step             `json:"steps,omitempty"`   // open
	Tol     map[string]float64 `json:"tol,omitempty"`     // open: how far apart the scores may be, for |peer| over 1 relatively
	Seconds float64            `json:"seconds,omitempty"` // run: one call, the median of batches; open: the preparing fit
	Memory  float64            `json:"memory,omitempty"`  // open: bytes that the preparing fit took at most, beyond what the process held before; 0: not known
	Calls   int                `json:"calls,omitempty"`   // run: how many calls were timed
	Peak    float64            `json:"peak,omitempty"`    // run of a kernel: floating-point operations a second of a register-only loop beside it
	CPU     float64            `json:"cpu"`               // seconds of CPU that the worker has used since its start
	Score   map[string]float64 `json:"score,omitempty"`   // score: the quality of the last results
}

// A Step is one thing to time. Peers fill in the name only.
type Step struct {
	Name    string             `json:"name"`
	Against string             `json:"against,omitempty"` // the peers' step to compare with; "": the one of the same name
	Floors  map[string]float64 `json:"floors,omitempty"`  // by library: the ratio of times that must be undercut; none: 1
	FLOP    float64            `json:"flop,omitempty"`    // floating-point operations of one call, for kernels
}

// Env says what a worker runs on.
type Env struct {
	Library string `json:"library"` // and its version
	Kernel  string `json:"kernel"`  // BLAS kernels and thread pools, or the level of our own
	Threads int    `json:"threads"`
	Unlike  string `json:"unlike,omitempty"` // versions that are not the pinned ones
}
